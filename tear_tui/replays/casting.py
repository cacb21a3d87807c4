"""A terminal session as an asciicast: what is on the screen, and when, for any player.

The file is JSON lines: a header, then `[seconds since the last one, code, data]`. Written here
are "o", what the terminal receives; "m", a chapter mark; and "x", how it ended.

Source: the asciicast format, version 3 (docs.asciinema.org).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from tear_tui.text.safe_text import safe_line

CLEAR = "\x1b[?25l\x1b[0m\x1b[2J\x1b[H"
"""Hides the cursor and empties the screen."""
RESET = "\x1b[0m"


@dataclass(slots=True)
class Cast:
    """An asciicast being written. Times given to it only go up."""

    file: IO[str]
    _told: float = 0.0
    _rows: list[str] = field(default_factory=list)

    def begin(self, size: tuple[int, int], title: str, timestamp: int | None) -> None:
        """Write the header. `size` in columns and rows; `timestamp` in Unix seconds."""
        columns, rows = size
        header: dict[str, Any] = {
            "version": 3,
            "term": {"cols": columns, "rows": rows, "type": "xterm-256color"},
            "title": safe_line(title),
            "env": {"TERM": "xterm-256color"},
        }
        if timestamp is not None:
            header["timestamp"] = timestamp
        self.file.write(json.dumps(header) + "\n")

    def draw(self, at: float, rows: Sequence[str]) -> bool:
        """Bring the terminal to these rows, each with its own colours; whether any has changed.

        Only rows that are others than before are written, so that a still picture costs nothing.
        """
        changed = [
            f"\x1b[{number};1H{row}{RESET}"
            for number, row in enumerate(rows, start=1)
            if number > len(self._rows) or row != self._rows[number - 1]
        ]
        if changed:
            self._put(at, "o", ("" if self._rows else CLEAR) + "".join(changed))
            self._rows = list(rows)
        return bool(changed)

    def mark(self, at: float, label: str) -> None:
        """A moment that a player can go to."""
        self._put(at, "m", safe_line(label))

    def end(self, at: float) -> None:
        """It ended well, at this moment."""
        self._put(at, "x", "0")

    def _put(self, at: float, code: str, data: str) -> None:
        """Rounding never adds up: what is written is the difference of rounded times."""
        moment = round(max(at, self._told), 3)
        self.file.write(json.dumps([round(moment - self._told, 3), code, data]) + "\n")
        self._told = moment
