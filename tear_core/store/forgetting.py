"""Deleting a session for good: its log, what was half written in it, and if wanted its triples.

Pages that are freed are overwritten (`secure_delete`), the search index is made anew where
triples went, and the write-ahead log is emptied: the words are in the file no more. Backups
hold what they hold.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass

from tear_core.store import changes, sessions
from tear_core.store.database import Store
from tear_core.store.sessions import Session

_SHARED = """EXISTS (SELECT 1 FROM events WHERE kind = 'author' AND session_id != ?1
    AND json_extract(data, '$.triple') = triples.id)"""
_SEEN = """(EXISTS (SELECT 1 FROM exposures WHERE triple_id = triples.id)
    OR triples.id IN (SELECT value FROM json_each(
        (SELECT triples FROM learning_runs WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1))))"""


@dataclass(frozen=True, slots=True)
class Written:
    """The triples (ids) that were written in a session, by what can become of them.

    Attributes:
        removable: nobody else knows them.
        learned: a generation has seen them, or they are being learned: they can be retracted,
            not erased.
        shared: another session (a fork) speaks of them: they stay.
    """

    removable: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.removable) + len(self.learned) + len(self.shared)


@dataclass(frozen=True, slots=True)
class Deleted:
    """What `delete` did: how many triples stayed, were erased, and were retracted."""

    session: Session
    kept: int
    removed: int
    retracted: int


def written_in(store: Store, session_id: str) -> Written:
    """The triples that were written in a session (its whole id)."""
    rows = store.connection.execute(
        f"SELECT id, {_SHARED} AS shared, {_SEEN} AS seen FROM triples"
        " WHERE session_id = ?1 ORDER BY id",
        (session_id,),
    ).fetchall()
    return Written(
        tuple(row["id"] for row in rows if not row["shared"] and not row["seen"]),
        tuple(row["id"] for row in rows if not row["shared"] and row["seen"]),
        tuple(row["id"] for row in rows if row["shared"]),
    )


def delete(
    store: Store, session_id: str, *, with_triples: bool, who: str = "researcher"
) -> Deleted:
    """Delete a session, in one transaction. Sessions that were forked from it stay.

    Args:
        with_triples: also erase the triples that were written in it. Those that a generation
            has seen are retracted instead; those that another session speaks of are kept.

    Raises:
        StoreError: there is no such session. Nothing has changed then.
    """
    with store.write() as connection:
        session = sessions.get(store, session_id)
        written = written_in(store, session.id)
        erased = written.removable if with_triples else ()
        retracted = 0
        if with_triples and written.learned:
            change = changes.retract(store, written.learned, "its session was deleted", who)
            retracted = len(change.triples)
        connection.execute(
            "DELETE FROM triples WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(erased),),
        )
        if erased:  # else their words stay in the index until it is next merged
            connection.execute("INSERT INTO triples_fts(triples_fts) VALUES ('optimize')")
        connection.execute("DELETE FROM sessions WHERE id = ?", (session.id,))
    with suppress(sqlite3.Error):  # somebody reads: the log is emptied another time
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = written.count - len(erased) - (len(written.learned) if with_triples else 0)
    return Deleted(session, kept, len(erased), retracted)
