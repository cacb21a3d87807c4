"""What a triple has been: its whole past, and what a model suggested before a person wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tear_core.store import triples
from tear_core.store.database import Store
from tear_core.store.triple_rows import StoredTriple

GENERATED = "generated"
"""The source of triples that a larger model wrote."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The consequence as a model had it: `foreseen` by a generation (0: the base), or `written`
    by a larger model before a person edited it."""

    text: str
    foreseen: int | None = None
    written: str = ""


def past(store: Store, triple_id: str) -> list[dict[str, Any]]:
    """Everything that happened to a triple (its full id) and to those it replaces, newest first.

    Rows as of `triples.history`: every version of the words is in `before` and `after`.
    """
    rows = triples.history(store, triple_id)
    replaces = _replaces(rows)
    return [*reversed(rows), *(past(store, replaces) if replaces else [])]


def suggestion(store: Store, stored: StoredTriple) -> Suggestion | None:
    """What a model thought the consequence would be, or wrote; None: no model said anything."""
    if stored.predicted is not None:
        return Suggestion(stored.predicted, foreseen=stored.predicted_by or 0)
    if stored.source == GENERATED:
        return Suggestion(_first_consequence(store, stored.id), written=stored.notes.consent)
    return None


def _first_consequence(store: Store, triple_id: str) -> str:
    rows = triples.history(store, triple_id)
    if replaces := _replaces(rows):
        return _first_consequence(store, replaces)
    for row in rows:
        if row["before"] and "consequence" in row["before"]:
            return str(row["before"]["consequence"])
    return triples.get(store, triple_id).triple.consequence


def _replaces(rows: list[dict[str, Any]]) -> str | None:
    """The triple whose words were edited into this one, if it began so."""
    after = rows[0]["after"] if rows else None
    return after.get("replaces") if after else None
