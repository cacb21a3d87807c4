"""How many triples there are of each kind is counted as they come; here it is held against them."""

from __future__ import annotations

from dataclasses import dataclass

from tear_core.store.database import Store

_KIND = "source, theme, landing, status"
_COUNTED = f"SELECT {_KIND}, count(*) AS n FROM triples GROUP BY {_KIND}"


@dataclass(frozen=True, slots=True)
class Miscounted:
    """A kind of triples of which the counter says another number than there are."""

    source: str
    theme: str
    landing: str
    status: str
    counted: int
    there: int


def miscounted(store: Store) -> list[Miscounted]:
    """Every counter that is off, in one look: what others write meanwhile makes none so."""
    rows = store.connection.execute(
        f"SELECT {_KIND}, sum(counted) AS counted, sum(there) AS there FROM ("
        f" SELECT {_KIND}, n AS counted, 0 AS there FROM triple_kinds"
        f" UNION ALL SELECT {_KIND}, 0, n FROM ({_COUNTED})"
        f") GROUP BY {_KIND} HAVING sum(counted) <> sum(there) ORDER BY {_KIND}"
    )
    return [Miscounted(**dict(row)) for row in rows]


def count_again(store: Store) -> None:
    """Put what is there in the place of what was counted."""
    with store.write() as connection:
        connection.execute("DELETE FROM triple_kinds")
        connection.execute(f"INSERT INTO triple_kinds ({_KIND}, n) {_COUNTED}")
