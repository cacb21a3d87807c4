"""Sessions and their append-only events. What a session *is* follows from `turn.fold`."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from typing import Any, cast

from tear_core.store.database import Store, StoreError
from tear_core.store.ids import new_id, now, prefix_range
from tear_core.store.search_terms import storable
from tear_core.turn import Conversation, Event, Kind, Turn, fold, fold_turn


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation as it is listed.

    Attributes:
        used_at: when somebody last did something in it; what is learned later does not count.
        turns: all of them, `authored` those witnessed.
        forked_from: the session whose first `forked_at` turns it began with; None if it did
            not, or if that one has been deleted.
    """

    id: str
    title: str
    created_at: str
    updated_at: str
    forked_from: str | None = None
    forked_at: int | None = None
    used_at: str = ""
    turns: int = 0
    authored: int = 0


_USED = """
    max(created_at, coalesce((SELECT at FROM events WHERE session_id = sessions.id
        AND kind NOT IN ('surprise', 'learned', 'retract') ORDER BY seq DESC LIMIT 1), ''))
"""

_SELECT = f"""
    SELECT id, title, created_at, updated_at, forked_from, forked_at, {_USED} AS used_at,
        (SELECT coalesce(max(turn), 0) FROM events WHERE session_id = sessions.id) AS turns,
        (SELECT count(DISTINCT turn) FROM events
         WHERE session_id = sessions.id AND kind = 'author') AS authored
    FROM sessions
"""

_HAS_WORDS = """
    NOT EXISTS (
        SELECT 1 FROM json_each(?) AS word WHERE instr(folded(title), word.value) = 0
        AND NOT EXISTS (SELECT 1 FROM events WHERE session_id = sessions.id AND kind = 'input'
                        AND instr(folded(json_extract(data, '$.text')), word.value)))
"""


def create(store: Store, title: str = "") -> Session:
    """A new, empty session."""
    at = now()
    session = Session(new_id(), title, at, at)
    with store.write() as connection:
        connection.execute(
            "INSERT INTO sessions (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)",
            (session.id, title, at, at),
        )
    return session


def get(store: Store, session_id: str) -> Session:
    """The session with this id, or the only one whose id begins so.

    Raises:
        StoreError: there is none, or more than one.
    """
    rows = store.connection.execute(
        f"{_SELECT} WHERE id >= ? AND id < ? ORDER BY id LIMIT 2", prefix_range(session_id)
    ).fetchall()
    if not session_id.strip() or not rows:
        raise StoreError(f"there is no session {session_id!r}")
    if len(rows) > 1:
        raise StoreError(f"more than one session begins with {session_id!r}", "Give more of it.")
    return Session(**rows[0])


def latest(store: Store) -> Session | None:
    """The session that was used last."""
    row = store.connection.execute(
        f"SELECT id FROM sessions ORDER BY {_USED} DESC, id DESC LIMIT 1"
    ).fetchone()
    return get(store, row["id"]) if row else None


def list_sessions(store: Store, limit: int | None = None, words: str = "") -> list[Session]:
    """Sessions, the one used last first.

    `words`: only those in whose title, or in something that was said to the model there, all
    of these words are found, in capitals or not.
    """
    store.connection.create_function("folded", 1, _folded, deterministic=True)
    rows = store.connection.execute(
        f"{_SELECT} WHERE {_HAS_WORDS} ORDER BY used_at DESC, id DESC LIMIT ?",
        (json.dumps(_folded(storable(words)).split()), -1 if limit is None else limit),
    )
    return [Session(**row) for row in rows]


def count(store: Store) -> int:
    """How many sessions there are."""
    return int(store.connection.execute("SELECT count(*) FROM sessions").fetchone()[0])


def changed_at(store: Store, session_id: str) -> str:
    """When something was last written in a session (its whole id); cheap to ask.

    Raises:
        StoreError: there is no such session.
    """
    row = store.connection.execute(
        "SELECT updated_at FROM sessions WHERE id = ?", (session_id,)
    ).fetchone()
    if row is None:
        raise StoreError(f"there is no session {session_id!r}")
    return str(row["updated_at"])


