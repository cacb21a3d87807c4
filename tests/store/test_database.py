"""The database file: who may read it, how it begins, and that what is written stays."""

import gzip
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from tear_core.home import database_path
from tear_core.store import (
    Store,
    StoreError,
    changes,
    database,
    edits,
    migrations,
    open_store,
    sessions,
    triples,
)
from tear_core.store.health import examine
from tear_core.triples import Draft


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_files_are_private_whatever_the_umask(home: Path) -> None:
    old = os.umask(0)
    try:
        with open_store(home) as store:
            sessions.create(store)
            files = {path.name: mode(path) for path in home.iterdir()}
            copy = database.backup(store, home / "copy.db")
    finally:
        os.umask(old)
    assert files == {"tear.db": 0o600, "tear.db-wal": 0o600, "tear.db-shm": 0o600}
    assert mode(copy) == 0o600 and mode(home) == 0o700


def test_the_connection_is_careful(store: Store) -> None:
    asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "user_version")
    found = [store.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
    assert found == ["wal", 2, 1, 1, database.SCHEMA_VERSION]


def test_the_code_knows_as_many_migrations_as_it_says() -> None:
    memory = Database(memory=True)
    assert len(migrations.migrations.pending(memory)) == database.SCHEMA_VERSION


def test_every_table_is_strict(store: Store) -> None:
    loose = store.connection.execute(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0"
        " AND name NOT LIKE 'sqlite_%' AND name <> '_sqlite_migrations'"
    ).fetchall()
    assert [row["name"] for row in loose] == []


START = """
import sys
from pathlib import Path
import sqlite_utils
from tear_core.store import open_store, sessions
print("ready", flush=True)
sys.stdin.readline()
with open_store(Path(sys.argv[1])) as store:
    sessions.create(store, "mine")
"""


def test_eight_processes_may_start_at_once_on_an_empty_home(home: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for each in started:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    said = [each.communicate(timeout=120)[1] for each in started]
    assert [each.returncode for each in started] == [0] * 8, said
    with open_store(home) as store:
        assert len(sessions.list_sessions(store)) == 8
        applied = store.connection.execute("SELECT name FROM _sqlite_migrations").fetchall()
        assert len(applied) == database.SCHEMA_VERSION


WRITE = """
import sys
from pathlib import Path
from tear_core.store import open_store, triples
from tear_core.triples import Triple
with open_store(Path(sys.argv[1])) as store:
    for n in range(10**9):
        triple = Triple("hi", "yo", f"{sys.argv[2]} {n}")
        kept, _ = triples.add(store, triple, source="child", status="pending")
        print(kept.id, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(home: Path) -> None:
    acknowledged: list[str] = []
    with open_store(home):
        pass
    for turn in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(home), str(turn)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        acknowledged += [child.stdout.readline().strip() for _ in range(20)]
        child.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in child.stdout if len(line) == 27]
        child.wait()
    with open_store(home) as store:
        connection = store.connection
        kept = {row["id"] for row in connection.execute("SELECT id FROM triples")}
        assert len(acknowledged) >= 80 and set(acknowledged) <= kept
        halves = connection.execute(
            "SELECT count(*) FROM triples WHERE id NOT IN (SELECT triple_id FROM triple_history)"
        ).fetchone()[0]
        assert halves == 0
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_newer_database_is_refused_and_left_alone(home: Path) -> None:
    with open_store(home) as store:
        store.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"newer tear-tui \(schema 99; this one knows \d+\)"):
        open_store(home)


def test_a_file_that_is_no_database_is_refused(home: Path) -> None:
    home.mkdir()
    database_path(home).write_text("a shopping list, not a database" * 40)
    with pytest.raises(StoreError, match="is not a tear-tui database"):
        open_store(home)


@pytest.fixture
def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code as it will be after one more migration."""
    longer = Migrations("tear")
    longer(name="m001_first")(migrations.m001_first)
    longer(name="m002_corpus")(migrations.m002_corpus)
    longer(name="m003_versions")(migrations.m003_versions)
    longer(name="m004_kinds")(migrations.m004_kinds)

    @longer()
    def m005_fifth(db: Database) -> None:
        db.execute("ALTER TABLE sessions ADD COLUMN mood TEXT")

    monkeypatch.setattr(migrations, "migrations", longer)
    monkeypatch.setattr(database, "SCHEMA_VERSION", 5)


def test_an_old_database_is_backed_up_and_then_migrated(
    home: Path, request: pytest.FixtureRequest
) -> None:
    with open_store(home) as store:
        kept = sessions.create(store, "before")
    request.getfixturevalue("tomorrow")
    with open_store(home) as store:
        row = store.connection.execute("SELECT title, mood FROM sessions").fetchone()
        assert tuple(row) == ("before", None)
    (copy,) = (home / "backups").iterdir()
    assert mode(copy) == 0o600
    old = sqlite3.connect(copy)
    assert old.execute("PRAGMA user_version").fetchone()[0] == 4
    assert old.execute("SELECT id FROM sessions").fetchone()[0] == kept.id
    old.close()


def test_a_database_of_the_first_schema_comes_to_this_one(home: Path) -> None:
    """`schema-1.db.gz` was written by the code as it was: a talk, three triples, a generation."""
    home.mkdir()
    packed = Path(__file__).with_name("schema-1.db.gz").read_bytes()
    database_path(home).write_bytes(gzip.decompress(packed))
    with open_store(home) as store:
        fresh = sqlite3.connect(":memory:")
        migrations.migrations.apply(Database(fresh))
        assert schema(store.connection) == schema(fresh)
        found = triples.list_triples(store)
        assert [(each.status, each.source, each.notes) for each in found] == [
            ("rejected", "old.jsonl", triples.Notes()),
            ("pending", "old.jsonl", triples.Notes()),
            ("learned", "session", triples.Notes()),
        ]
        assert found[1].triple.draft == Draft("go", "oh") and found[2].generations == (1,)
        assert [each.id for each in triples.search(store, "naive")] == [found[0].id]
        assert triples.history(store, found[1].id)[-1]["who"] == "ada"
        (session,) = sessions.list_sessions(store)
        assert sessions.conversation(store, session.id).turns[0].triple == found[2].id
        edits.edit(store, found[2].id, edits.Edit(consequence="he left"))
        changes.undo(store)
        assert triples.get(store, found[2].id) == found[2]
    assert examine(database_path(home)).problems == ()


def schema(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Tables with their columns, and indexes and triggers by name."""
    columns = "SELECT m.name, p.name, p.type FROM sqlite_master m, pragma_table_info(m.name) p"
    others = "SELECT type, name, tbl_name FROM sqlite_master WHERE type <> 'table'"
    return {tuple(map(str, row)) for sql in (columns, others) for row in connection.execute(sql)}


def test_a_migration_that_fails_changes_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with open_store(home) as store:
        sessions.create(store, "before")
    request.getfixturevalue("tomorrow")

    @migrations.migrations()
    def m006_sixth(db: Database) -> None:
        db.execute("ALTER TABLE nowhere ADD COLUMN mood TEXT")

    monkeypatch.setattr(database, "SCHEMA_VERSION", 6)
    with pytest.raises(StoreError, match="no such table: nowhere"):
        open_store(home)
    monkeypatch.undo()
    plain = sqlite3.connect(database_path(home))
    assert plain.execute("PRAGMA user_version").fetchone()[0] == 4
    assert [row[1] for row in plain.execute("PRAGMA table_info(sessions)")][-1] == "forked_at"
    plain.close()


def test_a_backup_put_in_place_of_the_database_works(home: Path) -> None:
    with open_store(home) as store:
        kept = sessions.create(store, "before")
        copy = database.backup(store, home / "copy.db")
        with pytest.raises(FileExistsError):
            database.backup(store, copy)
    for path in home.glob("tear.db*"):
        path.unlink()
    copy.rename(database_path(home))
    with open_store(home) as store:
        assert sessions.get(store, kept.id).title == "before"
        assert store.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write():
        sessions.create(store)
        raise RuntimeError("the power went")
    assert sessions.list_sessions(store) == []


def test_a_failed_part_leaves_the_rest(store: Store) -> None:
    with store.write():
        sessions.create(store, "kept")
        with pytest.raises(RuntimeError), store.write():
            sessions.create(store, "dropped")
            raise RuntimeError("no")
    assert [each.title for each in sessions.list_sessions(store)] == ["kept"]


def test_a_full_disk_is_an_error_and_not_a_broken_database(store: Store) -> None:
    session = sessions.create(store, "before")
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        sessions.rename(store, session.id, "x" * 100_000)
    assert sessions.get(store, session.id).title == "before"
    store.connection.execute("PRAGMA max_page_count = 1000000")
    sessions.rename(store, session.id, "after")
    assert sessions.get(store, session.id).title == "after"


def test_a_writer_that_never_ends_is_named(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with open_store(home) as other, store.write():  # noqa: SIM117
        with pytest.raises(StoreError, match="busy: another process"):
            sessions.create(other)
