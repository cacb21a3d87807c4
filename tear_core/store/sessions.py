"""Sessions and their append-only events. What a session *is* follows from `turn.fold`."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from typing import Any, cast

from tear_core.store.database import Store, StoreError
from tear_core.store.ids import new_id, now, prefix_range
from tear_core.turn import Conversation, Event, Kind, fold


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation as it is listed. `turns` counts all of them, `authored` those witnessed."""

    id: str
    title: str
    created_at: str
    updated_at: str
    turns: int = 0
    authored: int = 0


_SELECT = """
    SELECT id, title, created_at, updated_at,
        (SELECT coalesce(max(turn), 0) FROM events WHERE session_id = sessions.id) AS turns,
        (SELECT count(DISTINCT turn) FROM events
         WHERE session_id = sessions.id AND kind = 'author') AS authored
    FROM sessions
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
    """The session in which something happened last."""
    return next(iter(list_sessions(store, limit=1)), None)


def list_sessions(store: Store, limit: int | None = None) -> list[Session]:
    """Sessions, the one used last first."""
    rows = store.connection.execute(
        f"{_SELECT} ORDER BY updated_at DESC, id DESC LIMIT ?", (-1 if limit is None else limit,)
    )
    return [Session(**row) for row in rows]


def rename(store: Store, session_id: str, title: str) -> None:
    """Give a session another title.

    Raises:
        StoreError: there is no such session.
    """
    with store.write() as connection:
        _touch(connection, session_id, "title = ?", title)


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
    return [
        Event(cast(Kind, row["kind"]), row["turn"], json.loads(row["data"]), row["at"])
        for row in rows
    ]


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


def _touch(connection: sqlite3.Connection, session_id: str, change: str, *values: str) -> None:
    changed = connection.execute(
        f"UPDATE sessions SET {change}, updated_at = ? WHERE id = ?", (*values, now(), session_id)
    ).rowcount
    if not changed:
        raise StoreError(f"there is no session {session_id!r}")
