"""Undoing changes, however many triples they touched, and finding the one to undo next.

An undo is a change itself and can be undone: done, undone, done again. `next_undo` and
`next_redo` walk back over that line the way the keys of an editor do.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from tear_core.store.database import Store, StoreError
from tear_core.store.deciding import AUTHORED
from tear_core.store.ids import new_id, now
from tear_core.store.sessions import tell_turns
from tear_core.store.triple_rows import MEASURED, record_status, write_columns
from tear_core.store.witnessing import retell

_OF_CHANGE = (
    "FROM triple_history AS past JOIN triples ON triples.id = past.triple_id WHERE past.change = ?"
)
_HOLDS = "triples.status = past.to_status"


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: `triples` were put back, `left` have gone on since and stay.

    `first` is the number of one that was put back.
    """

    change: str
    why: str
    triples: int
    left: int
    first: int


@dataclass(frozen=True, slots=True)
class Step:
    """A change that can be undone: what it was, and how many of its triples it still holds for.

    An edit holds for all that it touched or, as far as undoing goes, for none.
    """

    change: str
    why: str
    who: str
    at: str
    triples: int
    holds: int


def undo_change(store: Store, change: str, who: str, *, part: bool = False) -> Undone:
    """Put every triple of a change back to where it was before.

    Args:
        part: leave those that have gone on since, instead of refusing.

    Raises:
        StoreError: there is no such change, or it has gone on since: a triple that was
            accepted has been learned. Nothing has changed then.
    """
    with store.write() as connection:
        row = connection.execute(
            "SELECT why, max(before IS NOT NULL OR after IS NOT NULL) AS edited"
            " FROM triple_history WHERE change = ?",
            (change,),
        ).fetchone()
        if row["why"] is None:
            raise StoreError("there is nothing to undo", "Imports and learning are not undone.")
        made, why = new_id(), _undone(row["why"])
        first = connection.execute(
            f"SELECT triples.seq {_OF_CHANGE} ORDER BY NOT ({_HOLDS}), past.seq LIMIT 1", (change,)
        ).fetchone()["seq"]
        if row["edited"]:
            return Undone(made, why, _undo_edit(store, change, made, why, who), 0, first)
        gone_on = connection.execute(
            f"SELECT count(*) AS n, min(triples.id) AS id {_OF_CHANGE} AND NOT ({_HOLDS})",
            (change,),
        ).fetchone()
        back = _undo_statuses(store, change, made, why, who)
        if gone_on["n"] and not (part and back):
            raise _gone_on(store, gone_on["id"])
        return Undone(made, why, back, gone_on["n"], first)


def next_undo(store: Store, passed: Collection[str] = ()) -> Step | None:
    """The last change that is not undone; those in `passed` are gone over."""
    for row, depth in _in_force(store):
        if depth % 2 == 0 and row["change"] not in passed:
            return _step(store, row)
    return None


def next_redo(store: Store) -> Step | None:
    """The last undo, unless something was decided after it."""
    for row, depth in _in_force(store):
        if depth % 2:
            return _step(store, row)
        if not depth:
            return None
    return None


def _in_force(store: Store) -> Iterator[tuple[sqlite3.Row, int]]:
    """Changes that nothing in force has undone, the newest first, and how deep each is: 0 is a
    decision, 1 the undo of one, 2 the undo of that."""
    ends = store.connection.execute(
        "SELECT max(seq) AS seq FROM triple_history WHERE change IS NOT NULL"
        " GROUP BY change ORDER BY seq DESC"
    ).fetchall()
    undone: set[str] = set()
    for end in ends:
        row = _row(store, "seq", end["seq"])
        if row["change"] in undone:
            continue
        depth, deeper = 0, row
        while deeper["undoes"]:
            depth, deeper = depth + 1, _row(store, "change", deeper["undoes"])
        undone |= {row["undoes"]} if row["undoes"] else set()
        yield row, depth


