"""How an arm is scored: the way that suits it best on other items, at the temperature they set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tear_core.evaluate.awareness.items import Item
from tear_core.evaluate.awareness.scores import deltas, fit_temperature, matching_nll
from tear_core.evaluate.cells import Score


def calibrated(score: Score, items: Sequence[Item]) -> float | None:
    """The temperature of a scorer on these items; None without items (see `measure`)."""
    return fit_temperature(deltas(score, items)) if items else None


def best_of(ways: Mapping[str, Score], items: Sequence[Item]) -> str:
    """The way of scoring that matches these items with the lowest NLL, each at its own
    temperature; the first among equals.

    For a base that was never trained with the delimiters: of several plain-text templates
    (`likelihood.TEMPLATES`) it is given the one that suits it best.
    """

    def loss(name: str) -> float:
        found = deltas(ways[name], items)
        return matching_nll(found, fit_temperature(found))

    return min(ways, key=loss)
