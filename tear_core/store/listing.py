"""A long list of triples, read a page at a time: which ones, in what order, and their lines.

The numbers of all matches are read once, in order: 8 bytes each, so a list of a million can be
jumped about in, its length is known, and it stays as it is while somebody reads it and others
write. What a line shows is then read by number, a page at a time, with the texts cut short.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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

EXCEPTIONS = 5_000
"""Up to so many triples that a filter leaves out are looked for among what the words find; of more
the filter's own are."""

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
    with store.read() as connection:
        matches, values = _matches(store, wanted, sort)
        # One value for all of them: row by row would hold up every other thread of Python.
        row = connection.execute(
            "SELECT json_group_array(seq) AS seqs, (SELECT count(*) FROM triples) AS total"
            f" FROM ({matches})",
            values,
        ).fetchone()
    return Listing(array("q", json.loads(row["seqs"])), row["total"])


def _matches(store: Store, wanted: Filter, sort: Sort) -> tuple[str, tuple[str | float, ...]]:
    """The query for the numbers of what matches, in order, and its values.

    Words, by age, with a filter that leaves few triples out: the index of words has the numbers in
    that order, and no row has to be looked up.
    """
    query = fts_query(wanted.words)
    if query and sort in ("newest", "oldest"):
        left_out = _left_out(store, wanted)
        if left_out is not None:
            order = "rowid DESC" if sort == "newest" else "rowid"
            found = "SELECT rowid AS seq FROM triples_fts WHERE triples_fts MATCH ?"
            found += " AND rowid NOT IN (SELECT value FROM json_each(?))" if left_out else ""
            return f"{found} ORDER BY {order}", (query, *([json.dumps(left_out)] * bool(left_out)))
    tests, values = where(wanted)
    return f"SELECT seq FROM triples WHERE {tests} ORDER BY {_BY[sort]}", values


def _left_out(store: Store, wanted: Filter) -> list[int] | None:
    """The numbers of the triples that the filter leaves out, its words aside; None: too many."""
    if not wanted.tests:
        return []
    tests, values = where(replace(wanted, words=""))
    few = f"SELECT seq FROM triples WHERE ({tests}) IS NOT 1 LIMIT {EXCEPTIONS + 1}"
    found = [row["seq"] for row in store.connection.execute(few, values)]
    return found if len(found) <= EXCEPTIONS else None


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
