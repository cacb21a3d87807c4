"""`tear-tui generations`: a lineage on a tiny model, looked at, changed and made anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner, Result

from tear_core.store import generations, open_store, sessions
from tear_tui.cli import app
from tests.store.made import generation, lived_turn
from tests.tiny import save_tiny


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result


def as_json(*words: str) -> Any:
    return json.loads(run(*words, "--json").stdout)


def of(*words: str, code: int = 0) -> Result:
    return run("generations", *words, code=code)


def add(number: int) -> str:
    words = ("--input", f"hello {number}", "--response", f"I am {number}")
    made = as_json("triples", "add", *words, "--consequence", f"He ran {number} times.")
    return str(made["id"])


@pytest.fixture
def line(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Two generations of two triples each; their ids."""
    torch.set_num_threads(1)
    monkeypatch.setenv("TEAR_BASE", str(save_tiny(tmp_path / "model")))
    monkeypatch.setenv("TEAR_RANK", "4")
    ids = []
    for start in (0, 2):
        ids.append([add(start), add(start + 1)])
        run("train-pending", "--epochs", "2", "--json")
    return ids


def test_a_lineage_is_looked_at_and_gone_back_in(home: Path, line: list[list[str]]) -> None:
    tree = of("log").stdout.splitlines()
    assert tree[1].split()[:2] == ["●", "2"] and tree[1].endswith("live") and "base" in tree[3]
    assert [row["generation"] for row in as_json("generations", "log")] == [2, 1]
    shown = as_json("generations", "show", "live")
    assert shown["ancestors"] == [1] and sorted(shown["seen"]["new"]) == sorted(line[1])
    assert shown["whole"] and shown["settings"]["rank"] == 4
    assert "the fast gate: never run" in of("show", "2").stdout
    assert as_json("generations", "rollback")["live"] == 1
    assert "2 of" in of("rollback").stdout, "a second rollback comes back"
    branched = as_json("generations", "branch", "1")
    assert branched["live"] == 1 and branched["beside"] == [2]
    add(7)
    learned = json.loads(run("train-pending", "--epochs", "1", "--json").stdout)
    assert learned["parent"] == 1 and as_json("generations", "show", "1")["children"] == [2, 3]
    why = [each["why"] for each in as_json("generations", "log", "--live")]
    assert any("rolled back from generation 2" in each for each in why)
    of("label", "3", "the  other way")
    assert as_json("generations", "show", "3")["label"] == "the other way"
    assert as_json("generations", "pin", "1")["pinned"]
    of("pin", "2")
    assert "nothing to remove" in of("gc", "--keep", "0").stdout
    of("unpin", "2")
    assert "1 would be removed" in of("gc", "--keep", "0", "--dry-run").stdout
    freed = as_json("generations", "gc", "--keep", "0")
    assert [each["generation"] for each in freed["generations"]] == [2] and freed["bytes"] > 0
    assert "was removed" in of("use", "2", code=1).stderr
    assert "× " in of("log").stdout


def test_two_are_compared_by_what_they_learned_and_what_they_do(line: list[list[str]]) -> None:
    told = as_json("generations", "diff", "1", "2", "--say", "hello 3")
    assert {each["id"] for each in told["only_other_learned"]} == set(line[1])
    assert told["only_one_learned"] == [] and told["both_learned"] == 2
    one, other = told["behaviour"]
    assert one["generation"] == 1 and other["generation"] == 2
    assert other["answers"]["hello 3"]["response"]
    shown = of("diff", "base", "2", "--lessons").stdout
    assert "only generation 2 learned 4 triples" in shown
    assert "both are generation 2" in of("diff", "2", "live", code=1).stderr


def test_a_triple_is_traced_forward_and_a_reply_back(home: Path, line: list[list[str]]) -> None:
    told = as_json("generations", "seen", line[0][0])
    assert told["shown"][0]["generation"] == 1 and told["shown"][0]["words"] == "as now"
    assert [each["as"] for each in told["shown"]] in (["new"], ["new", "replayed"])
    assert "answers, which carries it" in of("seen", line[0][0]).stdout
    assert "no generation has seen" in of("seen", add(9)).stdout
    session = json.loads(run("say", "hello", "--json").stdout.splitlines()[-1])["session"]
    back = as_json("generations", "of", f"{session}:1")
    assert back["generation"] == 2 and back["made_of"] == [1, 2]
    assert {each["id"] for each in back["triples"]} == {each for ids in line for each in ids}
    assert "written by generation 2" in of("of", "last").stdout
    assert "no turn 5" in of("of", "last:5", code=1).stderr
    assert "SESSION:TURN" in of("of", "last:x", code=1).stderr


def test_what_a_person_wrote_is_said_to_be_theirs(home: Path) -> None:
    with open_store(home) as store:
        session = sessions.create(store)
        lived_turn(store, session.id)
    assert "there is no generation 2" in of("of", session.id, code=1).stderr


def test_generations_are_made_of_others(home: Path, line: list[list[str]]) -> None:
    merged = as_json("generations", "merge", "1", "2", "--method", "cat", "--weights", "0.5,0.5")
    assert merged["generation"] == 3 and merged["live"] == 2 and merged["error"] < 1e-4
    shown = as_json("generations", "show", "3")
    assert shown["kind"] == "merged" and shown["sources"] == [1, 2]
    less = of("negate", "2", "--weight", "0.5", "--label", "less of 2")
    assert "generation 4" in less.stdout and "generations use 4" in less.stderr
    for words, why in (
        (("merge", "1"), "two generations or more"),
        (("merge", "1", "2", "--weights", "1"), "2 generations need 2 weights"),
        (("negate", "base"), "the base is no generation"),
        (("rebuild", "9"), "there is no generation 9"),
        (("rebuild", "2", "--without", "nope"), "nope"),
    ):
        failed = of(*words, code=1)
        assert why in failed.stderr and "Traceback" not in failed.output
    of("merge", "1", "2", "--weights", "a", code=2)


def test_a_rebuild_is_the_same_until_something_is_retracted(
    home: Path, line: list[list[str]]
) -> None:
    same = as_json("generations", "rebuild", "2")
    assert [each["same"] for each in same["rebuilt"]] == [True, True] and same["live"] == 2
    advice = run("triples", "retract", line[0][1]).stderr
    assert "generations use base" in advice and "tear-tui generations rebuild 2" in advice
    told = as_json("generations", "rebuild", "2")
    assert told["left_out"] == [line[0][1]] and told["generation"] == told["live"] == 4
    seen = as_json("generations", "show", "4")["seen"]
    assert line[0][1] not in seen["new"] + seen["replayed"]
    answers = as_json("generations", "seen", line[0][1])["carried"][0]
    assert answers["live"] == answers["clean"] == 4


def test_files_that_were_altered_do_not_answer(home: Path) -> None:
    with open_store(home) as store:
        made = generations.publish(store, generation(store), [], [], make_live=False)
        folder = generations.folder_of(store, made)
    (folder / "adapter.safetensors").write_bytes(b"other weights")
    failed = of("use", "1", code=1)
    assert "missing or altered" in failed.stderr and "rebuild 1" in failed.stderr
    assert "files missing or altered" in of("show", "1").stdout


def test_nothing_to_look_at_is_said(home: Path) -> None:
    assert "No generations yet" in of("log").stderr
    assert "nothing to go back to" in of("rollback", code=1).stderr
    assert "nothing to remove" in of("gc").stdout
    assert as_json("generations", "log", "--live") == []
