"""Which generations carry what a triple taught them, and which do not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tear_core.store.database import Store
from tear_core.store.exposures import exposures
from tear_core.store.generations import BASE, Generation, ancestors, get, live


@dataclass(frozen=True, slots=True)
class Carried:
    """The generations of one base that carry a triple, or one of several.

    Attributes:
        seen: those that were shown it.
        grown: those that grew from one of them or were made of one, without being shown it.
        live: the one that answers; `clean` the nearest before it that carries nothing (0: the
            base), or the live one itself.
    """

    base: str
    seen: tuple[int, ...]
    grown: tuple[int, ...]
    live: int
    clean: int


def carried(store: Store, triple_id: str) -> list[Carried]:
    """Where a triple (its full id) still has an effect, base by base; empty if nowhere."""
    return _carried(store, "SELECT ? AS id", triple_id)


def carried_any(store: Store, seqs: Sequence[int]) -> list[Carried]:
    """The same of many triples, by their numbers: where any of them has an effect."""
    ids = "SELECT id FROM triples WHERE seq IN (SELECT value FROM json_each(?))"
    return _carried(store, ids, json.dumps(list(seqs)))


def _carried(store: Store, ids: str, given: str) -> list[Carried]:
    rows = store.connection.execute(
        f"WITH RECURSIVE these(id) AS ({ids}), seen(number) AS ("
        "   SELECT DISTINCT generation FROM exposures WHERE triple_id IN (SELECT id FROM these)),"
        " line(number) AS (SELECT number FROM seen"
        "   UNION SELECT generations.number FROM generations JOIN line ON parent = line.number"
        "     OR kind != 'rebuilt' AND line.number IN (SELECT value FROM json_each(sources)))"
        " SELECT base, number, number IN (SELECT number FROM seen) AS seen"
        " FROM generations JOIN line USING (number) ORDER BY number",
        (given,),
    ).fetchall()
    found = []
    for base in dict.fromkeys(row["base"] for row in rows):
        here = [row for row in rows if row["base"] == base]
        numbers = {row["number"] for row in here}
        answers = live(store, base)
        line = [answers, *(each.number for each in ancestors(store, answers))] if answers else []
        found.append(
            Carried(
                base=base,
                seen=tuple(row["number"] for row in here if row["seen"]),
                grown=tuple(row["number"] for row in here if not row["seen"]),
                live=answers,
                clean=next((number for number in line if number not in numbers), BASE),
            )
        )
    return found


def made_of(store: Store, number: int) -> list[Generation]:
    """A generation and all that it came from: its ancestors, and what was merged or taken away on
    the way; oldest first.

    Raises:
        StoreError: there is no such generation.
    """
    found: dict[int, Generation] = {}
    waiting = [number]
    while waiting:
        row = get(store, waiting.pop())
        if row is None or row.number in found:
            continue
        found[row.number] = row
        waiting += [row.parent] if row.parent else []
        waiting += row.sources if row.kind in ("merged", "negated") else []
    return [found[each] for each in sorted(found)]


def seen_by(store: Store, number: int) -> dict[str, list[int]]:
    """Every triple that shaped a generation, and which of those it is made of were shown it."""
    found: dict[str, list[int]] = {}
    for row in made_of(store, number):
        for each in exposures(store, row.number):
            found.setdefault(each.triple, []).append(row.number)
    return found
