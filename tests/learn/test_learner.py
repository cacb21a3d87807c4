"""Learning what is pending: published whole, gone on exactly, guarded against bad steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tear_core import home as places
from tear_core.learn import step as step_module
from tear_core.learn.learner import Asked, Learner
from tear_core.learn.plan import Plan
from tear_core.learn.schedule import LambdaSchedule
from tear_core.learn.told import nothing_to_learn
from tear_core.model.adapters import load_adapter
from tear_core.model.base import Base
from tear_core.model.precision import Precision
from tear_core.model.tree import LoraShape
from tear_core.store import generations, learning_log, triples
from tear_core.store.database import Store, open_store
from tear_core.store.edits import Edit, edit
from tear_core.triples import Triple
from tear_core.witness_format import Tokens

PLAN = Plan(shape=LoraShape(rank=4), learning_rate=5e-3, epochs=2, batch=3, capacity=96, gate="off")


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with open_store(tmp_path / "home") as opened:
        yield opened


def add(store: Store, start: int, count: int, landing: str = "neutral") -> list[str]:
    ids = []
    for i in range(start, start + count):
        triple = Triple(f"hello {i}", f"I am {i}", f"He walked {i} times.", landing)  # type: ignore[arg-type]
        ids.append(triples.add(store, triple, source="test", status="pending")[0].id)
    return ids


def learn(learner: Learner, store: Store, asked: Asked | None = None) -> dict[str, Any]:
    *_, last = learner.learn(store, asked or Asked())
    return last


def adapter_of(store: Store, number: int) -> dict[str, Tensor]:
    row = generations.get(store, number)
    assert row is not None
    return load_adapter(places.generations_folder(store.home) / row.folder)


def test_learning_lowers_both_losses_and_publishes_what_it_saw(
    rows_base: Base, store: Store
) -> None:
    ids = add(store, 0, 5)
    row = learn(Learner(rows_base, replace(PLAN, epochs=8)), store)
    assert row["event"] == "published" and row["live"] == row["generation"] == 1
    assert row["consequence_loss"]["after"] < row["consequence_loss"]["before"]
    assert row["response_loss"]["after"] < row["response_loss"]["before"]
    assert generations.live(store, rows_base.name) == 1
    kept = [triples.get(store, i) for i in ids]
    assert {(k.status, k.generations) for k in kept} == {("learned", (1,))}
    assert all(k.surprise is not None and k.surprise_generation == 0 for k in kept)


def test_nothing_pending_is_no_generation(rows_base: Base, store: Store) -> None:
    row = learn(Learner(rows_base, PLAN), store)
    assert row["generation"] is None and row["live"] == 0
    assert generations.list_generations(store) == []


def test_a_hurt_response_is_not_imitated(rows_base: Base, store: Store) -> None:
    add(store, 0, 4, "hurt")
    plan = replace(PLAN, epochs=10, schedule=LambdaSchedule(0, 0, kind="constant"))
    learner = Learner(rows_base, plan)
    row = learn(learner, store)
    assert row["response_loss"]["after"] == pytest.approx(row["response_loss"]["before"], abs=1e-3)


@pytest.mark.parametrize("precision", ["base", "bfloat16"])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_stopping_and_going_on_equals_never_stopping_bit_for_bit(
    rows_base: Base, tmp_path: Path, precision: Precision, dropout: float
) -> None:
    """Adapter, optimizer moments, reservoir and every random draw come back from the disk."""
    plan = replace(PLAN, shape=LoraShape(rank=4, dropout=dropout), precision=precision)

    def live_through(home: Path, begin_anew: bool) -> dict[str, Tensor]:
        with open_store(home) as store:
            learner = Learner(rows_base, plan)
            for part in range(3):
                add(store, part * 4, 4)
                if begin_anew:
                    learner = Learner(rows_base, learner.plan)
                learn(learner, store, Asked(seed=11))
            return adapter_of(store, 3)

    whole = live_through(tmp_path / "whole", begin_anew=False)
    resumed = live_through(tmp_path / "resumed", begin_anew=True)
    # ids of triples are drawn by time, so the replayed ones are compared through what they did
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_eight_bit_adamw_goes_on_too(rows_base: Base, tmp_path: Path) -> None:
    def live_through(home: Path, begin_anew: bool) -> dict[str, Tensor]:
        with open_store(home) as store:
            learner = Learner(rows_base, replace(PLAN, optimizer="adamw8bit"))
            for part in range(2):
                add(store, part * 3, 3)
                if begin_anew:
                    learner = Learner(rows_base, learner.plan)
                learn(learner, store)
            return adapter_of(store, 2)

    whole = live_through(tmp_path / "whole", begin_anew=False)
    resumed = live_through(tmp_path / "resumed", begin_anew=True)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_half_of_an_update_is_replayed(rows_base: Base, store: Store) -> None:
    learner = Learner(rows_base, PLAN)
    add(store, 0, 6)
    assert learn(learner, store)["replayed"] == 0
    fresh = add(store, 6, 2)
    row = learn(learner, store)
    assert row["triples"] == 2
    assert 2 <= row["replayed"] <= 4  # two drawn anew in each of the two epochs
    assert generations.exposed(store, 2, "new") == fresh
    assert len(generations.exposed(store, 2, "replayed")) == row["replayed"]


def test_a_retracted_triple_is_not_replayed(rows_base: Base, store: Store) -> None:
    learner = Learner(rows_base, PLAN)
    gone = add(store, 0, 2)
    learn(learner, store)
    triples.set_status(store, gone, "retracted", "asked for", "test")
    add(store, 2, 2)
    assert learn(learner, store)["replayed"] == 0


def test_going_back_and_learning_again_makes_a_branch(rows_base: Base, store: Store) -> None:
    learner = Learner(rows_base, PLAN)
    for part in range(2):
        add(store, part * 2, 2)
        learn(learner, store)
    generations.use(store, rows_base.name, 1, "test")
    add(store, 10, 2)
    row = learn(learner, store)
    assert (row["generation"], row["parent"], row["live"]) == (3, 1, 3)


def test_a_person_who_rolls_back_meanwhile_is_not_overruled(rows_base: Base, store: Store) -> None:
    learner = Learner(rows_base, PLAN)
    add(store, 0, 2)
    learn(learner, store)
    add(store, 2, 2)
    told = learner.learn(store)
    while next(told)["event"] != "step":
        pass
    generations.use(store, rows_base.name, 0, "test")
    *_, row = told
    assert row["generation"] == 2 and row["live"] == 0
    assert generations.live(store, rows_base.name) == 0


def test_lambda_grows_with_the_lineage_and_can_be_asked_for(rows_base: Base, store: Store) -> None:
    plan = replace(PLAN, schedule=LambdaSchedule(0.3, 1.0, 3))
    learner = Learner(rows_base, plan)
    seen = []
    for part in range(4):
        add(store, part, 1)
        seen.append(learn(learner, store)["lambda"])
    assert seen == pytest.approx([0.3, 0.65, 1.0, 1.0])
    add(store, 9, 1)
    assert learn(learner, store, Asked(lambda_=0.5))["lambda"] == 0.5


def test_a_step_that_is_not_finite_is_discarded_and_said(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = step_module.token_nll, []

    def poisoned(*args: Any, **kwargs: Any) -> Tensor:
        calls.append(1)
        nll = real(*args, **kwargs)
        return nll * float("nan") if len(calls) == 1 else nll

    monkeypatch.setattr(step_module, "token_nll", poisoned)
    ids = add(store, 0, 2)
    told = list(Learner(rows_base, PLAN).learn(store))
    steps = [t for t in told if t["event"] == "step"]
    assert [s["discarded"] for s in steps] == [True, False]
    assert told[-1]["event"] == "published"
    assert [
        s.discarded for s in learning_log.read(store, learning_log.latest_run(store) or "")
    ] == [
        True,
        False,
    ]
    assert all(torch.isfinite(t).all() for t in adapter_of(store, 1).values())
    assert triples.get(store, ids[0]).status == "learned"


def test_learning_that_is_never_finite_publishes_nothing(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = step_module.token_nll
    monkeypatch.setattr(step_module, "token_nll", lambda *a, **k: real(*a, **k) * float("inf"))
    ids = add(store, 0, 2)
    last = learn(Learner(rows_base, PLAN), store)
    assert last["event"] == "error" and "finite" in last["message"]
    assert generations.list_generations(store) == []
    assert triples.get(store, ids[0]).status == "pending"


def test_running_out_of_memory_halves_the_packs_and_keeps_the_update(
    rows_base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = step_module.token_nll
    rows: list[int] = []

    def tight(limit: int) -> Callable[..., Tensor]:
        def score(tree: Any, row: Any, *rest: Any, **more: Any) -> Tensor:
            rows.append(len(row))
            if len(row) > limit:
                raise torch.OutOfMemoryError("CUDA out of memory (a test)")
            return real(tree, row, *rest, **more)

        return score

    results = []
    for limit in (10_000, 60):
        monkeypatch.setattr(step_module, "token_nll", tight(limit))
        with open_store(tmp_path / str(limit)) as store:
            add(store, 0, 6)
            rows.clear()
            row = learn(Learner(rows_base, replace(PLAN, batch=6, capacity=400)), store)
            assert row["steps"] == 2 and row["tokens"] > 0
            results.append((row["tokens"], adapter_of(store, 1), max(rows)))
    assert results[0][0] == results[1][0]
    assert results[1][2] > 60, "it never ran out of memory"
    for name, tensor in results[0][1].items():
        torch.testing.assert_close(tensor, results[1][1][name], rtol=1e-3, atol=2e-4)


def test_a_triple_that_the_model_cannot_read_is_set_aside(rows_base: Base, store: Store) -> None:
    ids = add(store, 0, 1)
    long = Triple("hello", "I am", "He walked home. " * 200)
    far = triples.add(store, long, source="test", status="pending")[0].id
    row = learn(Learner(rows_base, PLAN), store)
    assert row["triples"] == 1
    assert triples.get(store, far).status == "too_long"
    assert triples.get(store, ids[0]).status == "learned"


def test_stopping_publishes_nothing_and_loses_nothing(rows_base: Base, store: Store) -> None:
    ids = add(store, 0, 4)
    learner = Learner(rows_base, PLAN)
    *_, last = learner.learn(store, stop=lambda: True)
    assert last["event"] == "stopped"
    assert generations.list_generations(store) == []
    assert {triples.get(store, i).status for i in ids} == {"pending"}
    row = learn(learner, store)
    assert row["generation"] == 1


def test_a_generation_on_disk_is_private_hashed_and_holds_no_words(
    rows_base: Base, store: Store
) -> None:
    triples.add(
        store,
        Triple("my secret input", "my secret response", "a secret happened"),
        source="test",
        status="pending",
    )
    learn(Learner(rows_base, PLAN), store)
    row = generations.get(store, 1)
    assert row is not None
    folder = places.generations_folder(store.home) / row.folder
    files = {path.name: path for path in folder.iterdir()}
    listed = json.loads(files["manifest.json"].read_text())["files"]
    assert set(listed) == set(files) - {"manifest.json"}
    for path in files.values():
        assert path.stat().st_mode & 0o077 == 0
        assert b"secret" not in path.read_bytes()
    assert not [name for name in files if name.endswith((".bin", ".pt", ".pkl"))]


def test_a_write_that_fails_half_way_leaves_no_folder(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tear_core.learn.publish._seal", full)
    ids = add(store, 0, 1)
    with pytest.raises(OSError, match="No space"):
        learn(Learner(rows_base, PLAN), store)
    assert list(places.generations_folder(store.home).iterdir()) == []
    assert triples.get(store, ids[0]).status == "pending"
    monkeypatch.undo()
    assert learn(Learner(rows_base, PLAN), store)["generation"] == 1


def test_give_way_is_asked_before_every_micro_batch(rows_base: Base, store: Store) -> None:
    add(store, 0, 6)
    asked: list[int] = []
    plan = replace(PLAN, batch=6, capacity=1, epochs=1)
    learner = Learner(rows_base, plan)
    list(learner.learn(store, give_way=lambda: asked.append(1)))
    assert len(asked) >= 6


def test_rendered_tokens_fit_what_is_supervised(rows_base: Base) -> None:
    tokens: Tokens = rows_base.format.training_tokens(Triple("a", "b", "c"))
    assert len(tokens.ids) == len(tokens.sections)
    assert nothing_to_learn(0)["generation"] is None


def test_named_triples_are_learned_again_and_the_note_is_kept(
    rows_base: Base, store: Store
) -> None:
    learner = Learner(rows_base, PLAN)
    ids = add(store, 0, 3)
    learn(learner, store)
    waiting = add(store, 3, 2)
    row = learn(learner, store, Asked(ids=(ids[0], waiting[0]), note={"pass": "warmth"}))
    assert row["triples"] == 2
    assert triples.get(store, ids[0]).generations == (1, 2)
    assert triples.get(store, waiting[0]).status == "learned"
    assert triples.get(store, waiting[1]).status == "pending"
    kept = generations.get(store, 2)
    assert kept is not None and kept.settings["pass"] == "warmth"


def test_a_single_scene_is_seen_often_and_many_are_seen_once(rows_base: Base, store: Store) -> None:
    plan = replace(PLAN, epochs=None, steps=5, batch=2, enough=0.0)
    learner = Learner(rows_base, plan)
    add(store, 0, 1)
    assert learn(learner, store)["steps"] == 5
    add(store, 1, 12)
    assert learn(learner, store)["steps"] == 7  # 12 new and the one there is to replay, by twos


def test_no_update_ends_by_itself_before_its_third_epoch(rows_base: Base, store: Store) -> None:
    learner = Learner(rows_base, replace(PLAN, epochs=None, steps=40, batch=2, enough=1.0))
    add(store, 0, 1)
    assert learn(learner, store)["steps"] == 3


def test_an_update_ends_when_it_has_learned_enough_unless_epochs_were_asked_for(
    rows_base: Base, store: Store
) -> None:
    """A single scene seen eighteen times is learned by heart and said to everybody."""
    plan = replace(PLAN, epochs=None, steps=40, batch=2, enough=0.8)
    learner = Learner(rows_base, plan)
    add(store, 0, 1)
    row = learn(learner, store)
    steps = learning_log.read(store, learning_log.latest_run(store) or "")
    assert row["steps"] == len(steps) < 40
    names = ("response_loss", "consequence_loss")
    left = [min(getattr(s, n) / getattr(steps[0], n) for n in names) for s in steps]
    assert left[-1] <= 0.8 and all(share > 0.8 for share in left[2:-1]), "the first of both"
    add(store, 1, 1)
    assert learn(learner, store, Asked(epochs=40))["steps"] == 40


@pytest.mark.parametrize(
    "change",
    [Edit(consequence="He sat down instead."), Edit(landing="hurt")],
    ids=["words", "mark"],
)
def test_a_triple_that_is_edited_while_it_is_learned_stays_pending(
    rows_base: Base, store: Store, change: Edit
) -> None:
    """What was learned are its old words; the new ones have taught nobody anything yet."""
    edited, kept = add(store, 0, 2)
    told = Learner(rows_base, PLAN).learn(store)
    while next(told)["event"] != "step":
        pass
    edit(store, edited, change)
    *_, row = told
    assert row["generation"] == row["live"] == 1
    assert triples.get(store, kept).status == "learned"
    assert triples.get(store, edited).status == "pending"
    assert generations.exposed(store, 1) == sorted([edited, kept])


def test_what_a_failed_update_did_to_the_tree_is_not_built_upon(
    rows_base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same learner goes on after a full disk: from the generation, not from half an update."""

    def live_through(home: Path, fails: bool) -> dict[str, Tensor]:
        with open_store(home) as store:
            learner = Learner(rows_base, PLAN)
            add(store, 0, 2)
            learn(learner, store)
            add(store, 2, 2)
            if fails:
                with monkeypatch.context() as patch:
                    patch.setattr("tear_core.learn.publish._seal", _full_disk)
                    with pytest.raises(OSError, match="No space"):
                        learn(learner, store)
            assert learn(learner, store)["generation"] == 2
            return adapter_of(store, 2)

    whole = live_through(tmp_path / "whole", fails=False)
    again = live_through(tmp_path / "again", fails=True)
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def _full_disk(*_: Any) -> str:
    raise OSError(28, "No space left on device")
