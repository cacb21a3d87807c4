"""Swap: are the scenes it writes those of what was said?

A model may score well and write the same scene whatever is said. Here it writes one for each
response to an input (greedily, and a few times more with chance), and a different, frozen reader
(mean embeddings of the base, half way up) says which written scene is nearer to what really came of
which response:

    cos(w1,c1) + cos(w2,c2) > cos(w1,c2) + cos(w2,c1)

Embeddings are centred on the mean of the real consequences, for otherwise all are near to all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tear_core.evaluate import statistics
from tear_core.evaluate.awareness.items import Item
from tear_core.evaluate.awareness.surface import Surface
from tear_core.evaluate.cells import Cell
from tear_core.evaluate.figures import Estimate, Figure, Unscored, to_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

Write = Callable[[Cell, int], str]
"""An input and a response (the cell's consequence is not to be looked at), and the number of the
draw (0: greedy) -> a scene."""

Embed = Callable[[Sequence[str]], "NDArray[np.float64]"]
"""Texts -> [texts, size], whatever the texts' company."""

SAMPLES = 4
NEARLY_THE_SAME = 0.8
"""Jaccard of character 5-grams above which two scenes are one."""


@dataclass(frozen=True, slots=True)
class Swapped:
    """What was written for one item.

    Attributes:
        scenes: for each draw, the scene after the first response and after the second.
        edited: greedy scenes after both responses with an edit that means nothing.
        right: share of draws in which the scenes match what really happened.
        same: share of draws in which the two scenes are nearly the same.
        moved: 1 if the edit turned right into wrong or wrong into right.
    """

    item: str
    cluster: str
    scenes: tuple[tuple[str, str], ...]
    edited: tuple[str, str]
    right: Figure
    same: Figure
    moved: Figure


@dataclass(frozen=True)
class Swap:
    """Over all items: right (chance 0.5), nearly the same, and moved by an edit."""

    right: Estimate
    same: Estimate
    moved: Estimate
    items: tuple[Swapped, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "chance": 0.5,
            "right": self.right.as_json(),
            "same": self.same.as_json(),
            "moved": self.moved.as_json(),
            "items": [
                {
                    "item": each.item,
                    "cluster": each.cluster,
                    "scenes": [list(pair) for pair in each.scenes],
                    "edited": list(each.edited),
                    "right": to_json(each.right),
                    "same": to_json(each.same),
                    "moved": to_json(each.moved),
                }
                for each in self.items
            ],
        }


def eligible(items: Sequence[Item], surface: Surface) -> list[Item]:
    """Ties, and where the surface is right: elsewhere a scene that copies words would be wrong."""
    return [item for item in items if surface.stratum(item) != "W"]


def swap(
    write: Write, embed: Embed, items: Sequence[Item], *, samples: int = SAMPLES, seed: int = 0
) -> Swap:
    """Have scenes written for both responses of each item, and judge them.

    An empty scene is unscored, and counts as wrong, as the same, and as moved.
    """
    told = [text for item in items for text in item.consequences]
    centre = np.mean(embed(told), axis=0) if told else np.zeros(0)

    def directions(texts: Sequence[str]) -> NDArray[np.float64]:
        away = embed(texts) - centre
        size = np.linalg.norm(away, axis=1, keepdims=True)
        return np.asarray(away / np.where(size > 0, size, 1.0), dtype=np.float64)

    found = tuple(_swapped(write, directions, item, samples) for item in items)
    clusters = [each.cluster for each in found]

    def mean(values: list[Figure], worst: float) -> Estimate:
        return statistics.mean(values, clusters, missing=worst, seed=seed)

    return Swap(
        mean([each.right for each in found], 0.0),
        mean([each.same for each in found], 1.0),
        mean([each.moved for each in found], 1.0),
        found,
    )


def asked_of(items: Sequence[Item], samples: int = SAMPLES) -> list[tuple[Cell, int]]:
    """Every scene that `swap` will ask for: what it goes on from, and the number of the draw."""
    found = []
    for item in items:
        cells = item.cell(0, 0), item.cell(1, 1)
        found += [(cell, draw) for draw in range(1 + samples) for cell in cells]
        found += [(_edited(cell), 0) for cell in cells]
    return list(dict.fromkeys(found))


def irrelevantly_edited(text: str) -> str:
    """The same words said with a filler before them and a slip of the finger in the longest."""
    longest = max(text.split(), key=len, default="")
    slipped = longest
    if len(longest) > 3:
        middle = len(longest) // 2
        slipped = (
            longest[: middle - 1] + longest[middle] + longest[middle - 1] + longest[middle + 1 :]
        )
    return "Well, " + text.replace(longest, slipped, 1) if longest else text


def alike(a: str, b: str) -> float:
    """Jaccard of character 5-grams: 1 is the same text."""
    one, two = (_grams(text) for text in (a, b))
    return len(one & two) / max(1, len(one | two))


def _swapped(
    write: Write,
    directions: Callable[[Sequence[str]], NDArray[np.float64]],
    item: Item,
    samples: int,
) -> Swapped:
    cells = item.cell(0, 0), item.cell(1, 1)
    scenes = tuple((write(cells[0], draw), write(cells[1], draw)) for draw in range(1 + samples))
    edited = write(_edited(cells[0]), 0), write(_edited(cells[1]), 0)
    real = directions(item.consequences)
    matches = [_match(pair, real, directions) for pair in (*scenes, edited)]
    drawn, after = matches[:-1], matches[-1]
    known = [match for match in drawn if not isinstance(match, Unscored)]
    lost = len(known) < len(drawn)
    moved: Figure = Unscored("an empty scene")
    if not isinstance(drawn[0], Unscored) and not isinstance(after, Unscored):
        moved = float(drawn[0] != after)
    same = sum(alike(*pair) > NEARLY_THE_SAME for pair in scenes) / len(scenes)
    return Swapped(
        item.id,
        item.cluster,
        scenes,
        edited,
        Unscored("an empty scene") if lost else sum(known) / len(known),
        Unscored("an empty scene") if lost else same,
        moved,
    )


def _match(
    pair: tuple[str, str],
    real: NDArray[np.float64],
    directions: Callable[[Sequence[str]], NDArray[np.float64]],
) -> Figure:
    """1 if the two scenes are nearer to their own real consequences; a tie is wrong."""
    if not all(text.strip() for text in pair):
        return Unscored("an empty scene")
    near = directions(pair) @ real.T  # [scene, consequence]
    return float(near[0, 0] + near[1, 1] > near[0, 1] + near[1, 0] + 1e-9)


def _edited(cell: Cell) -> Cell:
    return Cell(
        cell.input, irrelevantly_edited(cell.response or ""), cell.consequence, cell.context
    )


def _grams(text: str) -> frozenset[str]:
    plain = " ".join(text.casefold().split())
    return frozenset(plain[i : i + 5] for i in range(max(1, len(plain) - 4)))
