"""Karma Electric's `training.db`: its accepted and pending examples, as conversations.

Opened read-only, with nothing in its schema trusted: somebody else made this file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tear_core.corpus.json_stream import Record
from tear_core.corpus.opening import Refused

MAX_EXAMPLE_BYTES = 16 << 20

_SET_ASIDE = ("rejected", "archived")


def is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def examples(path: Path) -> Iterator[Record]:
    """Each example as a record with `conversations`, `id` and `category`; those that were set
    aside there have a reason instead.

    Raises:
        Refused: it is no such database.
    """
    try:
        with closing(_open(path)) as database:
            columns = {row[1] for row in database.execute("PRAGMA table_info(examples)")}
            if not _has_table(database) or not {"id", "conversations"} <= columns:
                raise Refused(f"{path} is a database without a table of examples")
            yield from _rows(database, columns)
    except sqlite3.DatabaseError as error:
        raise Refused(f"{path} cannot be read: {error}") from None


def _open(path: Path) -> sqlite3.Connection:
    # immutable: a copy of a database in WAL mode often lies where no -shm file can be made.
    alone = not path.with_name(f"{path.name}-wal").exists()
    options = "mode=ro&immutable=1" if alone else "mode=ro"
    database = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True)
    database.execute("PRAGMA trusted_schema = OFF")
    return database


def _has_table(database: sqlite3.Connection) -> bool:
    """A table, and no view: a view is a query that somebody else wrote."""
    return bool(
        database.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'examples'"
        ).fetchone()
    )


def _rows(database: sqlite3.Connection, columns: set[str]) -> Iterator[Record]:
    optional = [name for name in ("status", "category", "rejection_reason") if name in columns]
    names = ", ".join(f'"{name}"' for name in optional)
    rows = database.execute(
        "SELECT rowid, id, length(conversations), CASE WHEN length(conversations) <= ? THEN"
        f" conversations END{', ' + names if names else ''} FROM examples ORDER BY rowid",
        (MAX_EXAMPLE_BYTES,),
    )
    for rowid, given_id, size, text, *rest in rows:
        more = dict(zip(optional, rest, strict=True))
        where = f"examples[{given_id or rowid}]"
        if more.get("status") in _SET_ASIDE:
            why = more.get("rejection_reason") or "no reason given"
            yield Record(where, None, f"{more['status']} there: {why}")
        elif (size or 0) > MAX_EXAMPLE_BYTES:
            yield Record(where, None, f"longer than {MAX_EXAMPLE_BYTES >> 20} MiB")
        else:
            yield _record(where, str(given_id or ""), text, str(more.get("category") or ""))


def _record(where: str, given_id: str, text: Any, category: str) -> Record:
    try:
        conversations = json.loads(text or "null")
    except (ValueError, RecursionError, TypeError):
        return Record(where, None, "its conversations are not JSON")
    if isinstance(conversations, dict):  # some examples are an object around the list
        conversations = conversations.get("conversations", conversations.get("messages"))
    value = {"conversations": conversations, "id": given_id, "category": category}
    return Record(where, value)
