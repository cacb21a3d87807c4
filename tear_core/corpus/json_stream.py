"""The records of a JSON list, however long, one at a time.

Memory is bounded by the largest record that is let in, not by the file. A record that is nested
too deep is named and passed over; a file that breaks off keeps what came before.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import ijson  # type: ignore[import-untyped]

from tear_core.corpus.opening import TooMuch

MAX_DEPTH = 100
"""Lists and objects within each other. Records that people keep have ten."""

MAX_RECORD_BYTES = 64 << 20
"""One record, as it stands in the file. A year's conversation is some megabytes."""


class Record(NamedTuple):
    """One value of the list, and where it stands; or with `reason`, why there is none."""

    where: str
    value: Any
    reason: str = ""


def records(file: IO[bytes], name: str) -> Iterator[Record]:
    """The values of a JSON list, or a whole file that is one value (or several)."""
    window = _Window(file)
    number = 0
    try:
        for value, reason in _values(window):
            yield Record(f"{name}[{number}]", value, reason)
            number += 1
    except TooMuch as error:
        yield Record(f"{name}[{number}]", None, f"refused from here on: {error}")
    except (ijson.JSONError, ValueError, OSError, EOFError, zlib.error) as error:
        yield Record(
            f"{name}[{number}]", None, f"the file is damaged from here on ({_said(error)})"
        )
    except zipfile.BadZipFile as error:
        yield Record(f"{name}[{number}]", None, f"the zip is damaged from here on ({error})")


def _values(window: _Window) -> Iterator[tuple[Any, str]]:
    """Values with a reason instead where one is nested too deep."""
    depth, root = 0, 0
    builder: ijson.ObjectBuilder | None = None
    reason = ""
    for event, value in ijson.basic_parse(window, multiple_values=True, use_float=True):
        starts = event in ("start_array", "start_map")
        if builder is None:
            if root == 0 and event == "start_array":
                depth = root = 1
                continue
            if root == 1 and event == "end_array":
                depth = root = 0
                continue
            builder, reason = ijson.ObjectBuilder(), ""
        if starts:
            depth += 1
            if depth - root > MAX_DEPTH:
                reason = f"nested deeper than {MAX_DEPTH}"
        if not reason:
            builder.event(event, value)
        if event in ("end_array", "end_map"):
            depth -= 1
        if depth == root:
            yield (None if reason else builder.value), reason
            builder = None
            window.begin()


class _Window:
    """Bytes for the parser, which keeps a string until it ends: none may go on forever."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._since = 0
        self._is_first = True

    def begin(self) -> None:
        """A record has ended."""
        self._since = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._since += len(data)
        if self._since > MAX_RECORD_BYTES:
            raise TooMuch(f"a record is larger than {MAX_RECORD_BYTES >> 20} MiB")
        if self._is_first and size != 0:
            self._is_first = False
            data = data.removeprefix(b"\xef\xbb\xbf")
        return data


def _said(error: Exception) -> str:
    """What the parser says, without the piece of somebody's text that it quotes."""
    return (str(error).splitlines() or [type(error).__name__])[0].strip()
