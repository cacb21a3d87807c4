"""Sessions: their events are kept in order and never changed."""

import sqlite3

import pytest

from tear_core.store import Store, StoreError, drafts, sessions
from tear_core.turn import Event

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