def rename(store: Store, session_id: str, title: str) -> None:
    """Give a session another title.

    Raises:
        StoreError: there is no such session.
    """
    with store.write() as connection:
        _touch(connection, session_id, "title = ?", title)


def fork(store: Store, session_id: str, at: int | None = None) -> Session:
    """A new session that begins with the first `at` turns of another one (None: with all).

    Their events are copied as they are, in one transaction; the other session stays as it is.

    Raises:
        StoreError: there is no such session, or no such turn in it.
    """
    with store.write() as connection:
        source = get(store, session_id)
        last = source.turns if at is None else at
        if not 1 <= last <= source.turns:
            raise StoreError(
                f"session {source.id} has no turn {last} to fork from",
                f"It has {source.turns}." if source.turns else "Nothing was said in it.",
            )
        made = create(store, f"{source.title} (from turn {last})")
        connection.execute(
            "UPDATE sessions SET forked_from = ?, forked_at = ? WHERE id = ?",
            (source.id, last, made.id),
        )
        connection.execute(
            "INSERT INTO events (session_id, turn, kind, data, at)"
            " SELECT ?, turn, kind, data, at FROM events WHERE session_id = ? AND turn <= ?"
            " ORDER BY seq",
            (made.id, source.id, last),
        )
        return get(store, made.id)


def append(store: Store, session_id: str, event: Event) -> Event:
    """Add an event to the session's log; returns it with the time at which it was written.

    Whether the event may happen now is the caller's to ask, with `turn.advance`.

    Raises:
        StoreError: there is no such session.
    """
    with store.write() as connection:
        event = replace(event, at=now())
        _touch(connection, session_id, "title = title")
        connection.execute(
            "INSERT INTO events (session_id, turn, kind, data, at) VALUES (?, ?, ?, ?, ?)",
            (session_id, event.turn, event.kind, json.dumps(dict(event.data)), event.at),
        )
    return event


def events(store: Store, session_id: str) -> list[Event]:
    """Everything that happened in a session, in order.

    Raises:
        StoreError: there is no such session.
    """
    rows = store.connection.execute(
        "SELECT kind, turn, data, at FROM events WHERE session_id = ? ORDER BY seq", (session_id,)
    ).fetchall()
    if not rows and get(store, session_id).id != session_id:
        raise StoreError(f"there is no session {session_id!r}", "Give its whole id.")
    return [_event(row) for row in rows]


def turn(store: Store, session_id: str, number: int) -> Turn | None:
    """One turn as it stands, without reading the others; None if there is no such turn.

    Raises:
        StoreError: there is no such session.
        NotNow: its log holds an event that could not have happened.
    """
    rows = store.connection.execute(
        "SELECT kind, turn, data, at FROM events WHERE session_id = ? AND turn = ? ORDER BY seq",
        (session_id, number),
    ).fetchall()
    if not rows:
        changed_at(store, session_id)
    return fold_turn(map(_event, rows))


def conversation(store: Store, session_id: str) -> Conversation:
    """The session as it stands.

    Raises:
        StoreError: there is no such session.
        NotNow: the log holds an event that could not have happened.
    """
    return fold(events(store, session_id))


def tell_turns(store: Store, triple_id: str, kind: Kind, data: dict[str, Any]) -> None:
    """Append an event about a triple to every turn in which it was authored, if any."""
    turns = store.connection.execute(
        "SELECT DISTINCT session_id, turn FROM events"
        " WHERE kind = 'author' AND json_extract(data, '$.triple') = ? ORDER BY session_id, turn",
        (triple_id,),
    ).fetchall()
    for row in turns:
        append(store, row["session_id"], Event(kind, row["turn"], {"triple": triple_id, **data}))


def _event(row: sqlite3.Row) -> Event:
    return Event(cast(Kind, row["kind"]), row["turn"], json.loads(row["data"]), row["at"])


def _folded(text: str | None) -> str:
    return (text or "").casefold()


def _touch(connection: sqlite3.Connection, session_id: str, change: str, *values: str) -> None:
    changed = connection.execute(
        f"UPDATE sessions SET {change}, updated_at = ? WHERE id = ?", (*values, now(), session_id)
    ).rowcount
    if not changed:
        raise StoreError(f"there is no session {session_id!r}")
