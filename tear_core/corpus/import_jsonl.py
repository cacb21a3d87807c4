"""Triples as JSON lines: one bad line never costs the rest of the file.

    {"input": "...", "response": "...", "consequence": "...", "landing": "healed"}

Also read, all optional: `order`, `context` (earlier turns, as `[input, response]` or
`{"input", "response"}`), `draft` (`{"response", "scene"}`), `source`, `theme`, `difficulty`
(1-4), `culture`, `pair`, `licence`, `consent`, `content_hash`. Other keys are ignored.
"""

from __future__ import annotations

import json
import lzma
import zlib
from collections.abc import Iterator
from typing import IO, Any

from tear_core.corpus.opening import TooMuch, open_jsonl
from tear_core.corpus.records import BadRecord, Row, is_storable, notes_of, skipped, text_of
from tear_core.store.triple_rows import text_problem
from tear_core.triples import Draft, Exchange, Triple

__all__ = ["BadLine", "Row", "open_jsonl", "parse_line", "read_rows"]

MAX_LINE_BYTES = 1 << 20
"""A longer line is refused: no triple is a megabyte, and a file without newlines is not ours."""

BadLine = BadRecord


def read_rows(file: IO[bytes]) -> Iterator[Row]:
    """The lines of an open file as triples or reasons; blank lines are passed over."""
    for number, raw in read_lines(file):
        if isinstance(raw, str):
            yield skipped(number, raw)
            continue
        try:
            yield row_of(parse_object(raw), number)
        except BadRecord as error:
            yield skipped(number, str(error))


def read_lines(file: IO[bytes], most: int = MAX_LINE_BYTES) -> Iterator[tuple[int, bytes | str]]:
    """The lines with something on them and their numbers from 1; for one that cannot be read a
    text that says why."""
    number = 0
    while True:
        number += 1
        try:
            raw = file.readline(most + 1)
            while len(raw) > most and not raw.endswith(b"\n"):
                rest = file.readline(most)
                if not rest or rest.endswith(b"\n"):
                    break
        except TooMuch as error:
            yield number, f"refused from here on: {error}"
            return
        except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            yield number, f"the file is damaged from here on ({error})"
            return
        if not raw:
            return
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if len(raw) > most:
            yield number, f"longer than {most >> 20} MiB"
        elif raw.strip():
            yield number, raw


def parse_line(raw: bytes) -> tuple[Triple, str | None]:
    """One line as a triple and its source, if it names one.

    Raises:
        BadRecord: it is not a triple; says why.
    """
    if len(raw) > MAX_LINE_BYTES:
        raise BadRecord("longer than 1 MiB")
    row = row_of(parse_object(raw), 0)
    assert row.triple is not None
    return row.triple, row.source


def parse_object(raw: bytes) -> dict[str, Any]:
    """One line as a JSON object.

    Raises:
        BadRecord: it is none; says why.
    """
    try:
        data = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRecord(f"not UTF-8 (byte {error.start + 1})") from None
    except json.JSONDecodeError as error:
        raise BadRecord(f"not JSON: {error.msg} (column {error.colno})") from None
    except (ValueError, RecursionError):
        raise BadRecord(
            "not JSON that can be read: nested too deep, or a number too long"
        ) from None
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else "not an object"
        raise BadRecord(f"{kind}: one JSON object a line is needed")
    return data


def row_of(data: dict[str, Any], where: int | str) -> Row:
    """An object with input, response and consequence as a triple with its notes.

    Raises:
        BadRecord: it is not a triple; says why.
    """
    source = data.get("source")
    if source is not None and not isinstance(source, str):
        raise BadRecord("source is not text")
    triple = _triple(data)
    problem = text_problem(triple)
    if problem is None and not is_storable(source or ""):
        problem = "source is not valid Unicode text"
    if problem:
        raise BadRecord(problem)
    exact = data.get("content_hash") == triple.content_hash
    return Row(where, triple, source or None, notes=notes_of(data), exact=exact)


def _triple(data: dict[str, Any]) -> Triple:
    try:
        return Triple(
            input=text_of(data, "input"),
            response=text_of(data, "response"),
            consequence=text_of(data, "consequence"),
            landing=data.get("landing") or "neutral",
            order=data.get("order") or "after",
            context=_context(data.get("context")),
            draft=_draft(data.get("draft")),
        )
    except BadRecord:
        raise
    except ValueError as error:
        raise BadRecord(str(error)) from None


def _context(given: Any) -> tuple[Exchange, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise BadRecord("context is not a list of earlier turns")
    return tuple(_exchange(past) for past in given)


def _exchange(past: Any) -> Exchange:
    if isinstance(past, dict):
        return Exchange(text_of(past, "input"), text_of(past, "response"))
    if isinstance(past, list) and len(past) == 2 and all(isinstance(each, str) for each in past):
        return Exchange(*past)
    raise BadRecord("context holds something that is not an earlier turn")


def _draft(given: Any) -> Draft | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise BadRecord("draft is not an object")
    return Draft(text_of(given, "response"), text_of(given, "scene"))
