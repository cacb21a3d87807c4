"""Which triples a generation has seen, in what role, and in which words.

A triple can be edited after it was learned. The fingerprint of its words and marks is kept with
the exposure, so it is known whether what a generation saw is what the triple says today.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tear_core.store.database import Store, StoreError
from tear_core.triples import Triple

Role = Literal["new", "replayed"]


@dataclass(frozen=True, slots=True)
class Exposure:
    """One triple that a generation has seen.

    Attributes:
        place: of a new one, where it stood in the order in which they were taken.
        words: fingerprint of what it said then; "" is not known.
    """

    triple: str
    generation: int
    role: Role
    place: int | None
    words: str


def fingerprint(triple: Triple) -> str:
    """32 hex digits of everything about a triple that learning it depends on."""
    draft = triple.draft and [triple.draft.response, triple.draft.scene]
    marks = json.dumps([triple.content_hash, triple.landing, triple.order, draft])
    return hashlib.blake2b(marks.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def expose(
    connection: sqlite3.Connection,
    number: int,
    new: Sequence[str],
    replayed: Sequence[str],
    as_learned: Mapping[str, Triple],
) -> None:
    """Write down what a generation has seen, within its transaction.

    Raises:
        StoreError: there is no such triple.
    """
    places = {triple: place for place, triple in enumerate(dict.fromkeys(new))}
    for triple in (*places, *(each for each in dict.fromkeys(replayed) if each not in places)):
        if not connection.execute("SELECT 1 FROM triples WHERE id = ?", (triple,)).fetchone():
            raise StoreError(f"there is no triple {triple!r}")
        words = fingerprint(as_learned[triple]) if triple in as_learned else ""
        connection.execute(
            "INSERT INTO exposures (triple_id, generation, role, place, words)"
            " VALUES (?, ?, ?, ?, ?)",
            (triple, number, "new" if triple in places else "replayed", places.get(triple), words),
        )


def exposures(store: Store, number: int, role: Role | None = None) -> list[Exposure]:
    """What a generation has seen: the new ones in the order in which they were taken, then the
    replayed ones by id."""
    rows = store.connection.execute(
        "SELECT * FROM exposures WHERE generation = :number AND (:role IS NULL OR role = :role)"
        " ORDER BY role, place, triple_id",
        {"number": number, "role": role},
    )
    return [
        Exposure(row["triple_id"], row["generation"], row["role"], row["place"], row["words"])
        for row in rows
    ]
