"""A line chart out of braille dots, as lines of text: pure, so that it can be read in a test.

A cell of the terminal holds 2 × 4 dots. Lines are told apart without colour: one is drawn
through, another only at every other column of dots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tear_tui.widgets.plain import Part


_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of a dot by its row and column in a cell (Unicode, Braille Patterns)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart. A value that is None is a gap. `dotted`: only every other column."""

    name: str
    values: Sequence[float | None]
    style: str = ""
    dotted: bool = False

    @property
    def last(self) -> float | None:
        """The newest value there is."""
        return next((value for value in reversed(self.values) if _known(value)), None)


def chart(lines: Sequence[Line], width: int, height: int) -> list[list[Part]]:
    """The lines in a frame of `width` × `height` cells, the legend in the last of its rows.

    All lines have as many values; the first stands at the left edge, the last at the right one.
    More values than columns of dots are averaged. The highest and the lowest value stand at the
    left edge. Where lines cross, the first one's style holds.
    """
    rows = height - 1
    known = [
        value for line in lines for value in line.values if value is not None and _known(value)
    ]
    if not known or rows < 1:
        return [[] for _ in range(max(rows, 0))] + [legend(lines, width)]
    low, high = min(known), max(known)
    labels = [_label(high), _label(low)]
    margin = max(map(len, labels)) + 1
    columns = max(1, width - margin)
    canvas = _Canvas(columns, rows)
    for line in lines:
        canvas.draw(line, low, high)
    drawn = canvas.rows()
    left = [f"{labels[0]:>{margin - 1}} ", *([" " * margin] * (rows - 2))]
    left += [f"{labels[1]:>{margin - 1}} "] if rows > 1 else []
    framed: list[list[Part]] = [
        [(edge, "dim"), *row] for edge, row in zip(left, drawn, strict=True)
    ]
    return [*framed, legend(lines, width)]


def legend(lines: Sequence[Line], width: int) -> list[Part]:
    """What each line is, and its newest value; what does not fit is left out."""
    parts: list[Part] = []
    left = width
    for line in lines:
        value = "" if line.last is None else f" {_label(line.last)}"
        mark, words = ("┄" if line.dotted else "─"), f" {line.name}{value}  "
        if len(mark + words.rstrip()) > left:
            break
        parts += [(mark, line.style), words]
        left -= len(mark + words)
    return parts


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _label(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"


class _Canvas:
    """Dots, and the style of each cell that has any."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.height = columns, rows
        self._bits = [[0] * columns for _ in range(rows)]
        self._styles = [[""] * columns for _ in range(rows)]

    def draw(self, line: Line, low: float, high: float) -> None:
        """One line, from column of dots to column of dots."""
        dots, top = self.columns * 2, self.height * 4 - 1
        span = high - low
        before: int | None = None
        for x, value in enumerate(resampled(line.values, dots)):
            if value is None:
                before = None
                continue
            y = top // 2 if not span else round((high - value) / span * top)
            if not (line.dotted and x % 2):
                for each in _between(before, y):
                    self._dot(x, each, line.style)
            before = y

    def _dot(self, x: int, y: int, style: str) -> None:
        row, column = y // 4, x // 2
        if not self._bits[row][column]:
            self._styles[row][column] = style
        self._bits[row][column] |= _DOTS[y % 4][x % 2]

    def rows(self) -> list[list[Part]]:
        """Each row as runs of one style."""
        drawn: list[list[Part]] = []
        for bits, styles in zip(self._bits, self._styles, strict=True):
            runs: list[tuple[str, str]] = []
            for bit, style in zip(bits, styles, strict=True):
                cell = chr(0x2800 + bit) if bit else " "
                if runs and runs[-1][1] == style:
                    runs[-1] = (runs[-1][0] + cell, style)
                else:
                    runs.append((cell, style))
            drawn.append([(text, style) if style else text for text, style in runs])
        return drawn


def _between(before: int | None, y: int) -> range:
    """The dots that join a column to the one before it, `y` among them."""
    if before is None or abs(y - before) <= 1:
        return range(y, y + 1)
    return range(before + 1, y + 1) if before < y else range(y, before)


def resampled(values: Sequence[float | None], count: int) -> list[float | None]:
    """As many values as there are columns of dots: averaged where they are more, else joined by
    straight lines. What is not a finite number is a gap. One value alone becomes a level line."""
    clean = [value if _known(value) else None for value in values]
    if len(clean) > count:
        return [_mean(clean[i * len(clean) // count : (i + 1) * len(clean) // count])
                for i in range(count)]  # fmt: skip
    if len(clean) < 2:
        return [clean[0] if clean else None] * count
    return [_at(clean, i * (len(clean) - 1) / max(1, count - 1)) for i in range(count)]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _at(values: Sequence[float | None], place: float) -> float | None:
    """The value at a place between two of them; beside a gap, that of the one there is, near it."""
    low = min(int(place), len(values) - 2)
    one, other, share = values[low], values[low + 1], place - low
    if one is not None and other is not None:
        return one + (other - one) * share
    if one is not None and share < 0.5:
        return one
    return other if share >= 0.5 else None
