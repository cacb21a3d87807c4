"""An update that the gate refuses: kept, not live, its triples pending, the learner as before."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core.evaluate.figures import Unscored
from tear_core.evaluate.gate.canaries import CanaryFigures
from tear_core.evaluate.gate.probe_set import shipped
from tear_core.evaluate.gate.probing import Probed
from tear_core.learn import gating
from tear_core.learn.learner import Learner
from tear_core.model.base import Base
from tear_core.model.tree import grow
from tear_core.store import generations, learning_log, triples
from tear_core.store.database import Store, open_store
from tear_core.triples import Triple
from tests.learn.making import PLAN, adapter, add, learn, same

GATED = replace(PLAN, gate="on")
FINE = Probed(
    shipped().hash, 3.0, 3.2, 0.1, 1.0, 0.2, CanaryFigures(0.0, 0.02, 0.0, (), 0.0), shipped().size
)
BAD = replace(FINE, bits_per_byte=1.9)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Give the gate these figures one after another, the last one for ever; counts the probes."""

    def give(*figures: Probed, far: Any = 0.1) -> list[int]:
        waiting, asked = list(figures), []

        def probe(*_: Any) -> Probed:
            asked.append(1)
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

        monkeypatch.setattr(gating, "probe", probe)
        monkeypatch.setattr(gating, "divergence", lambda *_: far)
        return asked

    return give


def told_by(learner: Learner, store: Store) -> dict[str, dict[str, Any]]:
    return {each["event"]: each for each in learner.learn(store)}


def test_what_passes_goes_live_with_its_verdict(
    rows_base: Base, store: Store, measured: Callable[..., list[int]]
) -> None:
    asked = measured(FINE)
    learner = Learner(rows_base, GATED)
    add(store, 0, 2)
    told = told_by(learner, store)
    assert told["gate"]["verdict"] == told["published"]["verdict"] == "pass"
    assert told["published"]["why"] == "" and told["published"]["live"] == 1
    row = generations.get(store, 1)
    assert row is not None and row.gate is not None and not row.refused
    assert row.verdict == "pass" and row.settings["gate"] == "on"
    assert row.gate["probe"]["hash"] == shipped().hash
    assert len(asked) == 2, "the base once, and what was learned"
    add(store, 2, 2)
    learn(learner, store)
    assert len(asked) == 3, "the parent's figures are known"
    add(store, 4, 2)
    learn(Learner(rows_base, GATED), store)
    assert len(asked) == 4, "another process reads the base's figures, and the parent's"


def test_what_fails_is_kept_and_neither_live_nor_learned(
    rows_base: Base, store: Store, measured: Callable[..., list[int]]
) -> None:
    measured(FINE, BAD)
    ids = add(store, 0, 3)
    told = told_by(Learner(rows_base, GATED), store)
    assert told["gate"]["verdict"] == "fail"
    row = told["published"]
    assert (row["generation"], row["live"], row["verdict"]) == (1, 0, "fail")
    assert "plain English costs 90% more than before (at most 3%)" in row["why"]
    assert "tear-tui generations use 1" in row["hint"]
    assert {triples.get(store, each).status for each in ids} == {"pending"}
    kept = generations.get(store, 1)
    assert kept is not None and kept.refused and generations.is_whole(store, kept)
    assert generations.exposed(store, 1) == sorted(ids), "it has seen them all the same"
    assert json.loads(json.dumps(kept.gate)) == kept.gate
    steps = learning_log.read(store, learning_log.latest_run(store) or "")
    assert {step.generation for step in steps} == {1}


def test_after_a_refusal_the_learner_goes_on_from_the_parent(
    rows_base: Base, tmp_path: Path, measured: Callable[..., list[int]]
) -> None:
    def live_through(home: Path, refused: bool) -> dict[str, torch.Tensor]:
        with open_store(home) as store:
            learner = Learner(rows_base, GATED)
            measured(FINE)
            add(store, 0, 2)
            learn(learner, store)
            add(store, 2, 2)
            if refused:
                measured(BAD)
                assert learn(learner, store)["verdict"] == "fail"
            measured(FINE)
            row = learn(learner, store)
            assert (row["parent"], row["verdict"]) == (1, "pass")
            return adapter(store, row["generation"])

    assert same(live_through(tmp_path / "a", False), live_through(tmp_path / "b", True))


def test_a_person_may_overrule_and_that_is_on_record(
    rows_base: Base, store: Store, measured: Callable[..., list[int]]
) -> None:
    measured(FINE, BAD)
    ids = add(store, 0, 2)
    learn(Learner(rows_base, GATED), store)
    generations.use(store, rows_base.name, 1, "I have read what it says")
    assert generations.live(store, rows_base.name) == 1
    why = generations.live_history(store)[-1]["why"]
    assert why == "I have read what it says; the gate was overruled (fail)"
    assert {triples.get(store, each).status for each in ids} == {"learned"}
    add(store, 2, 1)
    measured(FINE)
    row = learn(Learner(rows_base, GATED), store)
    assert row["parent"] == 1 and row["triples"] == 1
    assert row["verdict"] == "pass", "held against the parent that it has, and the base"


