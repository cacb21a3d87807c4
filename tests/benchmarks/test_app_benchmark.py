"""The benchmark of the app runs: each part of it on a real terminal, with next to nothing there."""

from __future__ import annotations

import sys

import pytest
from on_a_terminal import Terminal

from tests.benchmarks.conftest import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

TINY = ("--keys", "3", "--triples", "150")


@pytest.mark.slow
def test_pictures_lists_and_talks_are_timed_on_a_terminal(run: Run) -> None:
    parts = ("first picture", "a long list")
    told = run("app.py", *TINY, "--turns", "30", "--parts", *parts)
    starts = told["first picture"]
    assert starts.keys() == {"tear-tui", "bare Textual", "python"}
    spent = {name: each["processor_ms"]["median"] for name, each in starts.items()}
    assert 0 < spent["python"] < spent["bare Textual"] < spent["tear-tui"]
    for each in told["a long list"].values():
        assert 0 < each["clock_p50_ms"]["median"] <= each["clock_p95_ms"]["median"]
    assert told["a long talk"]["30"]["opened"] > 10_000_000
    assert "page down" in told["printed"]


@pytest.mark.slow
def test_keys_are_timed_while_a_scene_comes_and_while_the_engine_learns(run: Run) -> None:
    told = run("app.py", *TINY, "--turns", "--parts", "a key")["a key"]
    assert told.keys() == {"nothing goes on", "a scene comes", "the engine learns"}
    assert all(each["processor_ms"]["median"] > 0 for each in told.values())


def test_what_a_program_writes_after_a_key_is_waited_for() -> None:
    program = "import sys\nprint('ready', flush=True)\nfor key in sys.stdin: print('got', key * 2)"
    with Terminal([sys.executable, "-c", program]) as terminal:
        assert terminal.started("ready").clock > 0
        took = terminal.pressed("abc\n", r"got \w+")
        assert terminal.seen == "got abc"
        assert took.clock > 0 and took.processor >= 0
        assert terminal.resident() > 1_000_000


def test_words_that_never_come_are_said_to() -> None:
    with (
        Terminal([sys.executable, "-c", "print('something else')"]) as terminal,
        pytest.raises(SystemExit, match="never came"),
    ):
        terminal.started("a word")
