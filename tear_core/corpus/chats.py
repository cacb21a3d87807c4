"""One record of a published format as triples: The Tear's pairs, ShareGPT, messages, TRL."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from tear_core.corpus.accounts import chatgpt_messages, claude_messages
from tear_core.corpus.conversations import Said, messages_of, triples_of
from tear_core.corpus.import_jsonl import row_of
from tear_core.corpus.records import (
    MAX_TRIPLE_CHARACTERS,
    BadRecord,
    Row,
    landing_of,
    notes_of,
    skipped,
    text_of,
)
from tear_core.store.triple_rows import text_problem
from tear_core.triples import Landing, Triple

Left = Counter[str]
"""What was left out of conversations: counts of hidden messages, parts that are no text, ..."""

NO_ANSWER = "no human turn follows a reply, so there is no consequence"

_MARKED = re.compile(r"\n\nAssistant:|\n\nHuman:")


def rows_of(
    reader: Callable[[dict[str, Any], Left], Iterable[Row | Triple]],
    record: Any,
    where: int | str,
    left_out: Left,
) -> Iterator[Row]:
    """The triples of one record, or the one row that says why there are none."""
    try:
        if not isinstance(record, dict):
            raise BadRecord("not an object")
        notes = notes_of(record)
        found = 0
        for each in reader(record, left_out):
            found += 1
            row = each if isinstance(each, Row) else Row(where, each, None, notes=notes)
            yield _checked(row._replace(line=where))
        if not found:
            raise BadRecord(NO_ANSWER)
    except BadRecord as error:
        yield skipped(where, str(error))


def _checked(row: Row) -> Row:
    if row.triple is None:
        return row
    past = sum(len(each.input) + len(each.response) for each in row.triple.context)
    size = len(row.triple.input) + len(row.triple.response) + len(row.triple.consequence) + past
    problem = "longer than 1 MiB" if size > MAX_TRIPLE_CHARACTERS else text_problem(row.triple)
    return skipped(row.line, problem) if problem else row


def from_ours(record: dict[str, Any], left_out: Left) -> list[Row]:
    return [row_of(record, 0)]


def from_tear(record: dict[str, Any], left_out: Left) -> Iterator[Row]:
    """The Tear's rows: one input, a harmful and a gentle response with what came of each."""
    if not any(key.startswith(("response_", "consequence_")) for key in record):
        raise BadRecord("response_harmful and response_gentle are missing")
    said = text_of(record, "input")
    notes = notes_of(record)
    pair = notes.origin or notes.pair
    sides: tuple[tuple[str, Landing], ...] = (("harmful", "hurt"), ("gentle", "healed"))
    for side, landing in sides:
        try:
            response = text_of(record, f"response_{side}")
            consequence = text_of(record, f"consequence_{side}")
            triple = Triple(said, response, consequence, landing)
        except ValueError as error:
            yield skipped(0, f"{side}: {error}")
            continue
        yield Row(0, triple, None, notes=replace(notes, pair=pair))


def from_sharegpt(record: dict[str, Any], left_out: Left) -> Iterator[Triple]:
    given = record.get("conversations", record.get("conversation"))
    yield from triples_of(messages_of(given, left_out), *_told(record))


def from_messages(record: dict[str, Any], left_out: Left) -> Iterator[Triple]:
    yield from triples_of(messages_of(record.get("messages"), left_out), *_told(record))


def from_trl(record: dict[str, Any], left_out: Left) -> Iterator[Triple]:
    """Prompt and completion, or prompt, chosen and rejected; texts or lists of messages."""
    prompt = _side(record.get("prompt") or [], "human", left_out)
    if "chosen" not in record and "rejected" not in record:
        completion = _side(record.get("completion") or [], "assistant", left_out)
        label = record.get("label")
        known: Landing = "neutral" if label is None else "healed" if label else "hurt"
        yield from triples_of([*prompt, *completion], *_told(record, "", known))
        return
    seen: set[str] = set()
    sides: tuple[tuple[str, Landing], ...] = (("chosen", "healed"), ("rejected", "hurt"))
    for side, landing in sides:
        reply = _side(record.get(side) or [], "assistant", left_out)
        for triple in triples_of([*prompt, *reply], *_told(record, f"{side}_", landing)):
            if triple.content_hash not in seen:  # what both sides share is told once
                seen.add(triple.content_hash)
                yield triple


def from_chatgpt(record: dict[str, Any], left_out: Left) -> Iterator[Triple]:
    yield from triples_of(chatgpt_messages(record, left_out))


def from_claude(record: dict[str, Any], left_out: Left) -> Iterator[Triple]:
    yield from triples_of(claude_messages(record, left_out))


def _told(
    record: dict[str, Any], prefix: str = "", otherwise: Landing = "neutral"
) -> tuple[str | None, Landing]:
    """The consequence of the last reply and its landing, where a record has them, as ours do."""
    consequence = record.get(f"{prefix}consequence")
    if not isinstance(consequence, str) or not consequence.strip():
        return None, "neutral"
    return consequence, landing_of(record.get(f"{prefix}landing"), otherwise)


def _side(given: Any, role: str, left_out: Left) -> list[Said]:
    """A text, or a list of messages. A text may be a whole dialogue with its speakers marked."""
    if not isinstance(given, str):
        return messages_of(given, left_out)
    if not given.startswith("\n\nHuman:"):
        return [Said(role, given)] if given.strip() else []
    roles = ["human" if "Human" in mark else "assistant" for mark in _MARKED.findall(given)]
    texts = [text.strip() for text in _MARKED.split(given)[1:]]
    return [Said(role, text) for role, text in zip(roles, texts, strict=True)]
