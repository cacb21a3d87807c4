"""What a start pays for: the command line and the app come up without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

TENSORS = {"torch", "transformers", "peft", "datasets", "bitsandbytes"}
SCREENS = {"textual"}

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
        pytest.param(HELP, TENSORS | SCREENS, id="tear-tui --help"),
        pytest.param(APP, TENSORS, id="app"),
        pytest.param(PLAIN, TENSORS | SCREENS, id="plain modules"),
        pytest.param(KEPT, TENSORS | SCREENS, id="store and corpus"),
        pytest.param(CLIENT, TENSORS | SCREENS, id="engine's client"),
        pytest.param(CHECKS, TENSORS | SCREENS, id="doctor"),
    ],
)
def test_a_start_leaves_these_alone(code: str, unwanted: set[str]) -> None:
    report = "import sys; print(); print(*sorted({name.split('.')[0] for name in sys.modules}))"
    child = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, timeout=120
    )
    assert child.returncode == 0, child.stderr
    assert not unwanted & set(child.stdout.splitlines()[-1].split())
