"""What a person decides about triples. Each decision is one change, kept, and can be undone.

An undo is a change itself: it stands in the history beside what it undid, and undoing it
brings that back. What a machine wrote (an import, the learner) belongs to no change.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tear_core.store.database import Store, StoreError
from tear_core.store.deciding import SEEN, Decision, decide
from tear_core.store.triple_rows import StoredTriple
from tear_core.store.triples import get, get_many, in_order
from tear_core.store.undoing import undo_change


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
    return _decide(store, ids, "accept", why, who, again=again)


def reject(store: Store, ids: Sequence[str], why: str, who: str = "researcher") -> Change:
    """Set triples aside that no generation has seen.

    Raises:
        StoreError: an id is unknown, or one has been learned. Nothing has changed then.
    """
    return _decide(store, ids, "reject", why, who)


def retract(store: Store, ids: Sequence[str], why: str, who: str = "researcher") -> Change:
    """Take triples back, learned or not. No learning draws on them from now on.

    Raises:
        StoreError: an id is unknown. Nothing has changed then.
    """
    return _decide(store, ids, "retract", why, who)


def _decide(
    store: Store,
    ids: Sequence[str],
    decision: Decision,
    why: str,
    who: str,
    *,
    again: bool = False,
) -> Change:
    with store.write():
        found = _numbered(store, ids)
        if decision == "reject":
            _refuse_learned(store, list(found.values()))
        decided = decide(store, decision, list(found.values()), why, who, again=again)
        changed = set(decided.seqs)
        unchanged = tuple(each for each, seq in found.items() if seq not in changed)
        return Change(decided.change, why, tuple(in_order(store, decided.seqs)), unchanged)


def _numbered(store: Store, ids: Sequence[str]) -> dict[str, int]:
    """The whole ids, each once, and the numbers of their rows."""
    rows = store.connection.execute(
        "SELECT id, seq FROM triples WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    known = {row["id"]: row["seq"] for row in rows}
    found: dict[str, int] = {}
    for given in ids:
        whole = given if given in known else get(store, given).id
        found[whole] = known[whole] if whole in known else _number(store, whole)
    return found


def _number(store: Store, triple_id: str) -> int:
    row = store.connection.execute("SELECT seq FROM triples WHERE id = ?", (triple_id,)).fetchone()
    return int(row["seq"])


def _refuse_learned(store: Store, seqs: Sequence[int]) -> None:
    row = store.connection.execute(
        "SELECT id, (SELECT max(generation) FROM exposures WHERE triple_id = triples.id) AS last"
        f" FROM triples WHERE seq IN (SELECT value FROM json_each(?)) AND {SEEN} LIMIT 1",
        (json.dumps(list(seqs)),),
    ).fetchone()
    if row is not None:
        raise StoreError(
            f"triple {row['id']} has been learned: generation {row['last']} knows it",
            f"`tear-tui triples retract {row['id']}` says what can be done.",
        )


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
        undone = undo_change(store, change or last_change(store, triple_id) or "", who)
        rows = connection.execute(
            "SELECT triple_id FROM triple_history WHERE change = ? ORDER BY seq DESC",
            (undone.change,),
        )
        ids = list(dict.fromkeys(row["triple_id"] for row in rows))
        return Change(undone.change, undone.why, tuple(get_many(store, ids)))


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