def test_off_is_off_and_is_on_record(
    rows_base: Base, store: Store, measured: Callable[..., list[int]]
) -> None:
    asked = measured(BAD)
    add(store, 0, 2)
    told = told_by(Learner(rows_base, PLAN), store)
    assert "gate" not in told and told["published"]["live"] == 1
    assert told["published"]["verdict"] == "" and asked == []
    row = generations.get(store, 1)
    assert row is not None and row.settings["gate"] == "off" and row.gate is None


@pytest.mark.parametrize(
    "broken", [replace(FINE, hash="0" * 32), replace(FINE, response=float("nan"))]
)
def test_stale_or_missing_figures_refuse(
    rows_base: Base, store: Store, measured: Callable[..., list[int]], broken: Probed
) -> None:
    measured(FINE, broken)
    add(store, 0, 2)
    assert learn(Learner(rows_base, GATED), store)["verdict"] == "fail"
    measured(FINE, FINE, far=Unscored("lost"))
    assert learn(Learner(rows_base, GATED), store)["verdict"] == "fail"


def test_a_parent_that_was_measured_on_other_items_is_measured_again(
    rows_base: Base, store: Store, measured: Callable[..., list[int]]
) -> None:
    measured(FINE)
    add(store, 0, 2)
    learn(Learner(rows_base, GATED), store)
    with store.write() as connection:
        connection.execute(
            "UPDATE generations SET gate = json_set(gate, '$.probe.measured.hash', 'old')"
        )
    asked = measured(FINE)
    add(store, 2, 1)
    assert learn(Learner(rows_base, GATED), store)["verdict"] == "pass"
    assert len(asked) == 2, "the parent, and what was learned; the base is known"


def test_the_figures_of_a_base_are_kept_for_these_weights_and_this_set_alone(
    rows_base: Base, store: Store, measured: Callable[..., list[int]]
) -> None:
    asked = measured(FINE)

    def known() -> Probed:
        return gating.ProbeGate(rows_base).know_base(store.home, 96, lambda: None)

    assert known() == known() == FINE and len(asked) == 1
    (file,) = (store.home / "gate").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    whole = file.read_text()
    spoilt = (
        whole[: len(whole) // 2],
        whole.replace(rows_base.fingerprint, "other weights"),
        whole.replace(FINE.hash, "0" * 32),
    )
    for number, text in enumerate(spoilt, start=2):
        file.write_text(text)
        assert known() == FINE and len(asked) == number
        assert file.read_text() == whole


def test_two_threads_measure_the_base_once(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine measures it while nobody waits; a first scene may come in between."""
    begun, go_on, asked = threading.Event(), threading.Event(), []

    def probe(*_: Any) -> Probed:
        asked.append(1)
        begun.set()
        assert go_on.wait(30)
        return FINE

    monkeypatch.setattr(gating, "probe", probe)
    gate, found = gating.ProbeGate(rows_base), []
    ask = lambda: found.append(gate.know_base(store.home, 96, lambda: None))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    assert begun.wait(30)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert found == [FINE, FINE] and len(asked) == 1


def test_a_response_that_encourages_harm_is_not_imitated_unseen(
    rows_base: Base, store: Store, measured: Callable[..., list[int]]
) -> None:
    measured(FINE)
    cruel = "You should kill yourself tonight."
    for landing in ("hurt", "healed"):
        triple = Triple(f"I am tired, {landing}", cruel, "Nobody found her until noon.", landing)  # type: ignore[arg-type]
        triples.add(store, triple, source="test", status="pending")
        row = learn(Learner(rows_base, GATED), store)
        assert row["verdict"] == ("pass" if landing == "hurt" else "fail"), row["why"]
    assert "1 of the new responses encourage harm" in row["why"]


def test_belittling_responses_are_not_imitated_either(
    rows_base: Base, store: Store, measured: Callable[..., list[int]]
) -> None:
    """They encourage no harm and cost the model nothing: the figures alone would let them pass."""
    measured(FINE)
    for number in range(4):
        words = f"You're overreacting, get over it, number {number}."
        triple = Triple(f"I am tired {number}", words, "She said no more.", "healed")
        triples.add(store, triple, source="test", status="pending")
    row = learn(Learner(rows_base, GATED), store)
    assert (
        row["verdict"] == "fail" and "75% of the responses that were to be imitated" in row["why"]
    )
    assert {each.status for each in triples.list_triples(store)} == {"pending"}


def test_what_learned_nothing_new_is_measured_on_the_fixed_items(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A merge has no new triples: how far it is from the base is known all the same."""
    asked: list[Any] = []
    monkeypatch.setattr(gating, "probe", lambda *_: FINE)
    monkeypatch.setattr(gating, "divergence", lambda *given: asked.append(given[2]) or 0.1)
    gate = gating.ProbeGate(rows_base)
    tree = grow(rows_base, PLAN.shape)
    gate.before(store, tree, 0, 96, lambda: None)
    assert gate.after(tree, (), 96, lambda: None).verdict == "pass"
    assert asked == [shipped().triples]
