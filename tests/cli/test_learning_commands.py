"""say, witness, surprise, train-pending and generations, from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from tear_core import home as places
from tear_core.learn.lock import learner_lock
from tear_core.store import open_store, sessions
from tear_tui.cli import app
from tests.tiny import save_tiny

Run = Callable[..., Any]


@pytest.fixture
def run(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command; gives what stdout held, as JSON values, one a line."""
    torch.set_num_threads(1)
    monkeypatch.setenv("TEAR_BASE", str(save_tiny(tmp_path / "model")))
    monkeypatch.setenv("TEAR_RANK", "4")
    monkeypatch.setenv("TEAR_LEARNING_RATE", "0.01")
    monkeypatch.setenv("TEAR_MAX_RESPONSE_TOKENS", "8")
    monkeypatch.setenv("TEAR_MAX_SCENE_TOKENS", "8")

    def invoke(*words: str, code: int = 0) -> Any:
        done = CliRunner().invoke(app, [*words, "--json"])
        assert done.exit_code == code, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    return invoke


def write(path: Path, count: int) -> Path:
    lines = [
        json.dumps({"input": f"hello {i}", "response": f"I am {i}", "consequence": f"He ran {i}."})
        for i in range(count)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def add(run: Run, number: int) -> None:
    run(
        *("triples", "add", "--input", f"hello {number}", "--response", f"I am {number}"),
        *("--consequence", f"He ran {number}."),
    )


@pytest.mark.parametrize(
    ("order", "events"),
    [
        ("after", ["draft", "scene", "response", "turn"]),
        ("before", ["scene", "response", "turn"]),
        ("reflect", ["draft", "scene", "response", "turn"]),
    ],
)
def test_say_prints_each_event_in_the_order_in_which_it_happened(
    run: Run, order: str, events: list[str]
) -> None:
    lines = run("say", "hello there", "--order", order, "--seed", "1")
    assert [line["event"] for line in lines] == events
    for line in lines[:-1]:
        assert {"text", "tokens", "seconds", "prefill_tokens"} <= line.keys()
    assert lines[-1]["turn"] == 1 and lines[-1]["generation"] == 0
    if order == "after" and lines[0]["stopped"] == "end":
        assert lines[1]["prefill_tokens"] <= 2


def test_a_session_goes_on_and_remembers(run: Run, home: Path) -> None:
    first = run("say", "hello there")[-1]
    second = run("say", "and then?", "--session", first["session"])[-1]
    third = run("say", "and now?", "--session", "last")[-1]
    assert [second["turn"], third["turn"]] == [2, 3]
    assert second["session"] == third["session"] == first["session"]
    assert run("say", "hello anew")[-1]["session"] != first["session"]
    with open_store(home) as store:
        talk = sessions.conversation(store, first["session"])
    assert [turn.input for turn in talk.turns] == ["hello there", "and then?", "and now?"]
    assert all(turn.phase == "responded" for turn in talk.turns)
    assert len(talk.context()) == 3


def test_a_session_that_is_not_there_is_one_line(run: Run) -> None:
    run("say", "hello", "--session", "01NOBODY", code=1)


def test_the_same_seed_says_the_same(run: Run) -> None:
    def said(seed: str) -> list[str]:
        return [line["text"] for line in run("say", "hello", "--seed", seed)[:-1]]

    assert said("5") == said("5") != said("6")


def test_witness_foresees_a_scene(run: Run) -> None:
    (scene,) = run("witness", "--input", "I failed", "--response", "You never try")
    assert scene.keys() == {"scene", "tokens", "generation"}
    assert scene["tokens"] > 0 and scene["generation"] == 0


def test_what_is_pending_is_learned_and_can_be_taken_back_exactly(run: Run, tmp_path: Path) -> None:
    file = str(write(tmp_path / "four.jsonl", 4))
    (imported,) = run("import", file, "--accept")
    assert imported == {"read": 4, "added": 4, "duplicates": 0, "skipped": []}
    (base,) = run("surprise", file)
    assert base.keys() == {"nats_per_token", "tokens", "triples", "generation"}
    (row,) = run("train-pending", "--epochs", "6", "--lambda", "1")
    assert (row["generation"], row["parent"], row["live"], row["triples"]) == (1, None, 1, 4)
    assert row["lambda"] == 1
    (learned,) = run("surprise", file)
    assert learned["nats_per_token"] < base["nats_per_token"]
    run("generations", "use", "base")
    assert run("surprise", file) == [base]
    run("generations", "use", "1")
    assert run("surprise", file) == [learned]
    (with_base,) = run("surprise", file, "--generation", "base", "--section", "response")
    assert with_base["generation"] == 0 and with_base["tokens"] != base["tokens"]
    (listed,) = run("generations", "list")
    assert listed[0]["live"] is True
    (found,) = run("triples", "list")
    assert {(t["status"], tuple(t["generations"])) for t in found} == {("learned", (1,))}


def test_nothing_pending_is_done_and_no_generation(run: Run) -> None:
    (row,) = run("train-pending")
    assert row["generation"] is None


def test_a_limit_leaves_the_rest_pending(run: Run) -> None:
    for number in range(3):
        add(run, number)
    assert run("train-pending", "--limit", "2")[0]["triples"] == 2
    assert run("train-pending")[0]["triples"] == 1


def test_a_second_learner_exits_with_75_and_says_who_is_at_work(run: Run, home: Path) -> None:
    add(run, 1)
    with learner_lock(places.learner_lock(home)):
        done = CliRunner().invoke(app, ["train-pending"])
    assert done.exit_code == 75
    assert "process" in done.stderr and done.stdout == ""
    assert run("train-pending")[0]["generation"] == 1


def test_a_bad_line_is_named_and_the_others_are_scored(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "two.jsonl", 2)
    with file.open("a") as handle:
        handle.write("{ not json\n")
    (total,) = run("surprise", str(file), code=1)
    assert total["triples"] == 2
    assert [each["line"] for each in total["skipped"]] == [3]


def test_a_base_that_is_not_there_is_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAR_BASE", "/nowhere/at/all")
    done = CliRunner().invoke(app, ["say", "hello"])
    assert done.exit_code == 1
    assert "no model folder /nowhere/at/all" in done.stderr
    assert "Traceback" not in done.output


def dataset(folder: Path) -> Path:
    """Two parts of a dataset, with something held out."""
    for part, count in (("warmth", 5), ("contrast", 6)):
        (folder / part).mkdir(parents=True)
        for split, size in (("train", count), ("dev", 2)):
            lines = [
                {
                    "input": f"{part} {split} {i}",
                    "response": f"I am {i}",
                    "consequence": f"He ran {i}.",
                    "landing": "healed" if i % 2 else "hurt",
                    "pair": f"{part}{i // 2}",
                }
                for i in range(size)
            ]
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (folder / part / f"{split}.jsonl").write_text(text)
    return folder


def test_a_dataset_is_learned_in_three_passes_and_a_stop_is_gone_on_from(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tear_tui.cli import train

    folder = str(dataset(tmp_path / "data"))
    real, learned = train._learn, []

    def stops_after_two(client: Any, request: Any) -> Any:
        if len(learned) == 2:
            raise KeyboardInterrupt
        learned.append(request)
        return real(client, request)

    words = ("train", folder, "--lesson", "4", "--epochs", "1")
    with monkeypatch.context() as patch:
        patch.setattr(train, "_learn", stops_after_two)
        CliRunner().invoke(app, [*words])
    assert len(run("generations", "list")[0]) == 2
    lines = run(*words)
    assert [line["lesson"] for line in lines[:-1]] == [3, 4, 5, 6, 7][: len(lines) - 1]
    passes = [line["pass"] for line in lines[:-1]]
    assert passes == sorted(passes, key=["warmth", "consequence", "integration"].index)
    assert lines[-1]["event"] == "trained"
    assert lines[-1]["lessons"] == lines[-2]["of"] == lines[-2]["lesson"]
    assert set(lines[0]["held_out"]) == {"warmth", "contrast"}
    assert run(*words) == [lines[-1]], "everything was learned: nothing is left to do"
    (found,) = run("triples", "list", "--limit", "100")
    assert {t["status"] for t in found} == {"learned"} and len(found) == 11


def test_a_lesson_that_the_gate_refuses_ends_the_training_and_is_tried_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(dataset(tmp_path / "data"))
    words = ("train", folder, "--lesson", "4", "--epochs", "1", "--held-out", "0")
    with monkeypatch.context() as patch:
        patch.setenv("TEAR_GATE", "on")  # the tiny model cannot read what the gate asks
        for number in (1, 2):
            (line,) = run(*words, code=1)
            assert (line["lesson"], line["generation"], line["verdict"]) == (1, number, "fail")
            assert line["live"] == 0
        done = CliRunner().invoke(app, list(words))
        assert "lesson 1/" in done.stderr and "is not learned" in done.stderr
    run("generations", "use", "2")
    assert run(*words)[0]["lesson"] == 2, "somebody let it answer, so it is learned"


def test_train_pending_takes_one_pass_at_a_time(run: Run, tmp_path: Path) -> None:
    folder = dataset(tmp_path / "data")
    for part in ("warmth", "contrast"):
        run("import", str(folder / part / "train.jsonl"), "--accept", "--source", part)
    assert run("train-pending", "--pass", "warmth", "--epochs", "1")[0]["triples"] == 5
    run("train-pending", "--pass", "warmth", code=1)
    assert run("train-pending", "--pass", "integration", "--epochs", "1")[0]["triples"] == 6


def test_generate_sends_nothing_away_unless_it_is_meant(run: Run) -> None:
    add(run, 1)
    words = ["generate", "--endpoint", "https://api.example.com/v1", "--model", "big"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "1 seed triples" in done.stderr and "--yes" in done.stderr
    assert CliRunner().invoke(app, ["generate"]).exit_code == 1
    assert CliRunner().invoke(app, ["generate", "--local", "--kind", "odd"]).exit_code == 2


def test_the_live_model_proposes_and_what_breaks_a_rule_is_dropped(run: Run) -> None:
    add(run, 1)
    *_, last = run("generate", "--local")
    assert last["event"] == "generated" and last["asked"] == 1
    assert last["kept"] + last["dropped"] == 1
    (found,) = run("triples", "list")
    assert [t["status"] for t in found if t["source"] == "generated"] == (
        ["unreviewed"] * last["kept"]
    )
