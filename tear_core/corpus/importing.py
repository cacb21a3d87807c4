"""Import: the rows of any known file into the store, unreviewed until a person accepts them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from tear_core.corpus.formats import Format, Reading
from tear_core.corpus.mending import mended
from tear_core.corpus.opening import Refused
from tear_core.corpus.records import Row
from tear_core.store.database import Store
from tear_core.store.triple_rows import Notes, Status, insert, move

BATCH_ROWS = 500
"""Rows in one transaction: a crash loses at most these, and others can write in between."""

MOST_NAMED = 100_000
"""Skipped records that are named one by one; of a file with more of them the rest is counted."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a file is to be imported.

    Attributes:
        accept: they are to be learned, and need no review.
        source: where they are from, unless a record says so itself; else the file's name. So
            too `licence`, and `consent` of those whose words they are.
        dry_run: look, count, and change nothing.
    """

    format: Format | None = None
    accept: bool = False
    source: str = ""
    licence: str = ""
    consent: str = ""
    dry_run: bool = False


AS_IT_IS = Wanted()


def import_file(
    store: Store,
    path: Path,
    wanted: Wanted = AS_IT_IS,
    tell: Callable[[dict[str, Any]], None] = lambda result: None,
) -> dict[str, Any]:
    """Add the triples of a file to the store; `tell` hears the counts after each batch.

    They are `unreviewed`, or with `accept` `pending`. Words that are there already are
    duplicates; with `accept`, an unreviewed duplicate becomes pending too.

    Returns:
        `{"read", "added", "duplicates", "skipped": [{"line" or "path", "reason"}]}`, where read
        = added + duplicates + skipped. Only where there is something to say also `repaired`
        (texts whose encoding was mended), `records` (where one can hold several triples),
        `left_out` (counts of what conversations held besides text), `skipped_unnamed`, `format`
        (other than our own), `dry_run`.

    Raises:
        Refused: the file as a whole cannot be read; see `hint`.
        OSError: it cannot be opened.
    """
    reading = Reading(path, wanted.format)
    result: dict[str, Any] = {"read": 0, "added": 0, "duplicates": 0, "skipped": []}
    extra: dict[str, Any] = {}
    rows = reading.rows()
    with _Sink(store, path.name, wanted) as sink:
        while batch := list(islice(rows, BATCH_ROWS)):
            if wanted.accept and wanted.format is None and reading.format != "jsonl":
                raise Refused(
                    f"{path} is not in our own format, and --accept would learn from it unseen",
                    f"Name the format too, if you mean it: --format {reading.format}.",
                )
            sink.take(batch, result, extra)
            tell(result)
    if reading.format not in (None, "jsonl"):
        extra |= {"format": reading.format, "records": reading.records}
    left_out = {name: n for name, n in sorted(reading.left_out.items()) if n}
    if left_out:
        extra["left_out"] = left_out
    if wanted.dry_run:
        extra["dry_run"] = True
    return {**result, **extra}


class _Sink:
    """Where rows go: into the store, or on a dry run only against it."""

    def __init__(self, store: Store, name: str, wanted: Wanted) -> None:
        self._store, self._name, self._wanted = store, name, wanted

    def __enter__(self) -> _Sink:
        if self._wanted.dry_run:  # in a file of its own, not in memory: there may be millions
            self._store.connection.execute("PRAGMA temp_store = FILE")
            self._store.connection.execute(
                "CREATE TEMP TABLE dry_run (hash TEXT PRIMARY KEY) WITHOUT ROWID"
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._wanted.dry_run:
            self._store.connection.execute("DROP TABLE temp.dry_run")

    def take(self, batch: list[Row], result: dict[str, Any], extra: dict[str, Any]) -> None:
        """One transaction. The counts are raised after it, so they never speak of lost rows."""
        added = repaired = 0
        skipped = []
        with self._store.write() as connection:
            for row in batch:
                if row.triple is None:
                    key = "line" if isinstance(row.line, int) else "path"
                    skipped.append({key: row.line, "reason": row.reason})
                    continue
                triple, mends = (row.triple, 0) if row.exact else mended(row.triple)
                new = self._add(connection, row._replace(triple=triple))
                added += new
                repaired += mends
        result["read"] += len(batch)
        result["added"] += added
        result["duplicates"] += len(batch) - added - len(skipped)
        room = MOST_NAMED - len(result["skipped"])
        result["skipped"] += skipped[:room]
        if len(skipped) > room:
            extra["skipped_unnamed"] = extra.get("skipped_unnamed", 0) + len(skipped) - room
        if repaired:
            extra["repaired"] = extra.get("repaired", 0) + repaired

    def _add(self, connection: sqlite3.Connection, row: Row) -> bool:
        triple, wanted = row.triple, self._wanted
        assert triple is not None
        if wanted.dry_run:
            known = connection.execute(
                "SELECT 1 FROM triples WHERE content_hash = ?", (triple.content_hash,)
            ).fetchone()
            return not known and bool(
                connection.execute(
                    "INSERT OR IGNORE INTO temp.dry_run VALUES (?)", (triple.content_hash,)
                ).rowcount
            )
        status: Status = "pending" if wanted.accept else "unreviewed"
        source = row.source or wanted.source or self._name
        if insert(connection, triple, source=source, status=status, notes=self._notes(row.notes)):
            return True
        if wanted.accept:
            _accept(connection, triple.content_hash)
        return False

    def _notes(self, notes: Notes) -> Notes:
        return replace(
            notes,
            licence=notes.licence or self._wanted.licence,
            consent=notes.consent or self._wanted.consent,
        )


def _accept(connection: sqlite3.Connection, content_hash: str) -> None:
    """Words that were imported before and not looked at are accepted now."""
    row = connection.execute(
        "SELECT id FROM triples WHERE content_hash = ? AND status = 'unreviewed'",
        (content_hash,),
    ).fetchone()
    if row is not None:
        move(connection, row["id"], "pending", "accepted on import", "researcher")
