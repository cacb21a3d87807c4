"""Triples as they are kept: added once, marked, searched, and followed through their statuses.

unreviewed -> pending -> learned -> retracted
          \\_ rejected _/  too_long: the model cannot read one this long
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from tear_core.store.database import Store, StoreError
from tear_core.store.ids import now, prefix_range
from tear_core.store.search_terms import fts_query, storable
from tear_core.store.sessions import tell_turns
from tear_core.store.triple_rows import (
    SELECT,
    STATUSES,
    Status,
    StoredTriple,
    insert,
    move,
    stored,
    text_problem,
)
from tear_core.triples import Triple

__all__ = ["STATUSES", "Status", "StoredTriple"]


def add(  # noqa: PLR0913 - facts about one triple, all named
    store: Store,
    triple: Triple,
    *,
    source: str,
    status: Status,
    session: str | None = None,
    turn: int | None = None,
    predicted: str | None = None,
    predicted_by: int | None = None,
    blind: bool = False,
) -> tuple[StoredTriple, bool]:
    """Keep a triple; the same words are kept once. Returns it and whether it is new.

    One that was there already stays as it is, status and landing included.

    Raises:
        StoreError: a text cannot be kept (see `text_problem`), or no such session.
    """
    problem = text_problem(triple)
    if problem:
        raise StoreError(problem)
    with store.write() as connection:
        made = insert(connection, triple, source=source, status=status)
        if made is None:
            return _by_hash(store, triple.content_hash), False
        try:
            connection.execute(
                "UPDATE triples SET session_id = ?, turn = ?, predicted = ?, predicted_by = ?,"
                " blind = ? WHERE id = ?",
                (session, turn, predicted, predicted_by, int(blind), made),
            )
        except sqlite3.IntegrityError:
            raise StoreError(f"there is no session {session!r}") from None
        return _by_hash(store, triple.content_hash), True


def get(store: Store, triple_id: str) -> StoredTriple:
    """The triple with this id, or the only one whose id begins so.

    Raises:
        StoreError: there is none, or more than one; names the id.
    """
    rows = store.connection.execute(
        f"{SELECT} WHERE id >= ? AND id < ? ORDER BY id LIMIT 2", prefix_range(triple_id)
    ).fetchall()
    if not triple_id.strip() or not rows:
        raise StoreError(f"there is no triple {triple_id!r}", "See `tear-tui triples list`.")
    if len(rows) > 1:
        raise StoreError(f"more than one triple begins with {triple_id!r}", "Give more of it.")
    return stored(rows[0])


def list_triples(
    store: Store,
    *,
    status: Status | None = None,
    session: str | None = None,
    source: str | None = None,
    limit: int | None = None,
    before: str | None = None,
) -> list[StoredTriple]:
    """Triples, newest first. `before`: only those older than this id, for the next page."""
    wanted: dict[str, Any] = {
        "status = ?": status,
        "session_id = ?": session,
        "source = ?": source,
        "id < ?": before,
    }
    given = {test: value for test, value in wanted.items() if value is not None}
    where = f"WHERE {' AND '.join(given)}" if given else ""
    rows = store.connection.execute(
        f"{SELECT} {where} ORDER BY id DESC LIMIT ?", (*given.values(), _limit(limit))
    )
    return [stored(row) for row in rows]


def pending(store: Store, limit: int | None = None) -> list[StoredTriple]:
    """What waits to be learned, oldest first."""
    rows = store.connection.execute(
        f"{SELECT} WHERE status = 'pending' ORDER BY id LIMIT ?", (_limit(limit),)
    )
    return [stored(row) for row in rows]


def set_status(
    store: Store, ids: Sequence[str], status: Status, why: str, who: str = "researcher"
) -> int:
    """Move triples (full ids) to a status; returns how many changed.

    All or none. A retraction is also told to the turns they were authored in.

    Raises:
        StoreError: an id is unknown; nothing has changed then.
    """
    changed = 0
    with store.write() as connection:
        for triple_id in ids:
            changed += move(connection, triple_id, status, why, who)
            if status == "retracted":
                tell_turns(store, triple_id, "retract", {})
    return changed


def history(store: Store, triple_id: str) -> list[dict[str, Any]]:
    """The statuses a triple has had: from_status, to_status, why, who, at; oldest first."""
    rows = store.connection.execute(
        "SELECT from_status, to_status, why, who, at FROM triple_history"
        " WHERE triple_id = ? ORDER BY seq",
        (triple_id,),
    )
    return [dict(row) for row in rows]


def record_surprise(
    store: Store, triple_id: str, nats_per_token: float, tokens: int, generation: int
) -> None:
    """Keep how surprising the authored scene was, and tell the turns it was authored in.

    Args:
        nats_per_token: mean over the scene's `tokens`.
        generation: the one that was live; 0 is the base.

    Raises:
        StoreError: there is no such triple.
    """
    with store.write() as connection:
        found = connection.execute(
            "UPDATE triples SET surprise = ?, surprise_tokens = ?, surprise_generation = ?,"
            " updated_at = ? WHERE id = ?",
            (nats_per_token, tokens, generation, now(), triple_id),
        ).rowcount
        if not found:
            raise StoreError(f"there is no triple {triple_id!r}")
        measured = {"nats_per_token": nats_per_token, "tokens": tokens, "generation": generation}
        tell_turns(store, triple_id, "surprise", measured)


def counts(store: Store) -> dict[Status, int]:
    """How many triples have each status; every status is there."""
    rows = store.connection.execute("SELECT status, count(*) AS n FROM triples GROUP BY status")
    found = {row["status"]: row["n"] for row in rows}
    return {status: found.get(status, 0) for status in STATUSES}


def search(
    store: Store, text: str, limit: int | None = 50, *, status: Status | None = None
) -> list[StoredTriple]:
    """Triples with all these words in their texts, best match first. Takes anything typed.

    `"a phrase"` in quotes is matched as a phrase; the last word may be incomplete.
    """
    query = fts_query(text)
    if query:
        found = "JOIN triples_fts ON triples_fts.rowid = triples.seq WHERE triples_fts MATCH ?"
        order = "triples_fts.rank, id DESC"
    else:  # only punctuation: the index has no words for it, so look at the texts
        found = "WHERE instr(input || char(10) || response || char(10) || consequence, ?)"
        order = "id DESC"
    only = "" if status is None else "AND status = ?"
    rows = store.connection.execute(
        f"{SELECT} {found} {only} ORDER BY {order} LIMIT ?",
        (
            query or storable(text.strip()),
            *([] if status is None else [status]),
            _limit(limit),
        ),
    )
    return [stored(row) for row in rows]


def replayable_ids(store: Store, generation: int | None = None) -> list[str]:
    """Ids of the learned triples, in order. With `generation`: those that it or one of its
    ancestors has seen (for 0, the base, none)."""
    if generation is None:
        rows: Iterable[sqlite3.Row] = store.connection.execute(
            "SELECT id FROM triples WHERE status = 'learned' ORDER BY id"
        )
    else:
        rows = store.connection.execute(
            "WITH RECURSIVE line(number) AS (SELECT ? UNION SELECT parent FROM generations"
            "   JOIN line USING (number) WHERE parent IS NOT NULL)"
            " SELECT id FROM triples WHERE status = 'learned' AND id IN"
            "   (SELECT triple_id FROM exposures WHERE generation IN (SELECT number FROM line))"
            " ORDER BY id",
            (generation,),
        )
    return [row["id"] for row in rows]


def get_many(store: Store, ids: Sequence[str]) -> list[StoredTriple]:
    """The triples with these (full) ids, in the order asked for; unknown ids are left out."""
    rows = store.connection.execute(
        f"{SELECT} WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )
    found = {row["id"]: stored(row) for row in rows}
    return [found[each] for each in ids if each in found]


def _by_hash(store: Store, content_hash: str) -> StoredTriple:
    row = store.connection.execute(f"{SELECT} WHERE content_hash = ?", (content_hash,)).fetchone()
    return stored(row)


def _limit(limit: int | None) -> int:
    return -1 if limit is None else limit  # SQLite's word for "all"
