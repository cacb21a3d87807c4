"""Blind comparisons: which of two generations somebody preferred, not knowing which was which."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tear_core.store.database import Store, StoreError
from tear_core.store.ids import new_id, now

Choice = Literal["one", "other", "tie"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One choice.

    Attributes:
        one, other: the two generations (0: the base), the lower number first.
        shown_first: the one that stood on the left.
        shown: what each said: {"one": {"draft", "scene"}, "other": ..., "seed": ...}.
        choice: which was preferred; "tie": neither.
    """

    base: str
    one: int
    other: int
    shown_first: int
    input: str
    shown: Mapping[str, Any]
    choice: Choice
    id: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each of two generations was preferred. Ties stand apart."""

    one: int
    other: int
    one_preferred: int = 0
    other_preferred: int = 0
    ties: int = 0

    @property
    def decided(self) -> int:
        return self.one_preferred + self.other_preferred


def record(store: Store, comparison: Comparison) -> Comparison:
    """Keep a choice. Its two generations are put in order first, whichever was called the one.

    Raises:
        StoreError: a generation was compared with itself, or shown is neither of the two.
    """
    if comparison.one == comparison.other:
        raise StoreError("a generation cannot be compared with itself")
    if comparison.shown_first not in (comparison.one, comparison.other):
        raise StoreError(f"generation {comparison.shown_first} is none of the two")
    kept = comparison if comparison.one < comparison.other else _turned(comparison)
    made, at = new_id(), now()
    with store.write() as connection:
        connection.execute(
            "INSERT INTO comparisons (id, base, one, other, shown_first, input, shown, choice, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                made,
                kept.base,
                kept.one,
                kept.other,
                kept.shown_first,
                kept.input,
                json.dumps(dict(kept.shown)),
                kept.choice,
                at,
            ),
        )
    return _row(store, made)


def tally(store: Store, base: str, one: int, other: int) -> Tally:
    """All choices between two generations of a base; `one` and `other` as they are given."""
    low, high = sorted((one, other))
    rows = store.connection.execute(
        "SELECT choice, count(*) AS n FROM comparisons WHERE base = ? AND one = ? AND other = ?"
        " GROUP BY choice",
        (base, low, high),
    )
    counted = {row["choice"]: row["n"] for row in rows}
    first, second = counted.get("one", 0), counted.get("other", 0)
    if one != low:
        first, second = second, first
    return Tally(one, other, first, second, counted.get("tie", 0))


def choices(store: Store, base: str, limit: int = 50) -> list[Comparison]:
    """The latest choices, newest first."""
    rows = store.connection.execute(
        "SELECT * FROM comparisons WHERE base = ? ORDER BY id DESC LIMIT ?", (base, limit)
    )
    return [_comparison(row) for row in rows]


def _turned(given: Comparison) -> Comparison:
    """The same with its two sides called the other way round."""
    choice: dict[Choice, Choice] = {"one": "other", "other": "one", "tie": "tie"}
    names = {"one": "other", "other": "one"}
    return Comparison(
        base=given.base,
        one=given.other,
        other=given.one,
        shown_first=given.shown_first,
        input=given.input,
        shown={names.get(name, name): said for name, said in given.shown.items()},
        choice=choice[given.choice],
    )


def _row(store: Store, made: str) -> Comparison:
    return _comparison(
        store.connection.execute("SELECT * FROM comparisons WHERE id = ?", (made,)).fetchone()
    )


def _comparison(row: Any) -> Comparison:
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118
    values["shown"] = json.loads(values["shown"])
    return Comparison(**values)
