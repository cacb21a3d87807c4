"""A lineage learned again: the same bytes from the same triples, and others without some."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core import __version__
from tear_core.learn.learner import Learner
from tear_core.learn.rebuilding import rebuild
from tear_core.learn.step import dual_step
from tear_core.model.base import Base
from tear_core.store import generations, triples
from tear_core.store.database import Store, StoreError, open_store
from tear_core.store.edits import Edit, edit
from tests.learn.making import PLAN, adapter, add, folder, learn, lineage, same


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "home") as opened:
        yield opened


def rebuilt(store: Store, base: Base, number: int, **how: Any) -> list[dict[str, Any]]:
    return [each for each in rebuild(store, base, number, **how) if each["event"] != "step"]


def hashes(store: Store, number: int) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder(store, number).glob("*.safetensors")
    }


@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        replace(PLAN, epochs=None, steps=9, enough=0.9),
        replace(PLAN, shape=replace(PLAN.shape, dropout=0.2), batch=2),
    ],
    ids=["as asked", "ends early", "dropout"],
)
def test_with_nothing_left_out_the_same_bytes_come_back(
    rows_base: Base, store: Store, plan: Any
) -> None:
    lineage(Learner(rows_base, plan), store)
    assert generations.exposed(store, 3, "replayed"), "nothing was replayed"
    before = {number: hashes(store, number) for number in (1, 2, 3)}
    torch.manual_seed(1234)
    told = [each for each in rebuilt(store, rows_base, 3) if each["event"] == "rebuilt"]
    assert [(each["of"], each["generation"], each["same"]) for each in told] == [
        (1, 1, True),
        (2, 2, True),
        (3, 3, True),
    ]
    for each in told:
        kept = {name: sha for name, sha in each["files"].items() if name.endswith(".safetensors")}
        assert kept == before[each["of"]]
    assert len(generations.list_generations(store)) == 3, "the same is not entered twice"
    assert len(list(folder(store, 1).parent.iterdir())) == 3


def test_a_difference_would_be_noticed(rows_base: Base, store: Store) -> None:
    """Another thread count, seed or recipe is another update: the comparison can fail."""
    lineage(Learner(rows_base, PLAN), store, (3,))
    row = generations.get(store, 1)
    assert row is not None
    with store.write() as connection:
        connection.execute(
            "UPDATE generations SET settings = json_set(settings, '$.clip', 0.5) WHERE number = 1"
        )
    told = rebuilt(store, rows_base, 1)
    assert [each["same"] for each in told if each["event"] == "rebuilt"] == [False]


def changed(store: Store, number: int, **settings: Any) -> None:
    """Have a generation say something else of how it was learned; None: nothing at all."""
    row = generations.get(store, number)
    assert row is not None
    gone = {name for name, value in settings.items() if value is None}
    own = {k: v for k, v in {**row.settings, **settings}.items() if k not in gone}
    with store.write() as connection:
        connection.execute(
            "UPDATE generations SET settings = ? WHERE number = ?", (json.dumps(own), number)
        )


def notices(told: list[dict[str, Any]]) -> list[str]:
    return [each["message"] for each in told if each["event"] == "notice"]


def test_what_decides_the_bits_is_kept_with_a_generation(rows_base: Base, store: Store) -> None:
    lineage(Learner(rows_base, PLAN), store, (3,))
    row = generations.get(store, 1)
    assert row is not None
    own = row.settings
    assert (own["precision"], own["capacity"]) == (PLAN.precision, PLAN.capacity)
    assert (own["threads"], own["torch"]) == (torch.get_num_threads(), torch.__version__)
    assert (own["device"], own["tear"]) == ("cpu", __version__)
    assert own["cpu"] == torch.backends.cpu.get_cpu_capability() and "narrowed" not in own
    assert notices(rebuilt(store, rows_base, 1)) == [], "all of it is as it was"


@pytest.mark.parametrize(
    ("was", "said"),
    [
        ({"torch": "1.0"}, "torch 1.0"),
        ({"device": "cuda"}, "on cuda"),
        ({"cpu": "ABACUS"}, "a CPU with ABACUS"),
        ({"tear": "0.0.1"}, "tear-tui 0.0.1"),
        ({"tear": None}, "an earlier tear-tui"),
        ({"narrowed": 48}, "memory ran out"),
    ],
)
def test_what_may_keep_the_bytes_from_coming_back_is_said_before(
    rows_base: Base, store: Store, was: dict[str, Any], said: str
) -> None:
    lineage(Learner(rows_base, PLAN), store, (3,))
    changed(store, 1, **was)
    told = rebuilt(store, rows_base, 1)
    (notice,) = notices(told)
    assert said in notice and "the bytes may differ" in notice
    at = [each["event"] for each in told]
    assert at.index("notice") < at.index("rebuilt")


def test_memory_that_ran_out_is_kept_with_what_was_learned(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def halved(*given: Any, **how: Any) -> Any:
        return replace(dual_step(*given, **how), capacity=how["capacity"] // 2)

    monkeypatch.setattr("tear_core.learn.update.dual_step", halved)
    lineage(Learner(rows_base, replace(PLAN, epochs=1)), store, (3,))
    row = generations.get(store, 1)
    assert row is not None
    assert (row.settings["capacity"], row.settings["narrowed"]) == (96, 48)


def test_what_does_not_fit_the_weights_is_learned_again_on_those_that_are_here(
    rows_base: Base, store: Store
) -> None:
    first, *_ = lineage(Learner(rows_base, PLAN), store, (2, 1))
    with store.write() as connection:
        connection.execute("UPDATE generations SET base_fingerprint = 'other'")
    told = rebuilt(store, rows_base, 2)
    assert all("other weights" in each for each in notices(told)) and len(notices(told)) == 2
    made = [(each["of"], each["generation"]) for each in told if each["event"] == "rebuilt"]
    assert made == [(1, 3), (2, 4)], "entered anew, though its bytes be the same"
    row = generations.get(store, 4)
    assert row is not None and row.base_fingerprint == rows_base.fingerprint
    assert rebuilt(store, rows_base, 2) == [told[-1]], "once is enough"
    without = rebuilt(store, rows_base, 2, without=[first[0]])
    assert [each["of"] for each in without if each["event"] == "rebuilding"] == [1, 2]


def test_without_a_triple_only_what_it_touched_is_learned_again(
    rows_base: Base, store: Store
) -> None:
    _, second, third = lineage(Learner(rows_base, PLAN), store)
    told = rebuilt(store, rows_base, 3, without=[second[0]])
    assert [each["of"] for each in told if each["event"] == "rebuilding"] == [2, 3]
    assert told[-1] == {
        "event": "lineage",
        "of": 3,
        "generation": 5,
        "left_out": [second[0]],
    }
    four, five = generations.get(store, 4), generations.get(store, 5)
    assert four is not None and five is not None
    assert (four.kind, four.parent, four.sources) == ("rebuilt", 1, (2,))
    assert (five.kind, five.parent, five.sources) == ("rebuilt", 4, (3,))
    seen = {each for number in (4, 5) for each in generations.exposed(store, number)}
    assert second[0] not in seen and set(second[1:]) | set(third) <= seen
    assert generations.live(store, rows_base.name) == 3, "a person decides what answers"
    assert not same(adapter(store, 3), adapter(store, 5))


def test_what_a_rebuild_makes_is_what_learning_without_it_would_have_made(
    rows_base: Base, tmp_path: Path
) -> None:
    def live_through(home: Path, known: bool) -> dict[str, torch.Tensor]:
        with open_store(home) as store:
            learner = Learner(rows_base, PLAN)
            ids = add(store, 0, 3)
            extra = add(store, 90, 1) if known else []
            learn(learner, store)
            add(store, 3, 2)
            learn(learner, store)
            assert len(ids) == 3
            if not known:
                return adapter(store, 2)
            *_, last = rebuild(store, rows_base, 2, without=extra)
            return adapter(store, last["generation"])

    plain, again = (live_through(tmp_path / str(known), known) for known in (False, True))
    # Replays are drawn by their place in the reservoir, so ids that differ change nothing.
    assert same(plain, again)


def test_what_was_retracted_is_left_out_unasked(rows_base: Base, store: Store) -> None:
    first, *_ = lineage(Learner(rows_base, PLAN), store, (3, 2))
    triples.set_status(store, [first[1]], "retracted", "asked to", "test")
    *_, last = rebuilt(store, rows_base, 2)
    assert last["left_out"] == [first[1]]
    assert last["generation"] == 4


def test_the_same_rebuild_again_finds_what_is_there(rows_base: Base, store: Store) -> None:
    first, *_ = lineage(Learner(rows_base, PLAN), store, (3, 2))
    once = rebuilt(store, rows_base, 2, without=[first[0]])[-1]
    again = rebuilt(store, rows_base, 2, without=[first[0]])
    assert again == [once]
    assert len(generations.list_generations(store)) == 4


def test_with_everything_left_out_the_base_is_left(rows_base: Base, store: Store) -> None:
    first, second = lineage(Learner(rows_base, PLAN), store, (2, 1))
    *_, last = rebuilt(store, rows_base, 2, without=[*first, *second])
    assert last["generation"] == 0
    *_, last = rebuilt(store, rows_base, 2, without=first)
    row = generations.get(store, last["generation"])
    assert row is not None and row.parent is None, "the second stands on the base now"


def test_a_removed_generation_is_brought_back(rows_base: Base, store: Store) -> None:
    lineage(Learner(rows_base, PLAN), store, (3, 2))
    before = adapter(store, 1)
    generations.remove(store, 1)
    told = rebuilt(store, rows_base, 2)
    made = {each["of"]: each["generation"] for each in told if each["event"] == "rebuilt"}
    assert made[1] == 3 and same(before, adapter(store, 3))


def test_words_that_were_edited_since_are_learned_as_they_are_and_that_is_said(
    rows_base: Base, store: Store
) -> None:
    first, *_ = lineage(Learner(rows_base, PLAN), store, (3,))
    edit(store, first[0], Edit(landing="hurt"))
    told = rebuilt(store, rows_base, 1)
    assert any("1 triples of generation 1 have been edited" in e.get("message", "") for e in told)
    assert told[-1]["generation"] == 2


def test_a_triple_that_waited_is_not_replayed_the_second_time_either(
    rows_base: Base, store: Store
) -> None:
    """What could not be replayed then is part of the record, whatever became of it since."""
    learner = Learner(rows_base, PLAN)
    first = add(store, 0, 4)
    learn(learner, store)
    triples.set_status(store, first[:2], "pending", "again", "test")
    add(store, 4, 2)
    waiting = [each.id for each in triples.pending(store)]
    triples.set_status(store, first[:1], "rejected", "not now", "test")
    learn(learner, store)
    triples.set_status(store, first[:1], "learned", "after all", "test")
    assert waiting
    told = [each for each in rebuilt(store, rows_base, 2) if each["event"] == "rebuilt"]
    assert [each["same"] for each in told] == [True, True]


def test_one_that_was_learned_before_its_recipe_was_kept_is_refused(
    rows_base: Base, store: Store
) -> None:
    lineage(Learner(rows_base, PLAN), store, (2,))
    with store.write() as connection:
        connection.execute("UPDATE generations SET settings = '{\"rank\": 4}'")
    with pytest.raises(StoreError, match="generation 1 was learned before its recipe was kept"):
        list(rebuild(store, rows_base, 1))
