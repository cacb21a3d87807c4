"""What is asked all the time does not grow with what there is: counted in SQLite's own steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tear_core.store import Store, learning_log, overview, triples
from tear_core.store.database import open_store
from tear_core.store.filters import parse
from tear_core.store.listing import listing
from tests.store.many import fill

SMALL, LARGE = 1_000, 20_000
Ask = Callable[[Store], Any]

ASKED: dict[str, Ask] = {
    "how much is pending": lambda store: triples.counts(store)["pending"],
    "counts by kind": overview.kinds,
    "what has not been tried": lambda store: learning_log.untried(store, "nano"),
    "the oldest that wait": lambda store: triples.pending(store, 20),
    "the first page": lambda store: triples.list_triples(store, limit=20),
    "the first page of a theme": lambda store: triples.list_triples(store, theme="work", limit=20),
    "a word that few have": lambda store: triples.search(store, '"whistled" 900'),
    "a word that all have": lambda store: triples.search(store, "kettle", 20),
}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    folder: Path = tmp_path_factory.mktemp("grown")
    with open_store(folder / "small") as small, open_store(folder / "large") as large:
        for store, count in ((small, SMALL), (large, LARGE)):
            fill(store, count)
            learning_log.end(store, learning_log.begin(store, "nano", 0, ["01"]), "failed")
        yield small, large


def steps(store: Store, ask: Ask) -> int:
    """How many instructions of its virtual machine SQLite takes, in hundreds."""
    ask(store)
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    store.connection.set_progress_handler(count, 100)
    try:
        assert ask(store) is not None
    finally:
        store.connection.set_progress_handler(None, 0)
    return taken


@pytest.mark.parametrize("name", ASKED)
def test_twenty_times_as_many_triples_cost_no_more(homes: tuple[Store, Store], name: str) -> None:
    small, large = (steps(store, ASKED[name]) for store in homes)
    assert large <= 2 * small + 10, f"{small} and {large} hundred instructions"


def test_the_counter_sees_what_does_grow(homes: tuple[Store, Store]) -> None:
    """A plain count of a status, as it was: the test above would fail on it."""

    def counted(store: Store) -> Any:
        return store.connection.execute(
            "SELECT count(*) FROM triples WHERE status || '' = 'pending'"
        ).fetchone()

    small, large = (steps(store, counted) for store in homes)
    assert large > 10 * small


def test_words_alone_are_listed_from_the_index_as_with_any_other_test(
    homes: tuple[Store, Store],
) -> None:
    """The quick way and the plain one give the same triples in the same order."""
    _, large = homes
    for sort in ("newest", "oldest"):
        for typed in ("kettle", "kettle 7", "input 19 whis"):
            quick = listing(large, parse(typed), sort)  # type: ignore[arg-type]
            plain = listing(large, parse(f"{typed} status:pending"), sort)  # type: ignore[arg-type]
            more = listing(large, parse(f"{typed} status:unrev,rej"), sort)  # type: ignore[arg-type]
            assert len(quick) == len(plain) + len(more) > 0
            kept = set(plain.seqs)
            assert [each for each in quick.seqs if each in kept] == plain.seqs.tolist()
            assert quick.seqs.tolist() == sorted(quick.seqs, reverse=sort == "newest")


def test_a_common_last_word_is_taken_as_whole(homes: tuple[Store, Store]) -> None:
    """In more triples than are ranked: the newest that have the word itself."""
    _, large = homes
    found = triples.search(large, "kettle", 3)
    newest = triples.list_triples(large, limit=3)
    assert [each.id for each in found] == [each.id for each in newest]
    assert triples.search(large, "whist", 1) and triples.search(large, '"whist"') == []
