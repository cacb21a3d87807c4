"""A long list of triples, read a page at a time: which ones, in what order, and their lines.

The numbers of all matches are read once, in order: 8 bytes each, so a list of a million can be
jumped about in, its length is known, and it stays as it is while somebody reads it and others
write. What a line shows is then read by number, a page at a time, with the texts cut short.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tear_core.store.database import Store
from tear_core.store.filters import Filter, where
from tear_core.store.search_terms import fts_query
from tear_core.store.triple_rows import Status
from tear_core.triples import Landing

Sort = Literal["newest", "oldest", "surprise", "source"]
"""`surprise`: the most surprising first, those that were never measured last."""

SORTS: tuple[Sort, ...] = get_args(Sort)

_BY: Mapping[Sort, str] = {
    "newest": "id DESC",
    "oldest": "id",
    "surprise": "surprise DESC, id DESC",
    "source": "source, id DESC",
}

CUT = 240
"""Characters of a text that a line has."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The numbers of the triples that matched, in order, and how many triples there were."""

    seqs: array[int]
    total: int

    def __len__(self) -> int:
        return len(self.seqs)


@dataclass(frozen=True, slots=True)
class Line:
    """A triple as a list shows it; its texts are cut after `CUT` characters.

    Attributes:
        seen: how many generations have seen it.
    """

    seq: int
    id: str
    status: Status
    landing: Landing
    surprise: float | None
    source: str
    theme: str
    seen: int
    created_at: str
    input: str
    response: str
    consequence: str


NO_TRIPLES = Listing(array("q"), 0)


def listing(store: Store, wanted: Filter, sort: Sort = "newest") -> Listing:
    """What matches now. Reads no text; with a hundred thousand triples a few hundredths of a
    second."""
    matches, values = _matches(wanted, sort)
    # One value for all of them: row by row would hold up every other thread of Python.
    row = store.connection.execute(
        "SELECT json_group_array(seq) AS seqs, (SELECT count(*) FROM triples) AS total"
        f" FROM ({matches})",
        values,
    ).fetchone()
    return Listing(array("q", json.loads(row["seqs"])), row["total"])


def _matches(wanted: Filter, sort: Sort) -> tuple[str, tuple[str | float, ...]]:
    """The query for the numbers of what matches, in order, and its values.

    Words alone, by age: the index has the numbers in that order, and no row has to be looked up.
    """
    query = fts_query(wanted.words)
    if query and not wanted.tests and sort in ("newest", "oldest"):
        order = "rowid DESC" if sort == "newest" else "rowid"
        found = "SELECT rowid AS seq FROM triples_fts WHERE triples_fts MATCH ?"
        return f"{found} ORDER BY {order}", (query,)
    tests, values = where(wanted)
    return f"SELECT seq FROM triples WHERE {tests} ORDER BY {_BY[sort]}", values


def lines(store: Store, seqs: Sequence[int]) -> list[Line | None]:
    """The lines of these triples, in the order asked for; None: it is gone."""
    cut = ", ".join(f"substr({name}, 1, {CUT}) AS {name}" for name in _TEXTS)
    rows = store.connection.execute(
        "SELECT seq, id, status, landing, surprise, source, theme, created_at,"
        " (SELECT count(*) FROM exposures WHERE triple_id = triples.id) AS seen,"
        f" {cut} FROM triples WHERE seq IN (SELECT value FROM json_each(?))",
        (json.dumps(list(seqs)),),
    )
    found = {row["seq"]: Line(**row) for row in rows}
    return [found.get(seq) for seq in seqs]


_TEXTS = ("input", "response", "consequence")


def last_decision(store: Store) -> int:
    """Where the history of all triples ends: another number says that triples came or changed."""
    row = store.connection.execute("SELECT max(seq) AS seq FROM triple_history").fetchone()
    return int(row["seq"] or 0)


def followed(before: Listing, after: Listing, at: int) -> int:
    """Where the triple at place `at` stands in a later list. Gone: the next one that is there."""
    standing = before.seqs[at:]
    if standing and standing[0] not in after.seqs:
        there = set(after.seqs)
        standing = array("q", [seq for seq in standing if seq in there])
    return after.seqs.index(standing[0]) if standing else max(0, min(at, len(after) - 1))
