"""One item's score: four likelihoods, their double difference, and what it is worth.

If log p(c|x,r) = a(x,c) + b(x,r), then Δ = 0 exactly: style, fluency, length, empathy and any prior
over consequences cancel, as long as they do not depend on what was said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tear_core.evaluate.awareness.items import Item
from tear_core.evaluate.awareness.surface import Stratum, Surface
from tear_core.evaluate.cells import Cell, Length, Score, unique
from tear_core.evaluate.figures import Figure, Unscored, figure, from_json, to_json

COOLEST = 100.0
"""The highest temperature. A model without skill has no best one: its NLL falls on and on."""


@dataclass(frozen=True, slots=True)
class ItemScore:
    """What was measured on one item. Nats; a cell that could not be scored makes it unscored.

    Attributes:
        cells: S_11, S_12, S_21, S_22: response a with consequence b.
        delta: S_11 - S_12 - S_21 + S_22; above 0 the right matching is the likelier one.
        s: 2σ(Δ/T) - 1.
        f: the surface model's own answer.
        tokens: of both consequences together.
        temperature: the T of this item.
    """

    id: str
    cluster: str
    stratum: Stratum
    f: float
    cells: tuple[Figure, Figure, Figure, Figure]
    delta: Figure
    s: Figure
    tokens: int
    temperature: float
    hash: str

    @property
    def right(self) -> Figure:
        """1 if the right matching is likelier; a tie is wrong."""
        return self.delta if isinstance(self.delta, Unscored) else float(self.delta > 0)

    @property
    def group(self) -> Figure:
        """1 if under both responses the own consequence is the likelier one. Guessing: 0.25."""
        if (told := self._both()) is None:
            return Unscored("a cell is unscored")
        return float(all(told))

    @property
    def own(self) -> Figure:
        """Share of the two responses under which the own consequence beats the other one's."""
        if (told := self._both()) is None:
            return Unscored("a cell is unscored")
        return sum(told) / 2

    def _both(self) -> tuple[bool, bool] | None:
        s11, s12, s21, s22 = self.cells
        if (
            isinstance(s11, Unscored)
            or isinstance(s12, Unscored)
            or isinstance(s21, Unscored)
            or isinstance(s22, Unscored)
        ):
            return None
        return s11 > s12, s22 > s21

    @property
    def bits(self) -> Figure:
        """1 + log2 σ(Δ/T): what the model knows of the matching, in bits; at most 1."""
        if isinstance(self.delta, Unscored):
            return self.delta
        return 1 - _softplus(-self.delta / self.temperature) / math.log(2)

    @property
    def delta_per_token(self) -> Figure:
        """Δ by the tokens of both consequences."""
        if isinstance(self.delta, Unscored) or not self.tokens:
            return Unscored("unscored, or no tokens")
        return self.delta / self.tokens

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "cluster": self.cluster,
            "stratum": self.stratum,
            "f": self.f,
            "cells": [to_json(cell) for cell in self.cells],
            "delta": to_json(self.delta),
            "s": to_json(self.s),
            "tokens": self.tokens,
            "temperature": self.temperature,
            "hash": self.hash,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ItemScore:
        first, second, third, fourth = (from_json(cell) for cell in data["cells"])
        return cls(
            data["id"],
            data["cluster"],
            data["stratum"],
            float(data["f"]),
            (first, second, third, fourth),
            from_json(data["delta"]),
            from_json(data["s"]),
            int(data["tokens"]),
            float(data["temperature"]),
            data["hash"],
        )


def cells(items: Sequence[Item]) -> list[Cell]:
    """The four cells of each item, in the order of `ItemScore.cells`."""
    return [item.cell(a, b) for item in items for a in (0, 1) for b in (0, 1)]


def nats(score: Score, asked: Sequence[Cell]) -> list[Figure]:
    """Score cells, each different one once.

    Raises:
        ValueError: the scorer gave back another number of scores.
    """
    different = unique(asked)
    given = list(score(different))
    if len(given) != len(different):
        raise ValueError(f"the scorer gave {len(given)} scores for {len(different)} cells")
    table = {cell: figure(nats) for cell, nats in zip(different, given, strict=True)}
    return [table[cell] for cell in asked]


def deltas(score: Score, items: Sequence[Item]) -> list[Figure]:
    """Δ of each item."""
    found = nats(score, cells(items))
    return [double_difference(found[i : i + 4]) for i in range(0, len(found), 4)]


def double_difference(four: Sequence[Figure]) -> Figure:
    """S_11 - S_12 - S_21 + S_22."""
    scored = [cell for cell in four if not isinstance(cell, Unscored)]
    if len(scored) < len(four):
        return Unscored("a cell is unscored")
    s11, s12, s21, s22 = scored
    return s11 - s12 - s21 + s22


def soft(delta: Figure, temperature: float) -> Figure:
    """s = 2σ(Δ/T) - 1."""
    return delta if isinstance(delta, Unscored) else math.tanh(delta / temperature / 2)


def fit_temperature(found: Sequence[Figure]) -> float:
    """The T in [1, 100] that minimises the mean of -log σ(Δ/T) over these Δ.

    At least 1: it may cool a model that is too sure of itself, never sharpen one that is not.
    Without a scored item it is 100: a model of which nothing is known is believed nothing.
    """
    known = [delta for delta in found if not isinstance(delta, Unscored)]

    def rising(inverse: float) -> float:
        """Slope of the mean NLL in 1/T; it rises, since the NLL is convex."""
        return sum(-delta * _sigmoid(-delta * inverse) for delta in known)

    low, high = 1 / COOLEST, 1.0
    if not known or rising(low) >= 0:
        return COOLEST
    if rising(high) <= 0:
        return 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return 2 / (low + high)


def matching_nll(found: Sequence[Figure], temperature: float) -> float:
    """Mean -log σ(Δ/T) in nats: what not knowing the matching costs. Guessing is log 2; what is
    unscored counts as that."""
    costs = [
        math.log(2) if isinstance(delta, Unscored) else _softplus(-delta / temperature)
        for delta in found
    ]
    return sum(costs) / max(1, len(costs))


def score_item(
    item: Item, four: Sequence[Figure], surface: Surface, temperature: float, length: Length
) -> ItemScore:
    """Put one item's measurements together."""
    first, second, third, fourth = four
    delta = double_difference(four)
    return ItemScore(
        item.id,
        item.cluster,
        surface.stratum(item),
        surface.f(item),
        (first, second, third, fourth),
        delta,
        soft(delta, temperature),
        sum(length(text) for text in item.consequences),
        temperature,
        item.content_hash,
    )


def _sigmoid(value: float) -> float:
    return 0.5 * (1 + math.tanh(value / 2))


def _softplus(value: float) -> float:
    """log(1 + e^value), without overflow."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))
