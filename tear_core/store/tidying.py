"""Which generations may go: nobody uses their files, and every one of them can be rebuilt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tear_core.store.database import Store
from tear_core.store.folders import size_of
from tear_core.store.generations import (
    Generation,
    ancestors,
    folder_of,
    list_generations,
    live,
    live_history,
)

NEWEST = 10
"""Generations of each base that stay for being new."""


@dataclass(frozen=True, slots=True)
class Disposable:
    """A generation whose files may go, and how many bytes that frees."""

    generation: Generation
    bytes: int


def disposable(store: Store, newest: int = NEWEST) -> list[Disposable]:
    """What nothing stands on, oldest first.

    It stays if it answers, answered last, is the parent of what answers, is pinned or labelled, or
    is one of the newest of its base.
    """
    found = []
    rows = [row for row in list_generations(store) if not row.removed_at]
    for base in dict.fromkeys(row.base for row in rows):
        here = [row for row in rows if row.base == base]
        used = _in_use(store, base)
        young = {row.number for row in here[len(here) - newest :]} if newest else set()
        found += [row for row in here if not _stays(row, used, young)]
    return [Disposable(row, size_of(folder_of(store, row))) for row in found]


def _stays(row: Generation, used: Collection[int], young: Collection[int]) -> bool:
    return row.pinned or bool(row.label) or row.number in used or row.number in young


def _in_use(store: Store, base: str) -> set[int]:
    """What answers, its parent, and what answered before."""
    number = live(store, base)
    line = ancestors(store, number)[:1] if number else []
    before = before_live(store, base)
    return {number, *(each.number for each in line), *([] if before is None else [before])}


def before_live(store: Store, base: str) -> int | None:
    """What answered before what answers now and can answer again: 0 is the base, None nothing."""
    rows = {row.number: row for row in list_generations(store, base)}
    now = live(store, base)
    for each in reversed(live_history(store, base)):
        number = int(each["generation"])
        there = number == 0 or (number in rows and not rows[number].removed_at)
        if number != now and there:
            return number
    return 0 if now else None
