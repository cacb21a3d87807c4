"""Is the database sound? Looks without changing: opens read-only, migrates nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tear_core.store.database import SCHEMA_VERSION, Store, StoreError
from tear_core.store.triple_rows import SELECT, stored


@dataclass(frozen=True, slots=True)
class Health:
    """What SQLite says of the file. `problems` is empty when it is sound."""

    schema: int
    journal: str
    problems: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Whether this code can open it without migrating it first."""
        return self.schema == SCHEMA_VERSION


def examine(path: Path) -> Health:
    """Read every page and every reference of the database at `path`, which must exist.

    Raises:
        StoreError: it is no database, or cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            damage = database.execute("PRAGMA integrity_check(5)").fetchall()
            dangling = database.execute("PRAGMA foreign_key_check").fetchmany(5)
            problems = [str(row[0]) for row in damage if row[0] != "ok"]
            problems += [f"{row[0]} points at a {row[2]} that is not there" for row in dangling]
            return Health(
                schema=int(database.execute("PRAGMA user_version").fetchone()[0]),
                journal=str(database.execute("PRAGMA journal_mode").fetchone()[0]),
                problems=tuple(problems),
            )
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}") from error


def changed_words(store: Store) -> list[str]:
    """Ids of the triples whose words are no longer those that were hashed when they were kept."""
    found = []
    for row in store.connection.execute(SELECT):
        try:
            same = stored(row).triple.content_hash == row["content_hash"]
        except (ValueError, TypeError):
            same = False
        if not same:
            found.append(row["id"])
    return found
