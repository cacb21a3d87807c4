"""What a person decides about triples. Each decision is one change, kept, and can be undone.

An undo is a change itself: it stands in the history beside what it undid, and undoing it
brings that back. What a machine wrote (an import, the learner) belongs to no change.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tear_core.store.database import Store, StoreError
from tear_core.store.ids import new_id, now
from tear_core.store.sessions import tell_turns
from tear_core.store.triple_rows import Status, StoredTriple, move, record_status
from tear_core.store.triples import get
from tear_core.store.witnessing import retell


@dataclass(frozen=True, slots=True)
class Change:
    """What one command did: to which triples, and which of them it left as they were."""

    id: str
    why: str
    triples: tuple[StoredTriple, ...]
    unchanged: tuple[str, ...] = ()


def accept(
    store: Store, ids: Sequence[str], why: str, who: str = "researcher", *, again: bool = False
) -> Change:
    """Let triples be learned. With `again` also those that are learned already.

    Raises:
        StoreError: an id is unknown. Nothing has changed then.
    """

    def wanted(found: StoredTriple) -> bool:
        return found.status not in (("pending",) if again else ("pending", "learned"))

    return _decide(store, ids, "pending", why, who, wanted)


def reject(store: Store, ids: Sequence[str], why: str, who: str = "researcher") -> Change:
    """Set triples aside that no generation has seen.

    Raises:
        StoreError: an id is unknown, or one has been learned. Nothing has changed then.
    """

    def wanted(found: StoredTriple) -> bool:
        if found.generations:
            raise StoreError(
                f"triple {found.id} has been learned: generation {found.generations[-1]} knows it",
                f"`tear-tui triples retract {found.id}` says what can be done.",
            )
        return found.status != "rejected"

    return _decide(store, ids, "rejected", why, who, wanted)


def retract(store: Store, ids: Sequence[str], why: str, who: str = "researcher") -> Change:
    """Take triples back, learned or not. No learning draws on them from now on.

    Raises:
        StoreError: an id is unknown. Nothing has changed then.
    """
    return _decide(store, ids, "retracted", why, who, lambda found: found.status != "retracted")


def _decide(
    store: Store, ids: Sequence[str], status: Status, why: str, who: str, wanted: Any
) -> Change:
    if not why.strip():
        raise StoreError("a reason is needed: why?")
    change = new_id()
    with store.write() as connection:
        found = list({each.id: each for each in (get(store, given) for given in ids)}.values())
        changing = [each for each in found if wanted(each)]
        for each in changing:
            move(connection, each.id, status, why, who, change)
            _tell(store, each, status)
        after = tuple(get(store, each.id) for each in changing)
    unchanged = tuple(each.id for each in found if each not in changing)
    return Change(change, why, after, unchanged)


def _tell(store: Store, before: StoredTriple, status: Status) -> None:
    """The turns in which a triple was authored show whether it still holds."""
    if status == "retracted":
        tell_turns(store, before.id, "retract", {})
    elif before.status == "retracted":
        retell(store, before.id, before.id)


def undo(
    store: Store,
    who: str = "researcher",
    triple_id: str | None = None,
    *,
    change: str | None = None,
) -> Change:
    """Undo the last change, the last one that touched a triple, or one by its id.

    It is a change itself.

    Raises:
        StoreError: there is nothing to undo, or it has gone on since: a triple that was
            accepted has been learned. Nothing has changed then.
    """
    with store.write() as connection:
        undone = change or last_change(store, triple_id)
        rows = connection.execute(
            "SELECT * FROM triple_history WHERE change = ? ORDER BY seq", (undone,)
        ).fetchall()
        if not rows:
            raise StoreError("there is nothing to undo", "Imports and learning are not undone.")
        made, why = new_id(), _undone(rows[0]["why"])
        for row in reversed(rows):
            _undo_row(store, row, made, why, who)
        ids = dict.fromkeys(row["triple_id"] for row in rows)
        for row in reversed(rows):
            _retell_undone(store, row)
        return Change(made, why, tuple(get(store, each) for each in ids))


def last_change(store: Store, triple_id: str | None = None) -> str | None:
    """The id of the last change, or of the last one that touched a triple; None: there is none.

    Raises:
        StoreError: there is no such triple.
    """
    only = "" if triple_id is None else "AND triple_id = ?"
    given = () if triple_id is None else (get(store, triple_id).id,)
    row = store.connection.execute(
        f"SELECT change FROM triple_history WHERE change IS NOT NULL {only}"
        " ORDER BY seq DESC LIMIT 1",
        given,
    ).fetchone()
    return row and row["change"]


def _undone(why: str) -> str:
    """Undone once it is undone, undone twice it is done again."""
    if why.startswith("undone: "):
        return "again: " + why.removeprefix("undone: ")
    return "undone: " + why.removeprefix("again: ")


def _undo_row(store: Store, row: sqlite3.Row, change: str, why: str, who: str) -> None:
    """Put one triple back to where it was before one row of its history."""
    before, after = (_columns(row[name]) for name in ("before", "after"))
    now_is = store.connection.execute(
        "SELECT * FROM triples WHERE id = ?", (row["triple_id"],)
    ).fetchone()
    held = [name for name in after if name in now_is.keys() and name not in MEASURED]  # noqa: SIM118
    if now_is["status"] != row["to_status"] or any(now_is[each] != after[each] for each in held):
        hint = "Retract it instead." if now_is["status"] == "learned" else ""
        raise StoreError(
            f"triple {row['triple_id']} has gone on since: it is {now_is['status']} now", hint
        )
    status = row["from_status"] or "rejected"  # what never was cannot come back to not being
    write_columns(store.connection, row["triple_id"], {**before, "status": status})
    record_status(
        store.connection,
        row["triple_id"],
        row["to_status"],
        status,
        why,
        who,
        change=change,
        undoes=row["change"],
        before=after or None,
        after=before or None,
    )


def _retell_undone(store: Store, row: sqlite3.Row) -> None:
    before, after = (_columns(row[name]) for name in ("before", "after"))
    triple_id = row["triple_id"]
    if "replaces" in after:  # an edit made this triple out of a learned one
        retell(store, triple_id, after["replaces"])
    elif "replaces" in before:
        retell(store, before["replaces"], triple_id)
    elif row["from_status"] == "retracted":
        tell_turns(store, triple_id, "retract", {})
    elif row["to_status"] == "retracted" or "consequence" in after or "landing" in after:
        retell(store, triple_id, triple_id)


MEASURED = ("surprise", "surprise_tokens", "surprise_generation")
"""Of these words: new words have none yet, and the old ones get theirs back."""


def write_columns(
    connection: sqlite3.Connection, triple_id: str, values: Mapping[str, Any]
) -> None:
    """Set columns of a triple; names that are no columns are passed over.

    Raises:
        StoreError: another triple has these words.
    """
    real = {name: value for name, value in values.items() if name != "replaces"}
    real["updated_at"] = now()
    try:
        connection.execute(
            f"UPDATE triples SET {', '.join(f'{name} = ?' for name in real)} WHERE id = ?",
            (*real.values(), triple_id),
        )
    except sqlite3.IntegrityError:
        same = connection.execute(
            "SELECT id FROM triples WHERE content_hash = ?", (real.get("content_hash"),)
        ).fetchone()
        if same is None:
            raise
        raise StoreError(f"these words are there already, as triple {same['id']}") from None


def _columns(text: str | None) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(text)) if text else {}
