"""The learning curve: how surprising each scene was when it came, before it was learned."""

from __future__ import annotations

from dataclasses import dataclass

from tear_core.store.database import Store


@dataclass(frozen=True, slots=True)
class Measured:
    """A triple's surprise in nats per token, and which generation was surprised (0: the base)."""

    triple: str
    nats: float
    generation: int


def curve(store: Store, limit: int) -> list[Measured]:
    """The latest measured triples, oldest first."""
    rows = store.connection.execute(
        "SELECT id, surprise, surprise_generation FROM triples WHERE surprise IS NOT NULL"
        " ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    return [Measured(row["id"], row["surprise"], row["surprise_generation"] or 0) for row in rows][
        ::-1
    ]
