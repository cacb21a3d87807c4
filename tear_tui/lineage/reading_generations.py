"""Reads what the generations place shows. Takes a store of its own: it runs beside the screen."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tear_core.store import comparisons, fitting, generations, open_store, triples
from tear_core.store.comparisons import Tally
from tear_core.store.generations import Generation
from tear_tui.lineage.families import Family, Lessons, family_of
from tear_tui.monitoring.reading_learning import first_words

MOST_TAUGHT = 100
"""Triples of a generation that are shown; the rest are counted."""


def read(home: Path, base: str, fingerprint: str = "") -> list[Family]:
    """All generations, those of this base first; `fingerprint` is that of its weights.

    Raises:
        StoreError: the database cannot be read.
    """
    with open_store(home) as store, store.read():
        rows: dict[str, list[Generation]] = defaultdict(list)
        for row in generations.list_generations(store):
            rows[row.base].append(row)
        names = [base, *sorted(name for name in rows if name != base)]
        return [
            family_of(
                name,
                generations.live(store, name),
                rows[name],
                generations.live_history(store, name),
                fingerprint if name == base else "",
                fitting.stands_for(store, name),
            )
            for name in names
        ]


def taught(home: Path, number: int) -> Lessons:
    """What a generation was taught that was new to its lineage."""
    with open_store(home) as store:
        ids = generations.exposed(store, number, "new")
        found = triples.get_many(store, ids[:MOST_TAUGHT])
        rows = tuple((each.triple.landing, first_words(each)) for each in found)
        return Lessons(rows, len(ids))


def tally(home: Path, base: str, one: int, other: int) -> Tally:
    """The blind choices between two generations so far."""
    with open_store(home) as store:
        return comparisons.tally(store, base, one, other)
