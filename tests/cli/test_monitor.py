"""`tear-tui monitor`, and pausing from the command line: from the log, without a model."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner, Result

from tear_core.engine import pausing
from tear_core.engine.client import in_process
from tear_core.engine.messages import EngineStatus, LearnRequest
from tear_core.store import Store, learning_log, open_store, triples
from tear_core.triples import Triple
from tear_tui.cli import app
from tear_tui.cli import monitor as monitor_module
from tests.store.made_updates import add, step
from tests.tiny import save_tiny


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result


def state() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("monitor", "--once", "--json").stdout)
    return found


def test_an_empty_home_has_nothing_to_tell(home: Path) -> None:
    found = state()
    assert found["learning"] is False and found["run"] is None and found["step"] == 0
    assert (found["learn_when"], found["learn_after"]) == ("after", 1)
    said = run("monitor", "--once").stdout
    assert "not learning" in said and "`tear-tui engine start` starts it" in said
    assert "learns after each scene" in said


def test_the_state_of_an_update_in_hand_and_of_one_that_has_ended(home: Path, store: Store) -> None:
    ids = add(store, 3)
    run_ = learning_log.begin(store, "nano", 0, ids)
    learning_log.append(store, step(run_, 7, new_ids=tuple(ids[:2]), replayed_ids=(ids[2],)))
    (home / "learner.pid").write_text(str(os.getpid()))
    found = state()
    assert found["learning"] and found["process"] == os.getpid() and found["engine"] is None
    assert (found["step"], found["steps"], found["tokens_per_second"]) == (7, 24, 1800.0)
    assert found["seconds_left"] == 8.5 and found["memory_bytes"] == 312_000_000
    assert (found["new"], found["replayed"]) == (ids[:2], ids[2:])
    assert "piano" not in json.dumps(found)  # figures and names, no text of anybody
    said = run("monitor", "--once").stdout
    assert f"● learning  ·  step 7 of 24  ·  at most 8 s left  ·  process {os.getpid()}" in said
    learning_log.end(store, run_, "failed", "it did not stay finite")
    found = state()
    assert not found["learning"] and found["seconds_left"] is None
    assert (found["outcome"], found["why"]) == ("failed", "it did not stay finite")
    assert (found["pending"], found["untried"]) == (3, 0)
    assert "failed: it did not stay finite" in run("monitor", "--once").stdout


def test_followed_it_prints_a_line_for_each_change(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing happens, a step is taken, nothing happens, it ends."""
    ids = add(store, 1)
    run_ = learning_log.begin(store, "nano", 0, ids)
    happens = iter(
        [
            lambda: None,
            lambda: learning_log.append(store, step(run_, 1)),
            lambda: None,
            lambda: learning_log.end(store, run_, "stopped"),
            pytest.fail,
        ]
    )
    monkeypatch.setattr(monitor_module.time, "sleep", lambda seconds: next(happens)())
    states = monitor_module._states(home, once=False)
    told = [next(states)[0] for _ in range(3)]
    assert [(len(now.steps), now.runs[0].outcome) for now in told] == [
        (0, ""), (1, ""), (1, "stopped"),
    ]  # fmt: skip


def test_without_a_terminal_it_says_how_to_ask(home: Path) -> None:
    result = run("monitor", code=1)
    assert "no terminal" in result.output and "--once" in result.output


def test_what_the_engine_says_counts_where_there_is_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = EngineStatus(
        "ready", "nano", 0, 2, pid=41, paused=True, learn_when="idle", learn_idle_seconds=7.0
    )
    monkeypatch.setattr(monitor_module, "_status", lambda home: status)
    found = state()
    assert (found["engine"], found["paused"], found["learn_when"]) == (41, True, "idle")
    assert "‖ paused" in run("monitor", "--once").stdout


def test_learning_is_paused_and_resumed_without_an_engine(home: Path) -> None:
    assert "paused" in run("engine", "pause").stdout
    assert pausing.is_paused(home) and state()["paused"]
    run("engine", "pause")
    assert "goes on" in run("engine", "resume").stdout
    assert not pausing.is_paused(home) and not state()["paused"]
    run("engine", "resume")


def test_a_command_that_learns_is_seen_while_it_learns(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real update in this process, looked at between two of its steps."""
    torch.set_num_threads(1)
    for name, value in {
        "BASE": str(save_tiny(tmp_path / "model")),
        "EPOCHS": "3",
        "RANK": "4",
        "GATE": "off",
    }.items():
        monkeypatch.setenv(f"TEAR_{name}", value)
    with open_store(home) as store:
        for i in range(3):
            triple = Triple(f"hello {i}", f"I am {i}", f"He walked {i} times.")
            triples.add(store, triple, source="test", status="pending")
    replies = in_process(home).learn(LearnRequest())
    seen = [state() for reply in replies if reply["event"] == "step"]
    assert [(each["step"], each["steps"], each["learning"]) for each in seen] == [
        (1, 3, True), (2, 3, True), (3, 3, True),
    ]  # fmt: skip
    assert all(each["process"] == os.getpid() and len(each["new"]) == 3 for each in seen)
    after = state()
    assert (after["learning"], after["outcome"], after["live"]) == (False, "published", 1)
    assert after["generation"] == 1 and after["surprise"] is not None
