"""What a start pays for: the command line and the app come up without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tear_core.store import open_store

TENSORS = {"torch", "transformers", "peft", "datasets", "bitsandbytes"}
SCREENS = {"textual"}
HEAVY = {
    *("httpx", "jinja2", "asyncio", "sqlite_utils", "numpy", "rich"),
    *("faker", "fastapi", "click"),
}
"""What a command that lists has no use for. Each of them costs as much as Python's own start."""
NO_PLAN = {"sqlite3", "pydantic"}
"""What nothing is done with while only help is shown."""

COMMAND_LINE = "import tear_tui.cli"
HELP = """
import sys
sys.argv = ["tear-tui", "--help"]
import tear_tui.cli
try:
    tear_tui.cli.main()
except SystemExit as ended:
    assert not ended.code
"""
APP = "import tear_tui.app"
BARE = """
import sys, tear_tui.__main__, tear_tui.entrance
sys.argv = ["tear-tui"]
tear_tui.entrance.run = lambda *_, **__: 7
try:
    tear_tui.__main__.main()
except SystemExit as ended:
    assert ended.code == 7
"""
PLAIN = (
    "import tear_core.triples, tear_core.turn, tear_core.witness_format, tear_core.home,"
    " tear_core.settings, tear_core.machine, tear_core.nano"
)
KEPT = """
import pkgutil, tear_core.corpus, tear_core.store
for room in (tear_core.store, tear_core.corpus):
    for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
        __import__(module.name)
"""
CLIENT = "import tear_core.engine.client, tear_core.engine.messages"
CHECKS = "import tear_tui.cli.doctor, tear_tui.checks.home, tear_tui.checks.models"


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        pytest.param(COMMAND_LINE, TENSORS | SCREENS, id="command line"),
        pytest.param(HELP, TENSORS | SCREENS | HEAVY | NO_PLAN, id="tear-tui --help"),
        pytest.param(APP, TENSORS, id="app"),
        pytest.param(BARE, TENSORS | {"typer", "pydantic", "httpx"}, id="tear-tui"),
        pytest.param(PLAIN, TENSORS | SCREENS, id="plain modules"),
        pytest.param(KEPT, TENSORS | SCREENS, id="store and corpus"),
        pytest.param(CLIENT, TENSORS | SCREENS, id="engine's client"),
        pytest.param(CHECKS, TENSORS | SCREENS, id="doctor"),
    ],
)
def test_a_start_leaves_these_alone(code: str, unwanted: set[str]) -> None:
    assert not unwanted & loaded_by(code)


def test_a_list_leaves_these_alone(tmp_path: Path) -> None:
    with open_store(tmp_path):  # made: only the first start of all brings the schema up to date
        pass
    words = f'"--home", {str(tmp_path)!r}, "triples", "list"'
    loaded = loaded_by(HELP.replace('"--help"', words))
    assert not (TENSORS | SCREENS | HEAVY) & loaded and "sqlite3" in loaded


def loaded_by(code: str) -> set[str]:
    """The top names of all modules that a child has loaded once it has run this."""
    report = "import sys; print(); print(*sorted({name.split('.')[0] for name in sys.modules}))"
    child = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, timeout=120
    )
    assert child.returncode == 0, child.stderr
    return set(child.stdout.splitlines()[-1].split())
