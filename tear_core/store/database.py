"""The one place that opens the database: file modes, WAL, migrations, write transactions."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tear_core.home import backups_folder, database_path, private_folder
from tear_core.store.ids import new_id

SCHEMA_VERSION = 4
"""How many migrations this code knows; the database records its own in `user_version`."""

BUSY_SECONDS = 10.0
"""How long a writer waits for another process to finish its transaction."""


class StoreError(RuntimeError):
    """The store could not do it. `hint` says what a person can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass
class Store:
    """An open database. Belongs to the thread that opened it: each thread opens its own."""

    home: Path
    path: Path
    connection: sqlite3.Connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: all of it is on the disk at the end of the block, or none.

        Taken at once (BEGIN IMMEDIATE), since a transaction that reads first and writes
        later fails when somebody else wrote in between. Inside another `write()` it is a
        part of that one.

        Raises:
            StoreError: another process kept the database busy for `BUSY_SECONDS`.
        """
        nested = self.connection.in_transaction
        begin, commit, undo = _NESTED if nested else _OUTERMOST
        try:
            self.connection.execute(begin)
        except sqlite3.OperationalError as error:
            raise _explained(error, self.path) from error
        try:
            yield self.connection
            self.connection.execute(commit)
        except BaseException:
            if self.connection.in_transaction:  # a full disk has already rolled it back
                for statement in undo:
                    self.connection.execute(statement)
            raise

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Everything read within the block is of one moment, whatever others write meanwhile."""
        if self.connection.in_transaction:
            yield self.connection
            return
        self.connection.execute("BEGIN")
        try:
            yield self.connection
        finally:
            self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


_OUTERMOST = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_NESTED = ("SAVEPOINT part", "RELEASE part", ("ROLLBACK TO part", "RELEASE part"))


def open_store(home: Path) -> Store:
    """Open the database of this home, making or migrating it first if need be.

    Raises:
        StoreError: the file is not a database of ours, is newer than this code, or is busy.
        OSError: the folder or the file cannot be made.
    """
    path = database_path(private_folder(home))
    _create_private(path)
    try:
        # isolation_level None: Python opens no transactions of its own behind `write()`.
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    store = Store(home, path, connection)
    try:
        _prepare(store)
    except sqlite3.DatabaseError as error:
        store.close()
        raise _explained(error, path) from error
    except BaseException:
        store.close()
        raise
    connection.row_factory = sqlite3.Row
    return store


def _prepare(store: Store) -> None:
    connection = store.connection
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA synchronous = FULL")
    version = _version(connection)
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{store.path} was written by a newer tear-tui"
            f" (schema {version}; this one knows {SCHEMA_VERSION})",
            "Upgrade tear-tui, or point --home at another folder.",
        )
    _use_wal(connection)
    if version < SCHEMA_VERSION:
        _migrate(store, version)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log, unless the file is in that mode already.

    SQLite does not wait for others at this switch as it does elsewhere, so the waiting is
    done here: several processes may be starting on an empty home at once.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _migrate(store: Store, version: int) -> None:
    """Bring the schema up to `SCHEMA_VERSION`, one process at a time, after a backup."""
    from sqlite_utils import Database  # slow to import, and rarely needed

    from tear_core.store.migrations import migrations

    if version > 0:
        backup(store, backups_folder(store.home) / f"schema-{version}-{new_id()}.db")
    with store.write() as connection:
        if _version(connection) >= SCHEMA_VERSION:  # another process was quicker
            return
        database = Database(connection, recursive_triggers=False, execute_plugins=False)
        migrations.apply(database)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def backup(store: Store, target: Path) -> Path:
    """Write a whole, compact copy of the database to `target` (mode 0600, must not exist).

    Raises:
        FileExistsError: there is something at `target` already.
    """
    if not _create_private(target):
        raise FileExistsError(f"{target} exists already")
    try:
        store.connection.execute("VACUUM INTO ?", (str(target),))
    except BaseException:
        with suppress(OSError):
            target.unlink()
        raise
    return target


def _create_private(path: Path) -> bool:
    """Make an empty file that only its owner can read; False if there is one already.

    SQLite gives -wal and -shm the mode of the database, so this settles all three.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        return False
    try:
        if hasattr(os, "fchmod"):  # whatever the umask says
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    return True


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _explained(error: sqlite3.Error, path: Path) -> StoreError:
    words = str(error)
    if "locked" in words:
        return StoreError(
            f"{path} is busy: another process has been writing for {BUSY_SECONDS:.0f} s",
            "Wait for it to finish, or end it, and try again.",
        )
    if "not a database" in words:
        return StoreError(
            f"{path} is not a tear-tui database", "Move it away, or use another --home."
        )
    return StoreError(f"{path} cannot be used: {words}")
