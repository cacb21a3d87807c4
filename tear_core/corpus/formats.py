"""Which format a file is in, found by looking, and its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Literal, get_args

from tear_core.corpus import chats, karma
from tear_core.corpus.import_jsonl import MAX_LINE_BYTES, parse_object, read_lines
from tear_core.corpus.json_stream import Record, records
from tear_core.corpus.opening import Refused, opened_parts
from tear_core.corpus.records import BadRecord, Row, skipped

Format = Literal["jsonl", "tear", "sharegpt", "messages", "trl", "karma", "chatgpt", "claude"]
FORMATS: tuple[Format, ...] = get_args(Format)

LOOKED_AT = 20
"""Records at the beginning that are looked at to find the format."""

MAX_CHAT_LINE_BYTES = 32 << 20
"""A line of a chat format holds a whole conversation."""

_READERS: dict[str, Callable[[dict[str, Any], chats.Left], Iterable[Any]]] = {
    "jsonl": chats.from_ours,
    "tear": chats.from_tear,
    "sharegpt": chats.from_sharegpt,
    "messages": chats.from_messages,
    "trl": chats.from_trl,
    "karma": chats.from_sharegpt,
    "chatgpt": chats.from_chatgpt,
    "claude": chats.from_claude,
}

_LINES = (".jsonl", ".ndjson")


class Reading:
    """The rows of one file. `format` is known once the first row was read.

    Attributes:
        left_out: counts of what conversations had in them that is no text.
        records: how many records the file has had so far.
    """

    def __init__(self, path: Path, named: Format | None = None) -> None:
        self.format = named
        self.left_out: Counter[str] = Counter()
        self.records = 0
        self._path = path

    def rows(self) -> Iterator[Row]:
        """The triples of the file, and why each other record is none.

        Raises:
            Refused: the file cannot be read as anything that is known here.
            OSError: it cannot be opened.
        """
        if karma.is_sqlite(self._path):
            self.format = "karma"
            yield from self._rows(karma.examples(self._path))
            return
        if self.format == "karma":
            raise Refused(f"{self._path} is no database, which Karma Electric's format is")
        with opened_parts(self._path) as parts:
            for name, file in parts:
                yield from self._rows(self._records(name, file))

    def _records(self, name: str, file: IO[bytes]) -> Iterator[Record]:
        """The records of one file, once it is known in which format they are."""
        if _is_lines(name, file):
            found: Iterator[Any] = _line_records(file, self.format)
        else:
            found = records(file, name)
        first = list(islice(found, LOOKED_AT))
        if self.format is None:
            self.format = _guess(first)
        if self.format is None:
            if not name.endswith((*_LINES, ".gz", ".xz")):
                broken = next((each for each in first if each.reason), None)
                hint = f"Name the format with --format: {', '.join(FORMATS)}."
                if broken is not None:
                    raise Refused(f"{self._path}: {broken.where}: {broken.reason}", hint)
                raise Refused(f"{self._path} is in no format that is known here", hint)
            self.format = "jsonl"
        return chain(first, found)

    def _rows(self, found: Iterator[Record]) -> Iterator[Row]:
        for where, value, reason in found:
            self.records += 1
            if reason:
                yield skipped(where, reason)
            else:
                assert self.format is not None
                yield from chats.rows_of(_READERS[self.format], value, where, self.left_out)


def _is_lines(name: str, file: IO[bytes]) -> bool:
    """Whether each line is a record: by its name, or since the first line is a whole object."""
    plain = name.removesuffix(".gz").removesuffix(".xz")
    if plain.endswith(_LINES):
        return True
    head = file.peek(1 << 16)[: 1 << 16] if hasattr(file, "peek") else b""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        return False
    try:
        parse_object(start.splitlines()[0] if start else b"")
    except BadRecord:
        return not start.startswith(b"{")
    return True


def _line_records(file: IO[bytes], named: Format | None) -> Iterator[Record]:
    """Lines as records. Ours are short; a line that holds a conversation may be longer."""
    most = MAX_LINE_BYTES if named == "jsonl" else MAX_CHAT_LINE_BYTES
    for number, raw in read_lines(file, most):
        where: Any = number
        if isinstance(raw, str):
            yield Record(where, None, raw)
            continue
        try:
            value = parse_object(raw)
        except BadRecord as error:
            yield Record(where, None, str(error))
            continue
        if len(raw) > MAX_LINE_BYTES and _format_of(value) in (None, "jsonl"):
            yield Record(where, None, "longer than 1 MiB")
        else:
            yield Record(where, value)


def _guess(first: Iterable[Record]) -> Format | None:
    """The format of the first record that tells."""
    found = (_format_of(each.value) for each in first if isinstance(each.value, dict))
    return next((each for each in found if each), None)


# Keys that tell a format when all of them are there; the first that fits, the particular first.
_SIGNS: tuple[tuple[Format, frozenset[str]], ...] = (
    ("chatgpt", frozenset({"mapping", "current_node"})),
    ("claude", frozenset({"chat_messages"})),
    ("tear", frozenset({"response_harmful", "consequence_harmful"})),
    ("tear", frozenset({"response_gentle", "consequence_gentle"})),
    ("jsonl", frozenset({"input", "response", "consequence"})),
    ("trl", frozenset({"chosen", "rejected"})),
    ("trl", frozenset({"prompt", "completion"})),
    ("messages", frozenset({"messages"})),
    ("sharegpt", frozenset({"conversations"})),
    ("sharegpt", frozenset({"conversation"})),
)


def _format_of(record: dict[str, Any]) -> Format | None:
    return next((name for name, keys in _SIGNS if keys <= record.keys()), None)
