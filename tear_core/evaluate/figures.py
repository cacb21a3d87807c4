"""A figure, or the plain statement that there is none: numbers that can say "unscored".

A missing score that turns into 0, null or NaN on its way through a file is how a gate opens by
mistake. Here it is an `Unscored` with its reason from the first computation to the last report,
and nothing unscored ever passes a bar.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

LEAST_CLUSTERS = 30
"""Below this many clusters a percentile bootstrap's intervals are too narrow (coverage 0.84 at 12,
0.96 at 30), and no bar counts as passed on its word."""


@dataclass(frozen=True, slots=True)
class Unscored:
    """No figure, and why. In JSON `{"unscored": why}`."""

    why: str


Figure = float | Unscored


def figure(value: object, why: str = "not a finite number") -> Figure:
    """A finite number as it is; None, NaN, infinities and anything else as `Unscored`."""
    if isinstance(value, Unscored):
        return value
    if isinstance(value, Real) and math.isfinite(value):  # numpy's scalars are Real too
        return float(value)
    return Unscored(why)


def to_json(value: Figure) -> Any:
    """A figure as JSON keeps it."""
    return {"unscored": value.why} if isinstance(value, Unscored) else value


def from_json(value: Any) -> Figure:
    """A figure from JSON. null, NaN and a missing value are unscored, never 0."""
    if isinstance(value, dict) and "unscored" in value:
        return Unscored(str(value["unscored"]))
    if isinstance(value, bool):
        return Unscored("not a number in the file")
    return figure(value, "not a number in the file")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its uncertainty, and what it rests on.

    Attributes:
        value: the figure.
        low, high: 95 % interval, two-sided.
        at_least, at_most: 95 % bounds, one-sided each: what a bar is held against.
        clusters: independent units (inputs). The unit of analysis.
        items: scores that went in, unscored ones included.
        unscored: how many of the items had no score.
        method: how the interval was made.
        few: the method needs more clusters than there are; no bar is passed.
    """

    value: Figure
    low: Figure
    high: Figure
    at_least: Figure
    at_most: Figure
    clusters: int
    items: int
    unscored: int = 0
    method: str = ""
    few: bool = False

    def shows_above(self, bar: float) -> bool:
        """Whether the value is above the bar with 95 % confidence. Unscored or too few: no."""
        return not self.few and isinstance(self.at_least, float) and self.at_least > bar

    def shows_below(self, bar: float) -> bool:
        """Whether the value is below the bar with 95 % confidence. Unscored or too few: no."""
        return not self.few and isinstance(self.at_most, float) and self.at_most < bar

    def as_json(self) -> dict[str, Any]:
        return {
            **{name: to_json(getattr(self, name)) for name in _FIGURES},
            "clusters": self.clusters,
            "items": self.items,
            "unscored": self.unscored,
            "method": self.method,
            "few_clusters": self.few,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Estimate:
        """The estimate back from its JSON; what is missing there is unscored."""
        value, low, high, at_least, at_most = (from_json(data.get(name)) for name in _FIGURES)
        return cls(
            *(value, low, high, at_least, at_most),
            clusters=int(data.get("clusters", 0)),
            items=int(data.get("items", 0)),
            unscored=int(data.get("unscored", 0)),
            method=str(data.get("method", "")),
            few=bool(data.get("few_clusters", True)),
        )


_FIGURES = ("value", "low", "high", "at_least", "at_most")


def no_estimate(why: str, clusters: int = 0, items: int = 0, unscored: int = 0) -> Estimate:
    """An estimate that says why there is none."""
    none = Unscored(why)
    return Estimate(none, none, none, none, none, clusters, items, unscored, why, few=True)
