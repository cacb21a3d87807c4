"""Whatever is typed to find triples: understood or said, never an error, never SQL."""

from __future__ import annotations

import re
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tear_core.store import Store, generations, open_store, sessions, triples, witnessing
from tear_core.store.filters import EXAMPLES, completed, parse, where
from tear_core.store.listing import lines, listing
from tear_core.store.triples import Notes, StoredTriple
from tear_core.triples import Landing, Triple
from tests.store.made import generation, lived_turn


def add(
    store: Store,
    scene: str,
    landing: Landing = "neutral",
    status: triples.Status = "unreviewed",
    source: str = "letters.jsonl",
    theme: str = "",
) -> StoredTriple:
    kept, _ = triples.add(
        store,
        Triple("hi", "yo", scene, landing),
        source=source,
        status=status,
        notes=Notes(theme=theme),
    )
    return kept


def found(store: Store, typed: str) -> list[str]:
    """The consequences of what is found, oldest first."""
    numbers = listing(store, parse(typed), "oldest").seqs
    return [line.consequence for line in lines(store, numbers) if line]


@pytest.fixture
def some(store: Store) -> Store:
    add(store, "he wept", "hurt", theme="grief")
    add(store, "he slept well", "healed", "pending", "generated", "work")
    add(store, "she laughed", "neutral", "rejected", "Letters.jsonl.bak", "Work at night")
    add(store, "50% of a_b (!)", "hurt", "too_long", "generated")
    for number, surprise in ((0, 1.5), (1, 4.0), (2, 6.25)):
        kept = triples.list_triples(store)[::-1][number]
        triples.record_surprise(store, kept.id, surprise, 9, 0)
    return store


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", [0, 1, 2, 3]),
        ("he", [0, 1]),
        ("he sle", [1]),
        ('"he slept"', [1]),
        ("status:pending", [1]),
        ("status:pending,too_long", [1, 3]),
        ("STATUS:Pend", [1]),
        ("status:re", [2]),
        ("landing:hurt", [0, 3]),
        ("landing:h", [0, 1, 3]),
        ("he landing:hurt", [0]),
        ("landing:hurt he status:u", [0]),
        ("source:generated", [1, 3]),
        ("source:letters", [0, 2]),
        ('source:"letters.jsonl"', [0]),
        ("theme:work", [1, 2]),
        ('theme:"work at', [2]),
        ('theme:"work"', [1]),
        ("theme:none", [3]),
        ('theme:""', [3]),
        ("surprise:>4", [2]),
        ("surprise:>=4", [1, 2]),
        ("surprise:<4", [0]),
        ("surprise:1-5", [0, 1]),
        ("surprise:none", [3]),
        ("surprise:>1 surprise:<5", [0, 1]),
        ("session:none", [0, 1, 2, 3]),
        ("generation:none", [0, 1, 2, 3]),
        ("generation:3", []),
        ("(!)", [3]),
        ("%", [3]),
        ("status:", [0, 1, 2, 3]),
        ("surprise:>", [0, 1, 2, 3]),
        ('theme:"', [0, 1, 2, 3]),
        ("status:zz", []),
        ("surprise:much", []),
        ("generation:0", []),
        ("note:wept", []),
    ],
)
def test_what_is_typed_finds(some: Store, typed: str, expected: list[int]) -> None:
    scenes = ["he wept", "he slept well", "she laughed", "50% of a_b (!)"]
    assert found(some, typed) == [scenes[each] for each in expected]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("statu:pending", "There is no filter statu:, so it is searched for as a word. Did you"),
        ("he said:nothing", "There is no filter said:"),
        ("status:", "status: wants a value, for example status:pending"),
        ("status:zz", "status: zz is none of unreviewed, pending"),
        ("landing:bad,hurt", "landing: bad is none of healed"),
        ("surprise:much", "surprise: wants >4"),
        ("surprise:>nan", "surprise: wants >4"),
        ("generation:x", "generation: wants the number"),
        ("generation:0", "the base model, which was shown no triple"),
    ],
)
def test_what_is_not_understood_is_said(typed: str, said: str) -> None:
    assert said in " ".join(parse(typed).problems)


