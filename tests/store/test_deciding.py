"""Decisions about many triples at once, and the way back over all of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tear_core.corpus.generate.run import SOURCE
from tear_core.store import (
    Store,
    StoreError,
    deciding,
    edits,
    generations,
    lineage,
    open_store,
    sessions,
    triples,
    undoing,
    versions,
    witnessing,
)
from tear_core.store.deciding import Decision
from tear_core.store.edits import Edit
from tear_core.store.filters import parse
from tear_core.store.listing import listing
from tear_core.triples import Triple
from tests.store.made import generation, lived_turn
from tests.store.many import fill

ALL = range(1, 5_001)


def statuses(store: Store) -> list[str]:
    rows = store.connection.execute("SELECT status FROM triples ORDER BY seq")
    return [row["status"] for row in rows]


def learn(store: Store, *ids: str, parent: int | None = None) -> int:
    return generations.publish(store, generation(store, parent=parent), list(ids), []).number


def id_of(store: Store, seq: int) -> str:
    return triples.in_order(store, [seq])[0].id


@pytest.mark.parametrize("decision", ["accept", "reject", "retract"])
def test_five_thousand_are_one_change_and_one_undo(store: Store, decision: Decision) -> None:
    fill(store, 5_000)
    before = statuses(store)
    expected = {"accept": 4_000, "reject": 4_000, "retract": 5_000}[decision]
    assert deciding.prospect(store, decision, ALL).changes == expected
    asked: list[str] = []
    store.connection.set_trace_callback(asked.append)
    done = deciding.decide(store, decision, ALL, "all of them", "ada")
    # what a trigger does is told as the statement that set it off, once more
    assert len(done.seqs) == expected and len(set(asked)) < 12
    assert statuses(store).count(deciding.LEADS_TO[decision]) == 5_000
    asked.clear()
    step = undoing.next_undo(store)
    assert step is not None and (step.change, step.triples, step.holds) == (
        done.change,
        expected,
        expected,
    )
    undone = undoing.undo_change(store, step.change, "bea")
    assert (undone.triples, undone.left, undone.why) == (expected, 0, "undone: all of them")
    assert statuses(store) == before and len(set(asked)) < 20
    again = undoing.next_redo(store)
    assert again is not None
    undoing.undo_change(store, again.change, "bea")
    assert statuses(store).count(deciding.LEADS_TO[decision]) == 5_000


def test_what_a_decision_would_do_is_counted_before(store: Store) -> None:
    fill(store, 10)  # 6 unreviewed, 2 pending, 2 rejected
    learn(store, *(each.id for each in triples.pending(store)))
    all_and_one_gone = [*range(1, 11), 99]

    def counted(decision: Decision) -> tuple[int, int, int, int]:
        found = deciding.prospect(store, decision, all_and_one_gone)
        return found.changes, found.stays, found.learned, found.gone

    assert counted("accept") == (8, 2, 0, 1)
    assert counted("reject") == (6, 2, 2, 1)
    assert counted("retract") == (10, 0, 0, 1)
    deciding.decide(store, "reject", all_and_one_gone, "no")
    assert counted("reject") == (0, 8, 2, 1)
    with pytest.raises(StoreError, match="a reason is needed"):
        deciding.decide(store, "accept", [1], " ")


def test_a_part_that_has_gone_on_is_left_when_that_is_wanted(store: Store) -> None:
    fill(store, 3)
    done = deciding.decide(store, "accept", [1, 2, 3], "good")
    learn(store, id_of(store, 2))
    step = undoing.next_undo(store)
    assert step is not None and (step.triples, step.holds) == (3, 2)
    with pytest.raises(StoreError, match="has gone on since: it is learned now"):
        undoing.undo_change(store, done.change, "ada")
    assert statuses(store) == ["pending", "learned", "pending"]
    undone = undoing.undo_change(store, done.change, "ada", part=True)
    assert (undone.triples, undone.left) == (2, 1)
    assert statuses(store) == ["unreviewed", "learned", "unreviewed"]
    learn(store, id_of(store, 1), id_of(store, 3), parent=1)
    again = undoing.next_redo(store)
    assert again is not None and again.triples == 2


def test_what_is_wholly_gone_on_can_be_gone_over(store: Store) -> None:
    fill(store, 2)
    first = deciding.decide(store, "reject", [1], "no")
    second = deciding.decide(store, "accept", [2], "yes")
    learn(store, id_of(store, 2))
    step = undoing.next_undo(store)
    assert step is not None and (step.change, step.holds) == (second.change, 0)
    with pytest.raises(StoreError, match="has gone on since"):
        undoing.undo_change(store, step.change, "ada", part=True)
    behind = undoing.next_undo(store, passed=[step.change])
    assert behind is not None and behind.change == first.change
    with pytest.raises(StoreError, match="nothing to undo"):
        undoing.undo_change(store, "no such change", "ada")


def test_the_turns_of_a_session_hear_of_a_decision_about_many(store: Store) -> None:
    session = sessions.create(store)
    kept = witnessing.author(store, session.id, 1, lived_turn(store, session.id)).triple
    fill(store, 60)

    def retracted() -> bool:
        (turn,) = sessions.conversation(store, session.id).turns
        return turn.retracted and turn.triple == kept.id

    everything = listing(store, parse("")).seqs
    done = deciding.decide(store, "retract", everything, "withdrawn")
    assert len(done.seqs) == 61 and retracted()
    undoing.undo_change(store, done.change, "ada")
    assert not retracted() and triples.get(store, kept.id).status == "pending"
    deciding.decide(store, "retract", everything, "withdrawn")
    deciding.decide(store, "accept", everything, "after all")
    assert not retracted()


def test_generations_that_carry_any_of_many_are_named(store: Store) -> None:
    fill(store, 4)
    one, two, three = (id_of(store, seq) for seq in (1, 2, 3))
    first = learn(store, one)
    second = learn(store, two, parent=first)
    third = learn(store, three, parent=first)
    assert lineage.carried_any(store, [4]) == []
    (carried,) = lineage.carried_any(store, [2, 3, 4])
    assert (carried.seen, carried.grown, carried.clean) == ((second, third), (), first)
    (carried,) = lineage.carried_any(store, [1, 2])
    assert (carried.seen, carried.grown) == ((first, second), (third,))


def test_a_generation_made_of_others_carries_what_they_carry(store: Store) -> None:
    from dataclasses import replace

    fill(store, 1)
    first = learn(store, id_of(store, 1))
    merged = replace(generation(store), kind="merged", sources=(first,))
    number = generations.publish(store, merged, [], []).number
    (carried,) = lineage.carried(store, id_of(store, 1))
    assert (carried.seen, carried.grown) == ((first,), (number,))


def test_the_past_of_a_triple_has_the_words_it_had(store: Store) -> None:
    kept, _ = triples.add(store, Triple("hi", "yo", "he wept"), source=SOURCE, status="pending")
    assert versions.GENERATED == SOURCE
    edits.edit(store, kept.id, Edit(consequence="he left"), "clearer", "ada")
    learn(store, kept.id)
    new = edits.edit(store, kept.id, Edit(consequence="he ran", theme="work"), "again", "ada")
    rows = versions.past(store, new.id)
    assert [row["why"] for row in rows][:1] == ["again"] and rows[0]["after"] == {
        "replaces": kept.id
    }
    (edit,) = (row for row in rows if row["before"])
    assert (edit["before"]["consequence"], edit["after"]["consequence"]) == ("he wept", "he left")
    suggested = versions.suggestion(store, new)
    assert suggested is not None and (suggested.text, suggested.foreseen) == ("he wept", None)


def test_a_foreseen_scene_is_the_suggestion(store: Store) -> None:
    session = sessions.create(store)
    kept = witnessing.author(store, session.id, 1, lived_turn(store, session.id)).triple
    suggested = versions.suggestion(store, kept)
    assert suggested is not None and (suggested.text, suggested.foreseen) == ("he turns pale", 2)
    own, _ = triples.add(store, Triple("hi", "yo", "he ran"), source="cli", status="pending")
    assert versions.suggestion(store, own) is None


class UndoAndRedo(RuleBasedStateMachine):
    """The keys of an editor: undo goes back, redo goes on, a decision ends what could be redone."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(Path(self.folder.name))
        self.store.connection.execute("PRAGMA synchronous = OFF")
        fill(self.store, 4)
        self.done = [statuses(self.store)]
        self.undone: list[list[str]] = []

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(
        seqs=st.lists(st.integers(1, 4), min_size=1),
        decision=st.sampled_from(["accept", "reject", "retract"]),
    )
    def decide(self, seqs: list[int], decision: Decision) -> None:
        if deciding.decide(self.store, decision, seqs, "because").seqs:
            self.done.append(statuses(self.store))
            self.undone.clear()

    @rule(landing=st.sampled_from(["healed", "hurt"]))
    def edit(self, landing: str) -> None:
        before = triples.in_order(self.store, [1])[0]
        after = edits.edit(self.store, before.id, Edit(landing=landing))  # type: ignore[arg-type]
        if after != before:
            self.done.append(statuses(self.store))
            self.undone.clear()

    @rule()
    def undo(self) -> None:
        step = undoing.next_undo(self.store)
        assert (step is None) == (len(self.done) == 1)
        if step is not None:
            undoing.undo_change(self.store, step.change, "ada")
            self.undone.append(self.done.pop())

    @rule()
    def redo(self) -> None:
        step = undoing.next_redo(self.store)
        assert (step is None) == (not self.undone)
        if step is not None:
            undoing.undo_change(self.store, step.change, "ada")
            self.done.append(self.undone.pop())

    @invariant()
    def everything_stands_as_it_should(self) -> None:
        assert statuses(self.store) == self.done[-1]


TestUndoAndRedo = UndoAndRedo.TestCase
TestUndoAndRedo.settings = settings(max_examples=20, stateful_step_count=14, deadline=None)
