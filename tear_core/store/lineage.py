"""Which generations carry what a triple taught them, and which do not."""

from __future__ import annotations

from dataclasses import dataclass

from tear_core.store.database import Store
from tear_core.store.generations import BASE, ancestors, live


@dataclass(frozen=True, slots=True)
class Carried:
    """The generations of one base that carry a triple.

    Attributes:
        seen: those that were shown it.
        grown: those that grew from one of them, without being shown it.
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
    rows = store.connection.execute(
        "WITH RECURSIVE line(number) AS ("
        "  SELECT generation FROM exposures WHERE triple_id = ?"
        "  UNION SELECT generations.number FROM generations JOIN line ON parent = line.number)"
        " SELECT base, number, EXISTS (SELECT 1 FROM exposures"
        "   WHERE triple_id = ? AND generation = number) AS seen"
        " FROM generations JOIN line USING (number) ORDER BY number",
        (triple_id, triple_id),
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
