"""The benchmarks of the engine, of starting and of growing: each of them runs, and says true."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from an_engine import processor_seconds, words
from growth import _powers, _rows, fill
from start_up import OURS, SCRIPT, WATCHED

from tear_core.store import open_store, triples
from tests.benchmarks.conftest import Run


def test_powers_tell_flat_from_linear() -> None:
    def figures(size: int) -> list[dict[str, float]]:
        return [{"flat": 3.0, "linear": size / 7, "root": size**0.5}] * 3

    taken = {str(size): figures(size) for size in (1_000, 10_000, 100_000)}
    powers = _powers(taken)  # type: ignore[arg-type]
    assert {name: round(each, 6) for name, each in powers.items()} == {
        "flat": 0.0,
        "linear": 1.0,
        "root": 0.5,
    }


def test_a_filled_home_is_a_home(tmp_path: Path) -> None:
    """Rows that went round the triggers are counted and found as if they had come one by one."""
    with open_store(tmp_path) as store:
        fill(store, 300)
        triples.add(store, words("warmth")[0], source="test", status="pending")
        assert triples.counts(store)["learned"] == 300 and triples.counts(store)["pending"] == 1
        assert len(triples.search(store, "299")) == 1
        assert len({row[5] for row in _rows(300)}) == 300


def test_a_start_that_loads_torch_is_told() -> None:
    def told(run: str) -> str:
        code = WATCHED.format(run=run)
        done = subprocess.run(
            [sys.executable, "-c", code, "--help"], capture_output=True, text=True
        )
        return done.stderr.split()[-1]

    assert told(OURS) == "False" and told("import torch") == "True"


def test_the_bare_script_is_a_script_of_two_commands(tmp_path: Path) -> None:
    (tmp_path / "bare.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "bare.py"), "hello"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "hello you\n"


def test_processor_time_is_counted() -> None:
    before = processor_seconds(os.getpid())
    assert sum(number * number for number in range(2_000_000)) > 0
    assert processor_seconds(os.getpid()) > before


@pytest.mark.slow
def test_growth_runs(run: Run) -> None:
    told = run("growth.py", "--sizes", "100", "1000")
    assert set(told["milliseconds"]) == {"100", "1000"} and told["powers"]["status"] < 0.5
    assert {"update", "step", "replay draw"} <= set(told["milliseconds"]["100"])


@pytest.mark.slow
def test_save_to_live_runs(run: Run) -> None:
    told = run("save_to_live.py", "--learned", "4")
    quiet, chat = told["figures"]["quiet"], told["figures"]["with a chat"]
    stages = ("noticed", "taken up", "standing", "scored", "gate before", "steps", "scored after")
    parts = sum(quiet[name]["median"] for name in (*stages, "gate after", "published", "gave way"))
    assert parts == pytest.approx(quiet["save → live"]["median"], rel=0.2, abs=0.3)
    assert "first word" in chat and "first word" not in quiet


@pytest.mark.slow
def test_chat_while_learning_runs(run: Run) -> None:
    told = run("chat_while_learning.py")
    assert set(told["kept"]) == {"idle", "learning", "measuring"}
    tokens = {each["tokens"]["median"] for each in told["figures"].values()}
    assert len(tokens) == 1, "all of them say the same words"
