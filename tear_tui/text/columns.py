"""The rows and columns of a list, and which columns fit into how many cells. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

GAP = 2
"""Cells between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        width: cells it takes; with a `share` the fewest it is shown in.
        share: parts of what is left over.
        rank: where it is narrow, columns of a higher rank go first. 0 always stays.
        right: its texts stand to the right.
    """

    name: str
    width: int
    share: int = 0
    rank: int = 0
    right: bool = False


class Row(NamedTuple):
    """One row: a text for each column, and how it is shown: "", "quiet", "good" or "bad"."""

    cells: Sequence[str]
    tone: str = ""


def fitted(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """The columns that fit into `width` cells: where each stands in `columns`, and its cells."""
    shown = list(range(len(columns)))
    while _needed(columns, shown) > width:
        last = max(shown, key=lambda each: columns[each].rank, default=None)
        if last is None or not columns[last].rank:
            break
        shown.remove(last)
    left = max(0, width - _needed(columns, shown))
    shares = sum(columns[each].share for each in shown)
    sizes = []
    for each in shown:
        part = left * columns[each].share // shares if shares else 0
        sizes.append((each, min(columns[each].width + part, width)))
        left, shares = left - part, shares - columns[each].share
    return sizes


def _needed(columns: Sequence[Column], shown: Sequence[int]) -> int:
    return sum(columns[each].width for each in shown) + GAP * max(0, len(shown) - 1)
