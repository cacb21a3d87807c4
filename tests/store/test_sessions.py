"""Sessions: their events are kept in order and never changed."""

import sqlite3

import pytest

from tear_core.store import Store, StoreError, drafts, sessions, triples, witnessing
from tear_core.triples import Triple
from tear_core.turn import Event
from tests.store.made import lived_turn

SENT = Event("input", 1, {"text": "hello \ud83d \0 世界"})
DRAFT = Event("draft", 1, {"text": "yo", "generation": 0})


def test_a_session_is_the_fold_of_its_events(store: Store) -> None:
    session = sessions.create(store, "first")
    written = [sessions.append(store, session.id, event) for event in (SENT, DRAFT)]
    assert sessions.events(store, session.id) == written
    assert all(event.at for event in written)
    turn = sessions.conversation(store, session.id).turns[0]
    assert (turn.phase, turn.input) == ("drafted", SENT.data["text"])


def test_sessions_are_listed_by_last_use(store: Store) -> None:
    old, new = sessions.create(store, "old"), sessions.create(store, "new")
    assert [each.id for each in sessions.list_sessions(store)] == [new.id, old.id]
    sessions.append(store, old.id, SENT)
    found = sessions.latest(store)
    assert found is not None and (found.id, found.turns, found.authored) == (old.id, 1, 0)
    assert len(sessions.list_sessions(store, limit=1)) == 1


def test_an_empty_store_has_no_latest_session(store: Store) -> None:
    assert sessions.latest(store) is None


def test_a_session_is_found_by_how_its_id_begins(store: Store) -> None:
    one = sessions.create(store, "one")
    assert sessions.get(store, one.id[:12].lower()).id == one.id
    sessions.create(store, "two")
    with pytest.raises(StoreError, match="more than one session begins with"):
        sessions.get(store, one.id[:2])


@pytest.mark.parametrize("unknown", ["nope", "", "%", "\udc80"])
def test_an_unknown_session_is_named(store: Store, unknown: str) -> None:
    sessions.create(store)
    with pytest.raises(StoreError, match="there is no session"):
        sessions.get(store, unknown)
    if unknown == "nope":
        for call in (sessions.events, sessions.conversation):
            with pytest.raises(StoreError, match="there is no session 'nope'"):
                call(store, "nope")
        with pytest.raises(StoreError, match="there is no session 'nope'"):
            sessions.append(store, "nope", SENT)
        with pytest.raises(StoreError, match="there is no session 'nope'"):
            sessions.rename(store, "nope", "x")


def test_events_cannot_be_changed_or_removed(store: Store) -> None:
    session = sessions.create(store)
    sessions.append(store, session.id, SENT)
    for statement in ("UPDATE events SET turn = 2", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            store.connection.execute(statement)
    assert len(sessions.events(store, session.id)) == 1


def test_events_go_with_their_session(store: Store) -> None:
    session, other = sessions.create(store), sessions.create(store)
    sessions.append(store, session.id, SENT)
    sessions.append(store, other.id, SENT)
    drafts.save(store, "prompt", "half a thought", session.id)
    with store.write() as connection:
        connection.execute("DELETE FROM sessions WHERE id = ?", (session.id,))
    assert store.connection.execute("SELECT count(*) FROM events").fetchone()[0] == 1
    assert drafts.load(store, "prompt") is None


def test_a_draft_is_kept_until_it_is_cleared(store: Store) -> None:
    assert drafts.load(store, "prompt") is None
    drafts.save(store, "prompt", "half")
    drafts.save(store, "prompt", "half a thought")
    drafts.save(store, "consequence:1", "she")
    assert drafts.load(store, "prompt") == "half a thought"
    drafts.save(store, "prompt", "")
    drafts.clear(store, "consequence:1")
    assert drafts.load(store, "prompt") is None
    assert drafts.load(store, "consequence:1") is None
    with pytest.raises(StoreError, match="no session 'nope'"):
        drafts.save(store, "prompt", "half", "nope")


def lived(store: Store, title: str, turns: int) -> str:
    session = sessions.create(store, title)
    for number in range(1, turns + 1):
        lived_turn(store, session.id, number)
    return session.id


def test_a_fork_begins_with_the_same_turns_and_goes_its_own_way(store: Store) -> None:
    one = lived(store, "Piano", 3)
    before = sessions.events(store, one)
    fork = sessions.fork(store, one, at=2)
    assert (fork.turns, fork.forked_from, fork.forked_at) == (2, one, 2)
    assert fork.title == "Piano (from turn 2)"
    assert sessions.events(store, fork.id) == [each for each in before if each.turn <= 2]
    lived_turn(store, fork.id, 3)
    assert sessions.events(store, one) == before
    assert sessions.fork(store, one).turns == 3


@pytest.mark.parametrize("at", [0, -1, 4])
def test_a_turn_that_is_not_there_cannot_be_forked_from(store: Store, at: int) -> None:
    one = lived(store, "Piano", 3)
    with pytest.raises(StoreError, match=f"has no turn {at} to fork from"):
        sessions.fork(store, one, at)
    assert sessions.count(store) == 1


def test_what_is_learned_of_a_triple_is_told_to_the_fork_too(store: Store) -> None:
    one = lived(store, "Piano", 1)
    kept = witnessing.author(store, one, 1, Triple("hello", "go away", "he wept")).triple
    fork = sessions.fork(store, one)
    triples.record_surprise(store, kept.id, 2.5, 7, 0)
    assert [sessions.conversation(store, each).surprises() for each in (one, fork.id)] == [
        [2.5],
        [2.5],
    ]


def test_a_fork_outlives_the_session_that_it_comes_from(store: Store) -> None:
    one = lived(store, "Piano", 1)
    fork = sessions.fork(store, one)
    with store.write() as connection:
        connection.execute("DELETE FROM sessions WHERE id = ?", (one,))
    assert sessions.get(store, fork.id).forked_from is None
    assert len(sessions.conversation(store, fork.id).turns) == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Über den Fluss", "Piano"]),
        ("piano", ["Piano"]),
        ("ÜBER", ["Über den Fluss"]),
        ("HELLO pia", ["Piano"]),  # one in the title, one in what was said
        ("fluss piano", []),
        ("% _ \0", []),
        ("'; --", []),
    ],
)
def test_sessions_are_found_by_their_title_and_by_what_was_said(
    store: Store, words: str, found: list[str]
) -> None:
    lived(store, "Piano", 1)
    sessions.create(store, "Über den Fluss")
    assert [each.title for each in sessions.list_sessions(store, words=words)] == found


def test_what_a_learner_writes_later_is_no_use_of_a_session(store: Store) -> None:
    old = lived(store, "old", 1)
    kept = witnessing.author(store, old, 1, Triple("hello", "go away", "he wept")).triple
    new = lived(store, "new", 1)
    sessions.tell_turns(store, kept.id, "learned", {"generation": 1})
    sessions.rename(store, old, "older")
    assert [each.id for each in sessions.list_sessions(store)] == [new, old]
    latest = sessions.latest(store)
    assert latest is not None and latest.id == new


def test_one_turn_is_read_without_the_others(store: Store) -> None:
    one = lived(store, "Piano", 3)
    assert sessions.turn(store, one, 2) == sessions.conversation(store, one).turns[1]
    assert sessions.turn(store, one, 9) is None
    with pytest.raises(StoreError, match="there is no session 'nope'"):
        sessions.turn(store, "nope", 1)
    assert sessions.changed_at(store, one) == sessions.get(store, one).updated_at
