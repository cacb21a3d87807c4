"""Putting a backup in the place of the database, and losing nothing by it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tear_core.home import backups_folder, database_path
from tear_core.store.database import SCHEMA_VERSION, StoreError, backup, open_store
from tear_core.store.health import examine
from tear_core.store.ids import new_id

_OURS = {"sessions", "events", "triples", "generations"}


def restore(home: Path, source: Path) -> Path:
    """Make the database of this home what `source` holds; returns where the old one is kept.

    All of it or none, in one transaction: what has the database open sees the change, and a
    crash leaves the old one. Generations are files of their own, and stay as they are.

    Raises:
        StoreError: `source` is damaged, newer than this code, or no database of ours.
        FileNotFoundError: there is no such file.
    """
    if not source.is_file():
        raise FileNotFoundError(2, "there is no such file", str(source))
    if source.resolve() == database_path(home).resolve():
        raise StoreError(f"{source} is the database itself", "Name a backup of it.")
    _inspect(source)
    with open_store(home) as store:
        kept = backup(store, backups_folder(home) / f"before-restore-{new_id()}.db")
        try:
            with closing(_read_only(source)) as old:
                old.backup(store.connection)
        except sqlite3.Error as error:
            raise StoreError(f"{source} could not be restored: {error}") from error
    with open_store(home):  # brings an older one up to this schema
        return kept


def _inspect(source: Path) -> None:
    health = examine(source)
    if health.problems:
        raise StoreError(f"{source} is damaged: {health.problems[0]}", "Use another backup.")
    if health.schema > SCHEMA_VERSION:
        raise StoreError(
            f"{source} was written by a newer tear-tui"
            f" (schema {health.schema}; this one knows {SCHEMA_VERSION})",
            "Upgrade tear-tui first.",
        )
    with closing(_read_only(source)) as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    if health.schema < 1 or not tables >= _OURS:
        raise StoreError(f"{source} is not a tear-tui database")


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
