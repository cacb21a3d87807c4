"""Long lists of triples: whole, in order, and read a page at a time."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tear_core.store import Store, changes, triples
from tear_core.store.filters import Filter, parse
from tear_core.store.listing import (
    CUT,
    EXCEPTIONS,
    SORTS,
    Listing,
    Sort,
    followed,
    last_decision,
    lines,
    listing,
)
from tear_core.triples import Triple
from tests.store.many import fill


def numbers(store: Store, sort: Sort, typed: str = "") -> list[int]:
    """The numbers in the inputs of what is listed."""
    found = lines(store, listing(store, parse(typed), sort).seqs)
    return [int(line.input.split()[1]) for line in found if line]


def test_every_order_lists_every_triple(store: Store) -> None:
    fill(store, 40)
    surprises = {n: (n * 7919 % 1000) / 100 if n % 4 != 3 else -1 for n in range(40)}
    sources = ("generated", "letters.jsonl", "session")
    assert numbers(store, "newest") == list(range(39, -1, -1))
    assert numbers(store, "oldest") == list(range(40))
    assert numbers(store, "surprise") == sorted(range(40), key=lambda n: (-surprises[n], -n))
    assert numbers(store, "source") == sorted(range(40), key=lambda n: (sources[n % 3], -n))
    assert numbers(store, "surprise", "source:session kettle") == [
        n for n in numbers(store, "surprise") if n % 3 == 2
    ]


def test_it_is_the_same_list_whether_a_filter_leaves_few_or_many_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 40)
    for typed in ("kettle", "status:unreviewed kettle", "surprise:>4 kettle", "landing:hurt kettle",
                  "generation:none surprise:none kettle", "status:nothing kettle"):  # fmt: skip
        for sort in SORTS[:2]:
            found = {}
            for few in (0, 3, EXCEPTIONS):
                monkeypatch.setattr("tear_core.store.listing.EXCEPTIONS", few)
                found[few] = numbers(store, sort, typed)
            assert found[0] == found[3] == found[EXCEPTIONS]
            assert found[0] == sorted(found[0], reverse=sort == "newest")
    assert 0 < len(numbers(store, "newest", "status:unreviewed kettle")) < 40


def test_a_listing_knows_how_many_there_are_and_stays_as_it_is(store: Store) -> None:
    fill(store, 10)
    found = listing(store, parse("status:unreviewed"))
    assert (len(found), found.total) == (6, 10)
    before = last_decision(store)
    changes.reject(store, [line.id for line in lines(store, found.seqs[:2]) if line], "no")
    assert len(found) == 6 and last_decision(store) > before
    assert [line.status for line in lines(store, found.seqs[:3]) if line] == [
        "rejected",
        "rejected",
        "unreviewed",
    ]


def test_lines_are_cut_and_those_that_are_gone_leave_a_gap(store: Store) -> None:
    triples.add(store, Triple("x" * 9_000, "漢" * 9_000, "short"), source="f", status="pending")
    (line, gone) = lines(store, [1, 99])
    assert gone is None and line is not None
    assert (len(line.input), len(line.response), line.consequence) == (CUT, CUT, "short")
    assert (line.seen, line.surprise, line.status) == (0, None, "pending")


def test_an_empty_store_lists_nothing(store: Store) -> None:
    assert listing(store, Filter()) == Listing(array("q"), 0) and last_decision(store) == 0


SEQS = st.lists(st.integers(1, 12), unique=True, max_size=12)


@given(before=SEQS, after=SEQS, at=st.integers(0, 12))
def test_a_cursor_follows_its_triple_into_a_later_list(
    before: list[int], after: list[int], at: int
) -> None:
    old, new = Listing(array("q", before), 12), Listing(array("q", after), 12)
    there = followed(old, new, at)
    assert there == 0 if not after else 0 <= there < len(after)
    standing = [seq for seq in before[at:] if seq in after]
    if standing:
        assert after[there] == standing[0]


def test_ten_thousand_are_listed_by_a_query_or_two(store: Store) -> None:
    fill(store, 10_000)
    asked: list[str] = []
    ours = lambda sql: asked.append(sql) if sql.startswith("SELECT") else None  # noqa: E731
    store.connection.set_trace_callback(ours)  # the search index asks itself, in comments
    for sort in SORTS:
        asked.clear()
        found = listing(store, parse("status:unreviewed,pending kettle"), sort)
        assert (len(found), found.total) == (8_000, 10_000)
        assert len(asked) == (2 if sort in ("newest", "oldest") else 1)  # what is left out, first
        asked.clear()
        assert len(lines(store, found.seqs[7_900:8_000])) == 100 and len(asked) == 1
