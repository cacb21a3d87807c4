"""A decision about triples as what it does to their rows, for one or for a hundred thousand.

Triples are named here by number (`seq`), as a `Listing` has them. Whoever decides about a few by
their ids asks `changes`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tear_core.store.database import Store, StoreError
from tear_core.store.ids import new_id, now
from tear_core.store.sessions import tell_turns
from tear_core.store.triple_rows import Status
from tear_core.store.witnessing import retell

Decision = Literal["accept", "reject", "retract"]

LEADS_TO: Mapping[Decision, Status] = {
    "accept": "pending",
    "reject": "rejected",
    "retract": "retracted",
}

SEEN = "EXISTS (SELECT 1 FROM exposures WHERE triple_id = triples.id)"
AUTHORED = (
    "EXISTS (SELECT 1 FROM events WHERE kind = 'author'"
    " AND json_extract(data, '$.triple') = triples.id)"
)
"""Some turn of a session shows this triple, and has to be told what becomes of it."""

_CHANGES: Mapping[Decision, str] = {
    "accept": "status NOT IN ('pending', 'learned')",
    "reject": f"status != 'rejected' AND NOT {SEEN}",
    "retract": "status != 'retracted'",
}
_AGAIN = "status != 'pending'"
_THESE = "FROM json_each(?) AS these JOIN triples ON triples.seq = these.value"


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a decision would do to triples, before it is taken.

    Attributes:
        changes: how many would change.
        stays: how many are there already.
        learned: how many cannot be rejected, since a generation has seen them.
        gone: how many are not in the database any more.
    """

    decision: Decision
    changes: int
    stays: int
    learned: int
    gone: int


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was taken: the change, and the numbers of the triples that it changed."""

    change: str
    seqs: tuple[int, ...]


def prospect(store: Store, decision: Decision, seqs: Sequence[int]) -> Prospect:
    """Count what would become of these triples."""
    row = store.connection.execute(
        f"SELECT count(*) AS found, coalesce(sum({_CHANGES[decision]}), 0) AS changes,"
        f" coalesce(sum(status != 'rejected' AND {SEEN}), 0) AS learned {_THESE}",
        (json.dumps(list(seqs)),),
    ).fetchone()
    learned = row["learned"] if decision == "reject" else 0
    return Prospect(
        decision=decision,
        changes=row["changes"],
        stays=row["found"] - row["changes"] - learned,
        learned=learned,
        gone=len(seqs) - row["found"],
    )


def decide(
    store: Store,
    decision: Decision,
    seqs: Sequence[int],
    why: str,
    who: str = "researcher",
    *,
    again: bool = False,
) -> Decided:
    """Take a decision about all of these that it can change: one change, undone as one.

    Args:
        again: accept also those that are learned already.

    Raises:
        StoreError: there is no reason given. Nothing has changed then.
    """
    if not why.strip():
        raise StoreError("a reason is needed: why?")
    change, status, at = new_id(), LEADS_TO[decision], now()
    can = _AGAIN if again else _CHANGES[decision]
    with store.write() as connection:
        rows = connection.execute(
            f"SELECT seq, triples.id, status, {AUTHORED} AS authored {_THESE} WHERE {can}"
            " ORDER BY these.key",
            (json.dumps(list(dict.fromkeys(seqs))),),
        ).fetchall()
        changing = json.dumps([row["seq"] for row in rows])
        connection.execute(
            "INSERT INTO triple_history (triple_id, from_status, to_status, why, who, at, change)"
            f" SELECT triples.id, status, ?, ?, ?, ?, ? {_THESE} ORDER BY these.key",
            (status, why, who, at, change, changing),
        )
        connection.execute(
            "UPDATE triples SET status = ?, updated_at = ?"
            " WHERE seq IN (SELECT value FROM json_each(?))",
            (status, at, changing),
        )
        for row in rows:
            if row["authored"]:
                _tell(store, row["id"], row["status"], status)
    return Decided(change, tuple(row["seq"] for row in rows))


def _tell(store: Store, triple_id: str, before: Status, after: Status) -> None:
    """The turns in which a triple was authored show whether it still holds."""
    if after == "retracted":
        tell_turns(store, triple_id, "retract", {})
    elif before == "retracted":
        retell(store, triple_id, triple_id)