@pytest.mark.parametrize("typed", ["http://a.b", "at 12:30", 'he said: "status:pending"', "a : b"])
def test_colons_of_ordinary_text_are_words(typed: str) -> None:
    wanted = parse(typed)
    assert not wanted.tests and wanted.words == typed
    assert not wanted.problems or "said:" in wanted.problems[0]


def test_sessions_triples_and_generations_are_found(store: Store) -> None:
    session = sessions.create(store)
    kept = witnessing.author(store, session.id, 1, lived_turn(store, session.id)).triple
    add(store, "elsewhere")
    number = generations.publish(store, generation(store), [kept.id], []).number
    for typed in (
        f"session:{session.id}",
        f"session:{session.id[:20].lower()}",
        f"triple:{kept.id}",
        f"generation:{number}",
    ):
        assert found(store, typed) == ["he wept"]
    assert found(store, "session:none") == found(store, "generation:none") == ["elsewhere"]


FIXED = (
    r"1|0|(status|landing) IN \(\?(, \?)*\)|surprise (>|>=|<|<=) \?|surprise BETWEEN \? AND \?"
    r"|surprise IS NULL|(source|theme) = (\?|'')"
    r"|substr\(lower\((source|theme)\), 1, length\(\?\)\) = lower\(\?\)"
    r"|\((session_id|id) >= \? AND (session_id|id) < \?\)|(session_id|id) IS NULL"
    r"|id IN \(SELECT triple_id FROM exposures WHERE generation = \?\)"
    r"|NOT EXISTS \(SELECT 1 FROM exposures WHERE triple_id = triples.id\)"
    r"|seq IN \(SELECT rowid FROM triples_fts WHERE triples_fts MATCH \?\)"
    r"|seq > \(SELECT max\(seq\) FROM triples\) - 10000"
    r" AND instr\(input \|\| char\(10\) \|\| response \|\| char\(10\) \|\| consequence, \?\)"
)
"""Every condition there is. None has a place for anything that was typed."""

PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*EXAMPLES, *EXAMPLES.values(), "none", ":", '"', "'", "--", ";", ">", "0"]),
    st.sampled_from(["status:", "surprise:>1e999", "theme:' OR 1=1 --", 'source:"', "AND", "*"]),
    st.sampled_from(["\x00", "\ud800", "NEAR(", "generation:99999999999999999999", "surprise:-"]),
)
TYPED = st.lists(PIECES, max_size=8).map("".join) | st.lists(PIECES, max_size=8).map(" ".join)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = open_store(tmp_path_factory.mktemp("few"))
    add(store, "he wept")
    return store


@given(typed=TYPED)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_anything_typed_is_a_search_and_never_sql(few: Store, typed: str) -> None:
    wanted = parse(typed)
    sql, values = where(wanted)
    assert sql.count("?") == len(values)
    assert re.fullmatch(rf"(?:{FIXED})(?: AND (?:{FIXED}))*", sql)
    try:
        assert len(listing(few, wanted)) <= 1
    except sqlite3.Error as error:
        raise AssertionError(f"{typed!r}: {error}") from error
    assert completed(typed) is None or str(completed(typed)).startswith(typed)


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("sta", "status:"),
        ("kettle la", "kettle landing:"),
        ("status:p", "status:pending"),
        ("status:pending,un", "status:pending,unreviewed"),
        ("landing:hu", "landing:hurt"),
        ("status:pending", None),
        ("status:", None),
        ("theme:w", None),
        ("kettle ", None),
        ("", None),
    ],
)
def test_a_filter_is_completed(typed: str, whole: str | None) -> None:
    assert completed(typed) == whole
