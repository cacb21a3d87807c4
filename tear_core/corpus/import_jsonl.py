"""Import triples from JSON lines: one bad line never costs the rest of the file.

    {"input": "...", "response": "...", "consequence": "...", "landing": "healed"}

Also read, all optional: `order`, `context` (earlier turns, as `[input, response]` or
`{"input", "response"}`), `draft` (`{"response", "scene"}`), `source`. Other keys are ignored.
"""

from __future__ import annotations

import gzip
import json
import lzma
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from tear_core.store.database import Store
from tear_core.store.triple_rows import Status, insert, move, text_problem
from tear_core.triples import Draft, Exchange, Triple

MAX_LINE_BYTES = 1 << 20
"""A longer line is refused: no triple is a megabyte, and a file without newlines is not ours."""

BATCH_ROWS = 500
"""Rows in one transaction: a crash loses at most these, and others can write in between."""


class BadLine(ValueError):
    """A line that is not a triple; the message says why, for a person."""


class Row(NamedTuple):
    """A line as read: its number from 1, and the triple or what is wrong with it."""

    line: int
    triple: Triple | None
    source: str | None
    reason: str = ""


def import_jsonl(store: Store, path: Path, *, accept: bool = False) -> dict[str, Any]:
    """Add the triples of a `.jsonl`, `.jsonl.gz` or `.jsonl.xz` file to the store.

    They are `unreviewed`, or with `accept` `pending`: to be learned. Words that are there
    already are duplicates; with `accept`, an unreviewed duplicate becomes pending too.

    Returns:
        `{"read", "added", "duplicates", "skipped": [{"line", "reason"}]}`: counts of lines
        with something on them; read = added + duplicates + len(skipped).

    Raises:
        OSError: the file cannot be opened.
    """
    status: Status = "pending" if accept else "unreviewed"
    result: dict[str, Any] = {"read": 0, "added": 0, "duplicates": 0, "skipped": []}
    with open_jsonl(path) as file:
        rows = read_rows(file)
        while batch := list(islice(rows, BATCH_ROWS)):
            _add_batch(store, batch, path.name, status, result)
    return result


def read_rows(file: IO[bytes]) -> Iterator[Row]:
    """The lines of an open file as triples or reasons; blank lines are passed over."""
    number = 0
    while True:
        number += 1
        try:
            raw = file.readline(MAX_LINE_BYTES + 1)
            while len(raw) > MAX_LINE_BYTES and not raw.endswith(b"\n"):
                rest = file.readline(MAX_LINE_BYTES)
                if not rest or rest.endswith(b"\n"):
                    break
        except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            yield Row(number, None, None, f"the file is damaged from here on ({error})")
            return
        if not raw:
            return
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if raw.strip():
            yield _row(number, raw)


def parse_line(raw: bytes) -> tuple[Triple, str | None]:
    """One line as a triple and its source, if it names one.

    Raises:
        BadLine: it is not a triple; says why.
    """
    if len(raw) > MAX_LINE_BYTES:
        raise BadLine("longer than 1 MiB")
    try:
        data = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLine(f"not UTF-8 (byte {error.start + 1})") from None
    except json.JSONDecodeError as error:
        raise BadLine(f"not JSON: {error.msg} (column {error.colno})") from None
    except (ValueError, RecursionError):
        raise BadLine("not JSON that can be read: nested too deep, or a number too long") from None
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else "not an object"
        raise BadLine(f"{kind}: one JSON object a line is needed")
    source = data.get("source")
    if source is not None and not isinstance(source, str):
        raise BadLine("source is not text")
    triple = _triple(data)
    problem = text_problem(triple) or _source_problem(source or "")
    if problem:
        raise BadLine(problem)
    return triple, source or None


def _source_problem(source: str) -> str | None:
    broken = "\0" in source or any("\ud800" <= letter <= "\udfff" for letter in source)
    return "source is not valid Unicode text" if broken else None


def _triple(data: dict[str, Any]) -> Triple:
    try:
        return Triple(
            input=_text(data, "input"),
            response=_text(data, "response"),
            consequence=_text(data, "consequence"),
            landing=data.get("landing") or "neutral",
            order=data.get("order") or "after",
            context=_context(data.get("context")),
            draft=_draft(data.get("draft")),
        )
    except BadLine:
        raise
    except ValueError as error:
        raise BadLine(str(error)) from None


def _text(data: Any, key: str) -> str:
    if key not in data:
        raise BadLine(f"{key} is missing")
    if not isinstance(data[key], str):
        raise BadLine(f"{key} is not text")
    return data[key]


def _context(given: Any) -> tuple[Exchange, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise BadLine("context is not a list of earlier turns")
    return tuple(_exchange(past) for past in given)


def _exchange(past: Any) -> Exchange:
    if isinstance(past, dict):
        return Exchange(_text(past, "input"), _text(past, "response"))
    if isinstance(past, list) and len(past) == 2 and all(isinstance(each, str) for each in past):
        return Exchange(*past)
    raise BadLine("context holds something that is not an earlier turn")


def _draft(given: Any) -> Draft | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise BadLine("draft is not an object")
    return Draft(_text(given, "response"), _text(given, "scene"))


def _row(number: int, raw: bytes) -> Row:
    try:
        triple, source = parse_line(raw)
    except BadLine as error:
        return Row(number, None, None, str(error))
    return Row(number, triple, source)


def _add_batch(
    store: Store, batch: list[Row], name: str, status: Status, result: dict[str, Any]
) -> None:
    """One transaction. The counts are raised after it, so they never speak of lost rows."""
    added = duplicates = 0
    skipped = []
    with store.write() as connection:
        for row in batch:
            if row.triple is None:
                skipped.append({"line": row.line, "reason": row.reason})
                continue
            if insert(connection, row.triple, source=row.source or name, status=status):
                added += 1
                continue
            duplicates += 1
            if status == "pending":
                _accept(connection, row.triple)
    result["read"] += len(batch)
    result["added"] += added
    result["duplicates"] += duplicates
    result["skipped"] += skipped


def _accept(connection: Any, triple: Triple) -> None:
    """Words that were imported before and not looked at are accepted now."""
    row = connection.execute(
        "SELECT id FROM triples WHERE content_hash = ? AND status = 'unreviewed'",
        (triple.content_hash,),
    ).fetchone()
    if row is not None:
        move(connection, row["id"], "pending", "accepted on import", "researcher")


def open_jsonl(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if path.suffix == ".xz":
        return lzma.open(path, "rb")
    return path.open("rb")
