"""The triples as a whole: how many of each kind, and every one of them in turn."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tear_core.store.database import Store
from tear_core.store.triple_rows import SELECT, Status, StoredTriple, stored
from tear_core.store.triples import counts
from tear_core.triples import LANDINGS


def kinds(store: Store) -> list[dict[str, Any]]:
    """How many triples there are of each source, theme, landing and status: those, and `n`."""
    rows = store.connection.execute("SELECT * FROM triple_kinds WHERE n > 0")
    return [dict(row) for row in rows]


def stats(store: Store) -> dict[str, Any]:
    """Totals: `triples`, by `status` and `landing`, `sources`, `themes`, mean `surprise` (nats
    per token, before learning), `oldest` and `newest`."""
    landings: dict[str, int] = dict.fromkeys(LANDINGS, 0)
    found = kinds(store)
    for kind in found:
        landings[kind["landing"]] += kind["n"]
    row = store.connection.execute(
        "SELECT (SELECT avg(surprise) FROM triples) AS surprise,"
        " (SELECT min(created_at) FROM triples WHERE id = (SELECT min(id) FROM triples)) AS oldest,"
        " (SELECT max(created_at) FROM triples WHERE id = (SELECT max(id) FROM triples)) AS newest"
    ).fetchone()
    return {
        "triples": sum(kind["n"] for kind in found),
        "status": counts(store),
        "landing": landings,
        "sources": len({kind["source"] for kind in found}),
        "themes": len({kind["theme"] for kind in found} - {""}),
        **row,
    }


def walk(
    store: Store, statuses: Sequence[Status], *, by_input: bool = False
) -> Iterator[StoredTriple]:
    """Every triple of these statuses, one at a time, oldest first.

    With `by_input` those of one context and input follow each other, healed before neutral
    before hurt.
    """
    order = "id"
    if by_input:
        order = "input, context, CASE landing WHEN 'healed' THEN 0 WHEN 'neutral' THEN 1 ELSE 2 END"
        order += ", id"
    rows = store.connection.execute(
        f"{SELECT} WHERE status IN (SELECT value FROM json_each(?)) ORDER BY {order}",
        (json.dumps(list(statuses)),),
    )
    return map(stored, rows)
