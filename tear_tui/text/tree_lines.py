"""A tree drawn with lines, one row to a node, the newest on top. Pure.

A line of descent keeps its lane however long it is, so that only branches cost width:

    ○    5
    │ ●  4
    ○ │  3
    ○─╯  2
    ○    1
    ○    0
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MOST_LANES = 12
"""Lanes that are drawn; what lies beyond is an ellipsis."""


def tree(parents: Mapping[int, int], nodes: Mapping[int, str]) -> list[tuple[int, str]]:
    """The rows of a tree from its newest node to its root: numbers and the lines beside them.

    Args:
        parents: the parent of each node but the root; parents have lower numbers than children.
        nodes: the sign for each node, the root among them.
    """
    lanes: list[int | None] = []
    rows: list[tuple[int, str]] = []
    for number in sorted(nodes, reverse=True):
        mine = [lane for lane, expected in enumerate(lanes) if expected == number]
        column = mine[0] if mine else _free(lanes)
        lanes[column] = number
        rows.append((number, _drawn(lanes, column, mine[1:], nodes[number])))
        for lane in mine[1:]:
            lanes[lane] = None
        lanes[column] = parents.get(number)
        while lanes and lanes[-1] is None:
            lanes.pop()
    width = max((len(lines) for _, lines in rows), default=0)
    return [(number, lines.ljust(width)) for number, lines in rows]


def _free(lanes: list[int | None]) -> int:
    """The first lane that nobody is in, a new one if need be."""
    if None in lanes:
        return lanes.index(None)
    lanes.append(None)
    return len(lanes) - 1


def _drawn(lanes: list[int | None], column: int, joining: Iterable[int], sign: str) -> str:
    """One row: the node in its lane, and the lanes that come in from the right."""
    ends = set(joining)
    last = max(ends, default=column)
    drawn = []
    for lane, expected in enumerate(lanes):
        between = column < lane < last
        if lane == column:
            cell = sign
        elif lane in ends:
            cell = "╯" if lane == last else "┴"
        elif expected is not None:
            cell = "┼" if between else "│"
        else:
            cell = "─" if between else " "
        drawn.append(cell + ("─" if column <= lane < last else " "))
    text = "".join(drawn[:MOST_LANES]).rstrip()
    return text if len(drawn) <= MOST_LANES else f"{text}…"
