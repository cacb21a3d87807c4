"""A store with a hundred thousand triples, written in one go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ulid import ULID

from tear_core.store import Store
from tear_core.triples import LANDINGS

STATUSES = ("unreviewed", "unreviewed", "unreviewed", "pending", "rejected")
SOURCES = ("generated", "letters.jsonl", "session")
BEGAN = int(ULID.from_str("01JA0000000000000000000000"))
AT = "2026-03-01T09:30:00.000000+00:00"


def fill(store: Store, count: int) -> None:
    """Triples that differ in status, landing, source, theme and surprise, by their number.

    The number stands in the texts: "input 7", "response 7", "kettle 7 whistled". They are indexed
    for the search all at once, which is three times as fast as one by one.
    """
    with store.write() as connection:
        (trigger,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'triples_fts_insert'"
        ).fetchone()
        connection.execute("DROP TRIGGER triples_fts_insert")
        connection.executemany(
            "INSERT INTO triples (id, input, response, consequence, landing, witness_order,"
            " content_hash, status, source, theme, surprise, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, 'after', ?, ?, ?, ?, ?, ?, ?)",
            _rows(count),
        )
        connection.execute("INSERT INTO triples_fts(triples_fts) VALUES ('rebuild')")
        connection.execute(trigger)


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        yield (
            str(ULID.from_int(BEGAN + number)),
            f"input {number}",
            f"response {number}",
            f"kettle {number} whistled",
            LANDINGS[number % 3],
            f"{number:032x}",
            STATUSES[number % 5],
            SOURCES[number % 3],
            "work" if number % 2 else "",
            None if number % 4 == 3 else (number * 7919 % 1000) / 100,
            AT,
            AT,
        )
