"""Text that somebody is still writing, kept so that a crash costs nothing.

Two copies of the app may write in the same box. Each has a text of its own there, and takes over
only what nobody writes any more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tear_core.store.database import Store, StoreError
from tear_core.store.ids import now

OF = "|"
"""Stands between a slot and the copy of the app whose text it is. One without it is nobody's."""


class SessionGone(StoreError):
    """The session that a text belongs to has been deleted."""


def save(store: Store, slot: str, text: str, session: str | None = None, copy: str = "") -> None:
    """Keep what a copy has in a slot, e.g. "prompt" or "consequence:3"; blank text clears it.

    With `session`, the draft goes when that session is deleted.

    Raises:
        SessionGone: there is no such session.
    """
    if not text:
        clear(store, slot, copy)
        return
    try:
        with store.write() as connection:
            connection.execute(
                "INSERT INTO text_drafts (slot, session_id, text, updated_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (slot) DO UPDATE SET session_id = excluded.session_id,"
                " text = excluded.text, updated_at = excluded.updated_at",
                (_key(slot, copy), session, text.encode("utf-8", "replace").decode(), now()),
            )
    except sqlite3.IntegrityError:
        raise SessionGone(f"there is no session {session!r}") from None


def load(
    store: Store, slot: str, owners: Sequence[str] | None = None, between: str | None = "\n\n"
) -> str | None:
    """The text of a slot, or None: what everybody has in it, or these owners.

    Several texts follow each other with `between` in between; with None the newest counts.
    """
    rows = _rows(store, slot, owners)
    texts = list(dict.fromkeys(row["text"] for row in rows))
    if not texts:
        return None
    return texts[-1] if between is None else between.join(texts)


def owners(store: Store, slot: str) -> list[str]:
    """The copies that have a text in a slot, the newest last; "" is nobody."""
    return [_owner(row) for row in _rows(store, slot)]


def take(
    store: Store, slot: str, copy: str, left: Sequence[str], between: str | None = "\n\n"
) -> None:
    """Have what these owners left in a slot belong to a copy, with what it has there itself."""
    with store.write() as connection:
        mine = [copy, *left]
        rows, text = _rows(store, slot, mine), load(store, slot, mine, between)
        if not rows or text is None:
            return
        for row in rows:
            connection.execute("DELETE FROM text_drafts WHERE slot = ?", (row["slot"],))
        save(store, slot, text, rows[-1]["session_id"], copy)


def release(store: Store, copy: str) -> None:
    """Have what a copy leaves behind be nobody's, where nobody's text is there already."""
    with store.write() as connection:
        connection.execute(
            "UPDATE OR IGNORE text_drafts SET slot = substr(slot, 1, length(slot) - :long)"
            " WHERE substr(slot, -:long) = :end",
            {"end": OF + copy, "long": len(OF + copy)},
        )


def clear(store: Store, slot: str, copy: str = "") -> None:
    """Forget what a copy has in a slot, if it has anything."""
    with store.write() as connection:
        connection.execute("DELETE FROM text_drafts WHERE slot = ?", (_key(slot, copy),))


def _key(slot: str, copy: str) -> str:
    return f"{slot}{OF}{copy}" if copy else slot


def _owner(row: sqlite3.Row) -> str:
    return str(row["slot"]).rpartition(OF)[2] if OF in row["slot"] else ""


def _rows(store: Store, slot: str, owners: Sequence[str] | None = None) -> list[sqlite3.Row]:
    """Who has what in a slot, oldest first."""
    rows = store.connection.execute(
        "SELECT slot, session_id, text FROM text_drafts"
        " WHERE slot = :slot OR (slot > :first AND slot < :end) ORDER BY updated_at, slot",
        {"slot": slot, "first": slot + OF, "end": slot + chr(ord(OF) + 1)},
    ).fetchall()
    return [row for row in rows if owners is None or _owner(row) in owners]
