"""Text that somebody is still writing, kept so that a crash costs nothing."""

from __future__ import annotations

import sqlite3

from tear_core.store.database import Store, StoreError
from tear_core.store.ids import now


class SessionGone(StoreError):
    """The session that a text belongs to has been deleted."""


def save(store: Store, slot: str, text: str, session: str | None = None) -> None:
    """Keep the text of a slot, e.g. "prompt" or "consequence:3"; blank text clears it.

    With `session`, the draft goes when that session is deleted.

    Raises:
        SessionGone: there is no such session.
    """
    if not text:
        clear(store, slot)
        return
    try:
        with store.write() as connection:
            connection.execute(
                "INSERT INTO text_drafts (slot, session_id, text, updated_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (slot) DO UPDATE SET session_id = excluded.session_id,"
                " text = excluded.text, updated_at = excluded.updated_at",
                (slot, session, text.encode("utf-8", "replace").decode("utf-8"), now()),
            )
    except sqlite3.IntegrityError:
        raise SessionGone(f"there is no session {session!r}") from None


def load(store: Store, slot: str) -> str | None:
    """The text of a slot, or None."""
    row = store.connection.execute(
        "SELECT text FROM text_drafts WHERE slot = ?", (slot,)
    ).fetchone()
    return row["text"] if row else None


def clear(store: Store, slot: str) -> None:
    """Forget the text of a slot, if there is any."""
    with store.write() as connection:
        connection.execute("DELETE FROM text_drafts WHERE slot = ?", (slot,))
