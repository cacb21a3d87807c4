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
from tear_core.store.filters import Filter, where
from tear_core.store.ids import new_id, now, prefix_range
from tear_core.store.search_terms import fts_query, storable
from tear_core.store.sessions import tell_turns
from tear_core.store.triple_rows import (
    MACHINES,
    NO_NOTES,
    SELECT,
    STATUSES,
    Notes,
    Status,
    StoredTriple,
    insert,
    move,
    stored,
    text_problem,
)
from tear_core.triples import Landing, Triple

__all__ = ["STATUSES", "Notes", "Status", "StoredTriple"]

MOST_RANKED = 5_000
"""With more matches than this a search gives the newest instead of the best: words that are in
every other triple tell none of them apart, and ranking them all would be felt."""


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
    notes: Notes = NO_NOTES,
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
        made = insert(connection, triple, source=source, status=status, notes=notes)
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


def list_triples(  # noqa: PLR0913 - each narrows the list, all named
    store: Store,
    *,
    status: Status | None = None,
    session: str | None = None,
    source: str | None = None,
    theme: str | None = None,
    landing: Landing | None = None,
    generation: int | None = None,
    limit: int | None = None,
    before: str | None = None,
) -> list[StoredTriple]:
    """Triples, newest first.

    Args:
        generation: only those that this generation has seen.
        before: only those older than this id, for the next page.
    """
    wanted: dict[str, Any] = {
        "status = ?": status,
        "session_id = ?": session,
        "source = ?": source,
        "theme = ?": theme,
        "landing = ?": landing,
        "id IN (SELECT triple_id FROM exposures WHERE generation = ?)": generation,
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

    All or none, as one change that can be undone, unless `who` is a machine. A retraction is
    also told to the turns they were authored in.

    Raises:
        StoreError: an id is unknown; nothing has changed then.
    """
    changed = 0
    change = None if who in MACHINES else new_id()
    with store.write() as connection:
        for triple_id in ids:
            changed += move(connection, triple_id, status, why, who, change)
            if status == "retracted":
                tell_turns(store, triple_id, "retract", {})
    return changed


def history(store: Store, triple_id: str) -> list[dict[str, Any]]:
    """What happened to a triple, oldest first: from_status, to_status, why, who, at, and of an
    edit the columns it changed, `before` and `after`."""
    rows = store.connection.execute(
        "SELECT from_status, to_status, why, who, at, before, after FROM triple_history"
        " WHERE triple_id = ? ORDER BY seq",
        (triple_id,),
    )
    return [
        {**row, **{name: json.loads(row[name]) for name in ("before", "after") if row[name]}}
        for row in map(dict, rows)
    ]


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
    rows = store.connection.execute("SELECT status, sum(n) AS n FROM triple_kinds GROUP BY status")
    found = {row["status"]: row["n"] for row in rows}
    return {status: found.get(status, 0) for status in STATUSES}


def search(
    store: Store, text: str, limit: int | None = 50, *, status: Status | None = None
) -> list[StoredTriple]:
    """Triples with all these words in their texts, best match first. Takes anything typed.

    `"a phrase"` in quotes is matched as a phrase; the last word may be incomplete, unless it is
    in more than `MOST_RANKED` triples as it stands. So many matches come newest first; signs that
    are no words are looked for in the newest `filters.MOST_LOOKED_AT` triples.
    """
    query, of = fts_query(text), () if status is None else (status,)
    only = "" if status is None else "AND {} IN (SELECT seq FROM triples WHERE status = ?)"
    if query:
        # All words that begin so are gathered before the first match is known: with a common
        # word, and a million triples, that is felt.
        whole = fts_query(text, whole=True)
        many = _is_common(store, whole)
        query = whole if many else query
        many = many or _is_common(store, query)
        found = store.connection.execute(
            f"SELECT rowid AS seq FROM triples_fts WHERE triples_fts MATCH ? {only.format('rowid')}"
            f" ORDER BY {'' if many else 'rank,'} rowid DESC LIMIT ?",
            (query, *of, _limit(limit)),
        )
    else:  # only signs
        looked_for, values = where(Filter(storable(text)))
        found = store.connection.execute(
            f"SELECT seq FROM triples WHERE {looked_for} {only.format('seq')}"
            " ORDER BY seq DESC LIMIT ?",
            (*values, *of, _limit(limit)),
        )
    return in_order(store, [row["seq"] for row in found])


def _is_common(store: Store, query: str) -> bool:
    """Whether more than `MOST_RANKED` triples match."""
    asked = "SELECT 1 FROM triples_fts WHERE triples_fts MATCH ? LIMIT 1 OFFSET ?"
    return store.connection.execute(asked, (query, MOST_RANKED)).fetchone() is not None


def in_order(store: Store, seqs: Sequence[int]) -> list[StoredTriple]:
    """The triples with these numbers, in the order asked for; those that are gone are left out."""
    rows = store.connection.execute(
        f"{SELECT} WHERE seq IN (SELECT value FROM json_each(?))", (json.dumps(list(seqs)),)
    )
    found = {row["seq"]: stored(row) for row in rows}
    return [found[each] for each in seqs if each in found]


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


def by_hashes(store: Store, hashes: Sequence[str]) -> list[StoredTriple]:
    """The triples with these content hashes, in the order asked for; unknown ones are left out."""
    rows = store.connection.execute(
        f"{SELECT} WHERE content_hash IN (SELECT value FROM json_each(?))",
        (json.dumps(list(hashes)),),
    )
    found = {row["content_hash"]: stored(row) for row in rows}
    return [found[each] for each in dict.fromkeys(hashes) if each in found]


def _by_hash(store: Store, content_hash: str) -> StoredTriple:
    row = store.connection.execute(f"{SELECT} WHERE content_hash = ?", (content_hash,)).fetchone()
    return stored(row)


def _limit(limit: int | None) -> int:
    return -1 if limit is None else limit  # SQLite's word for "all"
