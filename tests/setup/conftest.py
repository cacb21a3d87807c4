"""A checkout whose Python and pip are stand-ins, so that setup.sh runs in no time and offline."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = "bash cat chmod cp dirname echo grep mkdir mv rm sed sleep timeout touch true uname"

# Makes environments that hold a copy of itself, writes down what pip is asked for, and leaves
# everything else to the real Python. $FAKE_PIP says what befalls pip, $FAKE_PYTHON the rest.
PYTHON = """#!/bin/bash
here=$(dirname "$0")
case "$1 $2" in
"-m venv")
    echo "venv" >>"$LOG"
    venv=${!#}
    rm -rf "$venv"
    mkdir -p "$venv/bin"
    cp "$0" "$venv/bin/python"
    ;;
"-m ensurepip")
    echo "#!$here/python" >"$here/pip"
    printf '#!/bin/bash\\necho "ok  a machine"\\n' >"$here/tear-tui"
    chmod +x "$here/pip" "$here/tear-tui"
    ;;
"-m pip")
    echo "$*" >>"$LOG"
    eval "$FAKE_PIP"
    ;;
*)
    eval "$FAKE_PYTHON"
    exec "$REAL_PYTHON" "$@"
    ;;
esac
"""


@dataclass
class Checkout:
    """A checkout to set up. `log` has a line for each environment made and each call of pip."""

    root: Path
    bin: Path
    log: Path
    env: dict[str, str] = field(default_factory=dict)

    def start(self, *command: str, cwd: Path | None = None, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", str(self.root / "setup.sh"), *command],
            cwd=cwd or self.root,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *command: str, cwd: Path | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        process = self.start(*command, cwd=cwd, **env)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def put(self, name: str, script: str) -> None:
        """A program of that name on the PATH."""
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def stamp(self) -> Path:
        return self.venv / ".tear-installed"


@pytest.fixture
def bare_checkout(tmp_path: Path) -> Checkout:
    """A checkout on a machine without any Python."""
    root, tools, programs = tmp_path / "a check out", tmp_path / "tools", tmp_path / "bin"
    for folder in (root, tools, programs):
        folder.mkdir()
    for name in ("setup.sh", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, root)
    for name in TOOLS.split():
        (tools / name).symlink_to(str(shutil.which(name)))
    log = tmp_path / "log"
    env = {
        "PATH": f"{programs}{os.pathsep}{tools}",
        "LOG": str(log),
        "REAL_PYTHON": sys.executable,
        "CI": "true",
    }
    return Checkout(root, programs, log, env)


@pytest.fixture
def checkout(bare_checkout: Checkout) -> Checkout:
    """A checkout on a machine with a Python and without a GPU."""
    bare_checkout.put("python3", PYTHON)
    return bare_checkout
