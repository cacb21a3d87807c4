"""Writing down what really happened: the triple and the event together, and again."""

from dataclasses import replace

import pytest

from tear_core.store import Store, StoreError, generations, sessions, triples, witnessing
from tear_core.turn import Event, NotNow, Turn, advance
from tests.store.made import generation, lived_turn


def turn_of(store: Store, session_id: str, number: int = 1) -> Turn:
    return sessions.conversation(store, session_id).turns[number - 1]


def test_the_triple_and_its_event_are_written_together(store: Store) -> None:
    session = sessions.create(store)
    triple = lived_turn(store, session.id, blind=True)
    before = sessions.conversation(store, session.id)
    done = witnessing.author(store, session.id, 1, triple, saw_prediction=False)
    kept = done.triple
    assert (kept.status, kept.session, kept.turn, kept.source) == (
        "pending",
        session.id,
        1,
        "session",
    )
    assert (kept.predicted, kept.predicted_by, kept.blind) == ("he turns pale", 2, True)
    turn = turn_of(store, session.id)
    assert (turn.phase, turn.triple, turn.consequence, turn.landing) == (
        "authored",
        kept.id,
        "he wept",
        "hurt",
    )
    assert not turn.saw_prediction
    for event in done.events:
        before = advance(before, event)
    assert before == sessions.conversation(store, session.id)


def test_nothing_is_written_for_a_turn_in_which_nothing_was_said(store: Store) -> None:
    session = sessions.create(store)
    triple = lived_turn(store, session.id)
    sessions.append(store, session.id, Event("input", 2, {"text": "and now?"}))
    logged = sessions.events(store, session.id)
    for number in (2, 3, 0):
        with pytest.raises(NotNow):
            witnessing.author(store, session.id, number, triple)
    with pytest.raises(StoreError, match="no session 'nope'"):
        witnessing.author(store, "nope", 1, triple)
    assert triples.list_triples(store) == []
    assert sessions.events(store, session.id) == logged


def test_a_rewritten_scene_takes_the_place_of_the_one_that_was_waiting(store: Store) -> None:
    session = sessions.create(store)
    triple = lived_turn(store, session.id)
    old = witnessing.author(store, session.id, 1, triple).triple
    new = witnessing.author(store, session.id, 1, replace(triple, consequence="he slept")).triple
    assert triples.get(store, old.id).status == "rejected"
    assert triples.history(store, old.id)[-1]["why"] == "rewritten"
    assert [each.id for each in triples.pending(store)] == [new.id]
    assert turn_of(store, session.id).triple == new.id
    back = witnessing.author(store, session.id, 1, triple).triple
    assert (back.id, back.status) == (old.id, "pending")
    assert triples.get(store, new.id).status == "rejected"


def test_a_rewritten_scene_that_was_learned_is_not_replayed_any_more(store: Store) -> None:
    session = sessions.create(store)
    triple = lived_turn(store, session.id)
    old = witnessing.author(store, session.id, 1, triple).triple
    generations.publish(store, generation(store), [old.id], [])
    witnessing.author(store, session.id, 1, replace(triple, consequence="he slept"))
    assert triples.get(store, old.id).status == "retracted"
    assert triples.replayable_ids(store) == []


def test_the_same_words_with_another_landing_are_learned_again(store: Store) -> None:
    session = sessions.create(store)
    triple = lived_turn(store, session.id)
    old = witnessing.author(store, session.id, 1, triple).triple
    generations.publish(store, generation(store), [old.id], [])
    again = witnessing.author(store, session.id, 1, replace(triple, landing="healed")).triple
    assert (again.id, again.status, again.triple.landing) == (old.id, "pending", "healed")
    assert turn_of(store, session.id).phase == "authored"


def test_the_same_words_once_more_stay_learned(store: Store) -> None:
    session = sessions.create(store)
    triple = lived_turn(store, session.id)
    old = witnessing.author(store, session.id, 1, triple).triple
    triples.record_surprise(store, old.id, 2.5, 7, 0)
    generations.publish(store, generation(store), [old.id], [])
    done = witnessing.author(store, session.id, 1, triple)
    assert done.triple.status == "learned"
    assert [event.kind for event in done.events] == ["author", "surprise", "learned"]
    turn = turn_of(store, session.id)
    assert (turn.phase, turn.learned_in, turn.surprise) == ("learned", 1, 2.5)


def test_words_that_were_imported_before_are_not_dropped_by_a_rewrite(store: Store) -> None:
    session = sessions.create(store)
    triple = lived_turn(store, session.id)
    old, _ = triples.add(store, triple, source="file", status="unreviewed")
    assert witnessing.author(store, session.id, 1, triple).triple.status == "pending"
    witnessing.author(store, session.id, 1, replace(triple, consequence="he slept"))
    assert triples.get(store, old.id).status == "pending"


def test_what_becomes_of_a_triple_is_told_to_each_turn_it_was_written_in(store: Store) -> None:
    one, two = sessions.create(store), sessions.create(store)
    for session in (one, two):
        kept = witnessing.author(store, session.id, 1, lived_turn(store, session.id)).triple
    triples.record_surprise(store, kept.id, 2.5, 7, 0)
    generations.publish(store, generation(store), [kept.id], [])
    triples.set_status(store, [kept.id], "retracted", "asked to")
    for session in (one, two):
        turn = turn_of(store, session.id)
        assert (turn.surprise, turn.learned_in, turn.retracted) == (2.5, 1, True)
        assert next(s for s in sessions.list_sessions(store) if s.id == session.id).authored == 1