def _row(store: Store, column: str, value: Any) -> sqlite3.Row:
    found = store.connection.execute(
        f"SELECT change, undoes, why, who, at FROM triple_history WHERE {column} = ? LIMIT 1",
        (value,),
    ).fetchone()
    return cast(sqlite3.Row, found)


def _step(store: Store, row: sqlite3.Row) -> Step:
    counted = store.connection.execute(
        f"SELECT count(*) AS n, sum({_HOLDS}) AS holds,"
        f" max(past.before IS NOT NULL OR past.after IS NOT NULL) AS edited {_OF_CHANGE}",
        (row["change"],),
    ).fetchone()
    holds = counted["holds"] or 0
    if counted["edited"] and holds < counted["n"]:
        holds = 0
    return Step(row["change"], row["why"], row["who"], row["at"], counted["n"], holds)


def _undone(why: str) -> str:
    """Undone once it is undone, undone twice it is done again."""
    if why.startswith("undone: "):
        return "again: " + why.removeprefix("undone: ")
    return "undone: " + why.removeprefix("again: ")


def _undo_statuses(store: Store, change: str, made: str, why: str, who: str) -> int:
    """Put back what only changed its status and still has it; returns how many."""
    connection, at = store.connection, now()
    told = connection.execute(
        f"SELECT triples.id, past.from_status {_OF_CHANGE} AND {_HOLDS} AND {AUTHORED}"
        " AND 'retracted' IN (past.from_status, past.to_status) ORDER BY past.seq DESC",
        (change,),
    ).fetchall()
    connection.execute(
        "INSERT INTO triple_history (triple_id, from_status, to_status, why, who, at, change,"
        f" undoes) SELECT past.triple_id, past.to_status, {_BEFORE}, ?, ?, ?, ?, past.change"
        f" {_OF_CHANGE} AND {_HOLDS} ORDER BY past.seq DESC",
        (why, who, at, made, change),
    )
    back = connection.execute(
        f"UPDATE triples SET status = {_BEFORE}, updated_at = ? FROM triple_history AS past"
        f" WHERE past.change = ? AND past.triple_id = triples.id AND {_HOLDS}",
        (at, change),
    ).rowcount
    for row in told:
        if row["from_status"] == "retracted":
            tell_turns(store, row["id"], "retract", {})
        else:
            retell(store, row["id"], row["id"])
    return back


_BEFORE = "coalesce(past.from_status, 'rejected')"  # what never was cannot come back to not being


def _undo_edit(store: Store, change: str, made: str, why: str, who: str) -> int:
    rows = store.connection.execute(
        "SELECT * FROM triple_history WHERE change = ? ORDER BY seq DESC", (change,)
    ).fetchall()
    for row in rows:
        _undo_row(store, row, made, why, who)
    for row in rows:
        _retell_undone(store, row)
    return len(rows)


def _undo_row(store: Store, row: sqlite3.Row, change: str, why: str, who: str) -> None:
    """Put one triple back to where it was before one row of its history."""
    before, after = (_columns(row[name]) for name in ("before", "after"))
    now_is = store.connection.execute(
        "SELECT * FROM triples WHERE id = ?", (row["triple_id"],)
    ).fetchone()
    held = [name for name in after if name in now_is.keys() and name not in MEASURED]  # noqa: SIM118
    if now_is["status"] != row["to_status"] or any(now_is[each] != after[each] for each in held):
        raise _gone_on(store, row["triple_id"])
    status = row["from_status"] or "rejected"
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


def _gone_on(store: Store, triple_id: str) -> StoreError:
    status = store.connection.execute(
        "SELECT status FROM triples WHERE id = ?", (triple_id,)
    ).fetchone()["status"]
    hint = "Retract it instead." if status == "learned" else ""
    return StoreError(f"triple {triple_id} has gone on since: it is {status} now", hint)


def _columns(text: str | None) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(text)) if text else {}
