"""What is scored: a consequence after an input and a response; and what scores it, as a function.

Everything in this room that needs a likelihood takes a `Score`. A tree's is made by
`likelihood.scorer`; a test's, or a null model's, is a lambda.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tear_core.triples import Exchange


@dataclass(frozen=True, slots=True)
class Cell:
    """A consequence to be scored. A `response` of None: the consequence given the input alone."""

    input: str
    response: str | None
    consequence: str
    context: tuple[Exchange, ...] = ()


Score = Callable[[Sequence[Cell]], Sequence[float]]
"""Cells -> log-likelihoods of their consequences' words in nats (at most 0), in their order.
NaN says that a cell could not be scored."""

Length = Callable[[str], int]
"""A text -> how many tokens it has."""


def word_count(text: str) -> int:
    """The length of a text where no tokenizer is at hand."""
    return len(text.split())


def unique(cells: Iterable[Cell]) -> list[Cell]:
    """Each cell once, in the order in which it was first asked for."""
    return list(dict.fromkeys(cells))


def looked_up(table: Mapping[Cell, float]) -> Score:
    """A scorer that only looks up what has been scored before; NaN for the rest."""
    return lambda cells: [table.get(cell, math.nan) for cell in cells]
