"""A backup comes back whole, and what it replaces is not lost."""

import gzip
import sqlite3
from pathlib import Path

import pytest

from tear_core.home import database_path
from tear_core.store import Store, StoreError, database, open_store, overview, triples
from tear_core.store.counters import Miscounted, count_again, miscounted
from tear_core.store.health import changed_words, examine
from tear_core.store.restore import restore
from tests.store.made import pending_triple


def scenes(store: Store) -> set[str]:
    return {each.triple.consequence for each in triples.list_triples(store)}


def test_a_backup_is_restored_while_others_look(home: Path, tmp_path: Path) -> None:
    with open_store(home) as store:
        pending_triple(store, "before")
        copy = database.backup(store, tmp_path / "copy.db")
        pending_triple(store, "after")
        kept = restore(home, copy)
        assert scenes(store) == {"before"}  # one that was open sees it
        assert store.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert changed_words(store) == []
    assert kept.parent == home / "backups" and kept.stat().st_mode & 0o777 == 0o600
    assert examine(database_path(home)).problems == ()
    restore(home, kept)
    with open_store(home) as store:
        assert scenes(store) == {"before", "after"}


def test_an_old_backup_is_brought_up_to_date(home: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    packed = (Path(__file__).parent / "schema-1.db.gz").read_bytes()
    old.write_bytes(gzip.decompress(packed))
    restore(home, old)
    with open_store(home) as store:
        assert len(triples.list_triples(store)) == 3
    assert examine(old).schema == 1


def test_what_is_no_sound_backup_is_refused(home: Path, tmp_path: Path) -> None:
    with open_store(home) as store:
        pending_triple(store, "kept")
    other, newer = tmp_path / "other.db", tmp_path / "newer.db"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE shopping (thing TEXT)")
    made.close()
    with open_store(home) as store:
        database.backup(store, newer)
    with sqlite3.connect(newer) as made:
        made.execute("PRAGMA user_version = 99")
    made.close()
    text = tmp_path / "text.db"
    text.write_text("a shopping list")
    for path, said in (
        (other, "is not a tear-tui database"),
        (newer, "newer tear-tui"),
        (text, "cannot be read"),
        (database_path(home), "is the database itself"),
    ):
        with pytest.raises(StoreError, match=said):
            restore(home, path)
    with pytest.raises(FileNotFoundError):
        restore(home, tmp_path / "nope.db")
    with open_store(home) as store:
        assert scenes(store) == {"kept"}


def test_words_that_were_changed_behind_our_back_are_found(store: Store) -> None:
    kept = pending_triple(store, "he wept")
    assert changed_words(store) == []
    with store.write() as connection:
        connection.execute("UPDATE triples SET consequence = 'he sang'")
    assert changed_words(store) == [kept.id]


def test_counters_that_are_off_are_found_and_counted_again(store: Store) -> None:
    for scene in ("he wept", "he sang"):
        pending_triple(store, scene)
    assert miscounted(store) == []
    with store.write() as connection:
        connection.execute("UPDATE triple_kinds SET n = n + 3")
        connection.execute("INSERT INTO triple_kinds VALUES ('gone', 'x', 'hurt', 'learned', 2)")
        connection.execute("INSERT INTO triple_kinds VALUES ('none', '', 'hurt', 'learned', 0)")
    assert miscounted(store) == [
        Miscounted("gone", "x", "hurt", "learned", counted=2, there=0),
        Miscounted("test", "", "neutral", "pending", counted=5, there=2),
    ]
    count_again(store)
    assert miscounted(store) == [] and triples.counts(store)["pending"] == 2
    pending_triple(store, "he left")
    assert triples.counts(store)["pending"] == 3, "what comes is counted on"


def test_a_kind_that_nobody_counted_is_found(store: Store) -> None:
    pending_triple(store, "he wept")
    with store.write() as connection:
        connection.execute("DELETE FROM triple_kinds")
    assert miscounted(store) == [Miscounted("test", "", "neutral", "pending", 0, 1)]


def test_triples_are_counted_and_walked(store: Store) -> None:
    for scene in ("a", "b"):
        pending_triple(store, scene)
    assert overview.kinds(store) == [
        {"source": "test", "theme": "", "landing": "neutral", "status": "pending", "n": 2}
    ]
    told = overview.stats(store)
    assert (told["triples"], told["status"]["pending"], told["sources"]) == (2, 2, 1)
    walked = overview.walk(store, ["pending"])
    assert [each.triple.consequence for each in walked] == ["a", "b"]
    assert list(overview.walk(store, ["learned"])) == []
