"""What a person decides about triples: kept, undone, and never half done."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tear_core.store import (
    Store,
    StoreError,
    changes,
    edits,
    generations,
    lineage,
    open_store,
    sessions,
    triples,
    witnessing,
)
from tear_core.store.edits import Edit
from tear_core.store.triples import Notes, StoredTriple
from tear_core.triples import Triple
from tests.store.made import generation, lived_turn


def add(store: Store, scene: str, status: triples.Status = "unreviewed") -> StoredTriple:
    kept, _ = triples.add(
        store, Triple("hi", "yo", scene), source="test", status=status, notes=Notes(theme="tea")
    )
    return kept


def learn(store: Store, *ids: str, parent: int | None = None) -> int:
    made = generations.publish(store, generation(store, parent=parent), list(ids), [])
    return made.number


def status(store: Store, triple_id: str) -> str:
    return triples.get(store, triple_id).status


def test_accepting_several_is_one_change_and_undone_as_one(store: Store) -> None:
    one, two, three = (add(store, scene) for scene in ("a", "b", "c"))
    change = changes.accept(store, [one.id, two.id, two.id], "good", "ada")
    assert [each.id for each in change.triples] == [one.id, two.id]
    changes.reject(store, [three.id], "not so", "ada")
    undone = changes.undo(store, "bea", one.id)
    assert {each.id: each.status for each in undone.triples} == {
        one.id: "unreviewed",
        two.id: "unreviewed",
    }
    assert status(store, three.id) == "rejected"
    last = triples.history(store, one.id)[-1]
    assert (last["why"], last["who"], last["to_status"]) == ("undone: good", "bea", "unreviewed")


def test_undoing_an_undo_does_it_again(store: Store) -> None:
    kept = add(store, "a")
    changes.reject(store, [kept.id], "not so")
    for expected in ("unreviewed", "rejected", "unreviewed"):
        changes.undo(store)
        assert status(store, kept.id) == expected
    assert [row["why"] for row in triples.history(store, kept.id)][2:] == [
        "undone: not so",
        "again: not so",
        "undone: not so",
    ]


def test_what_has_gone_on_since_is_not_undone(store: Store) -> None:
    kept = add(store, "a")
    changes.accept(store, [kept.id], "good")
    learn(store, kept.id)
    with pytest.raises(StoreError, match="gone on since: it is learned now"):
        changes.undo(store)
    assert status(store, kept.id) == "learned"


def test_there_may_be_nothing_to_undo(store: Store) -> None:
    kept = add(store, "a")
    with pytest.raises(StoreError, match="nothing to undo"):
        changes.undo(store)
    with pytest.raises(StoreError, match="nothing to undo"):
        changes.undo(store, triple_id=kept.id)
    with pytest.raises(StoreError, match="there is no triple 'nope'"):
        changes.undo(store, triple_id="nope")


DECISIONS: list[Callable[..., changes.Change]] = [changes.accept, changes.reject, changes.retract]


@pytest.mark.parametrize("decide", DECISIONS)
def test_an_unknown_id_or_no_reason_changes_nothing(
    store: Store, decide: Callable[..., changes.Change]
) -> None:
    kept = add(store, "a")
    with pytest.raises(StoreError, match="there is no triple 'nope'"):
        decide(store, [kept.id, "nope"], "why")
    with pytest.raises(StoreError, match="a reason is needed"):
        decide(store, [kept.id], " ")
    assert status(store, kept.id) == "unreviewed"
    assert len(triples.history(store, kept.id)) == 1


def test_what_was_learned_is_retracted_and_not_rejected(store: Store) -> None:
    kept = add(store, "a", "pending")
    learn(store, kept.id)
    with pytest.raises(StoreError, match="has been learned: generation 1 knows it"):
        changes.reject(store, [kept.id], "no")
    assert changes.accept(store, [kept.id], "yes").unchanged == (kept.id,)
    assert changes.retract(store, [kept.id], "withdrawn").triples[0].status == "retracted"
    assert changes.retract(store, [kept.id], "withdrawn").triples == ()
    changes.undo(store)
    assert status(store, kept.id) == "learned"
    changes.accept(store, [kept.id], "once more", again=True)
    assert status(store, kept.id) == "pending"


def test_a_retraction_names_the_generations_that_carry_it(store: Store) -> None:
    one, two, three = (add(store, scene, "pending") for scene in ("a", "b", "c"))
    assert lineage.carried(store, one.id) == []
    first = learn(store, one.id)
    second = learn(store, two.id, parent=first)
    third = learn(store, three.id, parent=second)
    (carried,) = lineage.carried(store, two.id)
    assert (carried.seen, carried.grown) == ((second,), (third,))
    assert (carried.live, carried.clean) == (third, first)
    assert lineage.carried(store, one.id)[0].clean == generations.BASE
    generations.use(store, "nano", first, "back")
    assert lineage.carried(store, two.id)[0].clean == first


def test_an_edit_changes_words_where_they_are_and_is_undone(store: Store) -> None:
    kept = add(store, "he wept")
    triples.record_surprise(store, kept.id, 2.5, 7, 0)
    before = triples.get(store, kept.id)
    wanted = Edit(consequence="he left", landing="hurt", theme="work", difficulty=3)
    after = edits.edit(store, kept.id, wanted, "clearer", "ada")
    assert after.id == kept.id and after.status == "unreviewed"
    assert (after.triple.consequence, after.triple.landing) == ("he left", "hurt")
    assert (after.notes.theme, after.notes.difficulty, after.surprise) == ("work", 3, None)
    assert [each.id for each in triples.search(store, "left")] == [kept.id]
    row = triples.history(store, kept.id)[-1]
    assert row["before"]["consequence"] == "he wept" and row["after"]["theme"] == "work"
    assert edits.edit(store, kept.id, wanted) == after
    assert changes.undo(store).triples == (before,)
    assert changes.undo(store).triples == (after,)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Edit(consequence=" "), "consequence is empty"),
        (Edit(consequence="a\0b"), "consequence has a NUL"),
        (Edit(theme="\ud800"), "theme is not valid text"),
        (Edit(difficulty=5), "difficulty 5 is not 1 to 4"),
        (Edit(consequence="taken"), "these words are there already, as triple 0"),
    ],
)
def test_an_edit_that_cannot_be_changes_nothing(store: Store, wanted: Edit, said: str) -> None:
    add(store, "taken")
    kept = add(store, "he wept")
    with pytest.raises(StoreError, match=said):
        edits.edit(store, kept.id, wanted)
    assert triples.get(store, kept.id) == kept
    assert len(triples.history(store, kept.id)) == 1


def test_learned_words_stay_and_the_edit_is_a_new_triple(store: Store) -> None:
    kept = add(store, "he wept", "pending")
    learn(store, kept.id)
    new = edits.edit(store, kept.id, Edit(consequence="he left"))
    assert new.id != kept.id and (new.status, new.generations) == ("pending", ())
    assert new.notes == kept.notes and status(store, kept.id) == "retracted"
    assert triples.get(store, kept.id).triple.consequence == "he wept"
    changes.undo(store)
    assert (status(store, kept.id), status(store, new.id)) == ("learned", "rejected")
    changes.undo(store)
    assert (status(store, kept.id), status(store, new.id)) == ("retracted", "pending")


def test_another_landing_is_learned_again_and_another_theme_is_not(store: Store) -> None:
    kept = add(store, "he wept", "pending")
    learn(store, kept.id)
    assert edits.edit(store, kept.id, Edit(theme="work")).status == "learned"
    marked = edits.edit(store, kept.id, Edit(landing="healed"))
    assert (marked.id, marked.status) == (kept.id, "pending")
    changes.undo(store)
    assert status(store, kept.id) == "learned"


@pytest.mark.parametrize("learned", [False, True])
def test_the_session_shows_what_holds(store: Store, learned: bool) -> None:
    session = sessions.create(store)
    kept = witnessing.author(store, session.id, 1, lived_turn(store, session.id)).triple
    if learned:
        learn(store, kept.id)

    def turn() -> tuple[str | None, str | None, bool]:
        (shown,) = sessions.conversation(store, session.id).turns
        return shown.triple, shown.consequence, shown.retracted

    new = edits.edit(store, kept.id, Edit(consequence="he left"))
    assert turn() == (new.id, "he left", False) and (new.id != kept.id) == learned
    changes.undo(store)
    assert turn() == (kept.id, "he wept", False)
    changes.retract(store, [kept.id], "withdrawn")
    assert turn() == (kept.id, "he wept", True)
    changes.undo(store)
    assert turn() == (kept.id, "he wept", False)
    with pytest.raises(StoreError, match="are what was said in a session"):
        edits.edit(store, kept.id, Edit(response="never said"))


SCENES = ["he wept", "he slept", "he left", "he stayed"]


class DecideAndUndo(RuleBasedStateMachine):
    """Undoing is the opposite of doing, whatever was done."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(Path(self.folder.name))
        self.store.connection.execute("PRAGMA synchronous = OFF")
        self.ids = [add(self.store, scene).id for scene in SCENES]
        self.rows = len(SCENES)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def state(self) -> dict[str, tuple[object, ...]]:
        found = triples.list_triples(self.store)
        return {each.id: (each.triple, each.status, each.notes) for each in found}

    @rule(
        which=st.lists(st.integers(0, 3), min_size=1, max_size=3),
        decide=st.sampled_from(DECISIONS),
        twice=st.booleans(),
    )
    def decide(self, which: list[int], decide: Callable[..., changes.Change], twice: bool) -> None:
        before = self.state()
        try:
            change = decide(self.store, [self.ids[n] for n in which], "because")
        except StoreError:
            assert self.state() == before
            return
        after = self.state()
        if change.triples:
            changes.undo(self.store)
            assert self.state() == before
            if twice:
                changes.undo(self.store)
                assert self.state() == after

    @rule(
        which=st.integers(0, 3),
        scene=st.none() | st.sampled_from([*SCENES, "he sang"]),
        landing=st.none() | st.sampled_from(["healed", "hurt"]),
        theme=st.none() | st.sampled_from(["tea", "work"]),
    )
    def edit(self, which: int, scene: str | None, landing: str | None, theme: str | None) -> None:
        before = self.state()
        wanted = Edit(consequence=scene, landing=landing, theme=theme)  # type: ignore[arg-type]
        try:
            edits.edit(self.store, self.ids[which], wanted)
        except StoreError:
            assert self.state() == before
            return
        if (after := self.state()) != before:
            changes.undo(self.store)
            back = self.state()
            assert {each: back[each] for each in before} == before
            assert all(back[each][1] == "rejected" for each in back.keys() - before.keys())
            changes.undo(self.store)
            assert self.state() == after

    @precondition(lambda self: triples.pending(self.store))
    @rule()
    def learn(self) -> None:
        parent = generations.live(self.store, "nano") or None
        learn(self.store, *(each.id for each in triples.pending(self.store)), parent=parent)

    @invariant()
    def history_tells_the_status_and_only_grows(self) -> None:
        rows = 0
        for each in triples.list_triples(self.store):
            past = triples.history(self.store, each.id)
            assert past[-1]["to_status"] == each.status
            rows += len(past)
        assert rows >= self.rows
        self.rows = rows


TestDecideAndUndo = DecideAndUndo.TestCase
TestDecideAndUndo.settings = settings(max_examples=20, stateful_step_count=12, deadline=None)
