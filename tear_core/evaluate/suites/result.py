"""What a suite found: each item's figures by its id, estimates with intervals, and bars.

A bar is met, not met, or open (None): what it needs was not measured, or there is too little of
it. Open is not a pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from tear_core.evaluate import statistics
from tear_core.evaluate.figures import Estimate, Figure, from_json, to_json

VERSION = 1
"""Of the shape below. A reader of an older one must say so, not guess."""

Verdict = Literal["pass", "fail", "insufficient"]
LEAST = "least"
"""How the names of bars begin that ask for enough items."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item.

    Attributes:
        cluster: its scenario or pair; items of one cluster are not independent.
        part: its category.
        wrong: it counts as a failure. An item without a score is always wrong.
        figures: what was measured, by name.
    """

    id: str
    cluster: str
    part: str
    wrong: bool
    figures: Mapping[str, Figure]

    def as_json(self) -> dict[str, Any]:
        figures = {name: to_json(value) for name, value in self.figures.items()}
        return {
            "id": self.id,
            "cluster": self.cluster,
            "part": self.part,
            "wrong": self.wrong,
            "figures": figures,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outcome:
        figures = {name: from_json(value) for name, value in data["figures"].items()}
        return cls(data["id"], data["cluster"], data["part"], data["wrong"] is not False, figures)


@dataclass(frozen=True, slots=True)
class Bar:
    """A rule, where it comes from, and whether it is met. None: it could not be looked at."""

    name: str
    rule: str
    source: str
    met: bool | None

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "rule": self.rule, "source": self.source, "met": self.met}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bar:
        met = data.get("met")
        return cls(
            data["name"], data["rule"], data["source"], met if isinstance(met, bool) else None
        )


@dataclass(frozen=True)
class SuiteResult:
    """One suite under one model.

    Attributes:
        items_hash: 32 hex digits of the items' words. Results of other items are not comparable.
        unscored: how many outcomes hold a figure that is none.
        against: what it has been compared with, "" for nothing.
        notes: what a reader should know, in sentences.
    """

    name: str
    items_hash: str
    estimates: Mapping[str, Estimate]
    outcomes: tuple[Outcome, ...]
    bars: tuple[Bar, ...]
    against: str = ""
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        return len(self.outcomes)

    @property
    def unscored(self) -> int:
        return sum(any(not isinstance(f, float) for f in o.figures.values()) for o in self.outcomes)

    @property
    def passed(self) -> bool:
        """Every bar is met. No bars, an open one, no items: no."""
        return bool(self.bars and self.outcomes) and all(bar.met is True for bar in self.bars)

    @property
    def short(self) -> bool:
        """There are fewer items than the suite needs: whatever it finds is no finding."""
        return not self.outcomes or any(
            bar.name.startswith(LEAST) and bar.met is not True for bar in self.bars
        )

    @property
    def failed(self) -> bool:
        """A bar is not met, on enough items. What has neither passed nor failed is open."""
        return not self.short and any(bar.met is False for bar in self.bars)

    @property
    def verdict(self) -> Verdict:
        """`insufficient`: too few items, or a bar that nobody could look at. It is no pass."""
        if self.passed:
            return "pass"
        return "fail" if self.failed else "insufficient"

    def figures(self, name: str) -> list[Figure]:
        """One figure of every outcome, in their order."""
        return [outcome.figures[name] for outcome in self.outcomes]

    def with_comparison(
        self, against: str, estimates: Mapping[str, Estimate], bars: Sequence[Bar]
    ) -> SuiteResult:
        """The same with what a comparison added; its bars take the place of open ones."""
        closed = {bar.name: bar for bar in bars}
        kept = tuple(closed.pop(bar.name, bar) for bar in self.bars)
        return replace(
            self,
            against=against,
            estimates={**self.estimates, **estimates},
            bars=(*kept, *closed.values()),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "name": self.name,
            "items_hash": self.items_hash,
            "n": self.n,
            "unscored": self.unscored,
            "passed": self.passed,
            "failed": self.failed,
            "verdict": self.verdict,
            "against": self.against,
            "estimates": {name: each.as_json() for name, each in self.estimates.items()},
            "bars": [bar.as_json() for bar in self.bars],
            "notes": list(self.notes),
            "outcomes": [outcome.as_json() for outcome in self.outcomes],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SuiteResult:
        """A result back from its JSON. Whether it passed is worked out anew, never read.

        Raises:
            ValueError: it was written by another version.
        """
        if data.get("version") != VERSION:
            raise ValueError(f"a suite result of version {data.get('version')!r}, not {VERSION}")
        return cls(
            name=data["name"],
            items_hash=data["items_hash"],
            estimates={name: Estimate.from_json(e) for name, e in data["estimates"].items()},
            outcomes=tuple(Outcome.from_json(each) for each in data["outcomes"]),
            bars=tuple(Bar.from_json(each) for each in data["bars"]),
            against=data["against"],
            notes=tuple(data["notes"]),
        )


def beside(mine: SuiteResult, other: SuiteResult) -> list[tuple[Outcome, Outcome]]:
    """Each outcome with the other model's on the same item, by id, in the order of `mine`.

    Raises:
        ValueError: they are of different suites, or were measured on different items.
    """
    if mine.name != other.name:
        raise ValueError(f"{mine.name} cannot be compared with {other.name}")
    theirs = {outcome.id: outcome for outcome in other.outcomes}
    same = {outcome.id for outcome in mine.outcomes} == set(theirs)
    if mine.items_hash != other.items_hash or not same:
        raise ValueError(f"{mine.name}: the two were measured on different items")
    return [(outcome, theirs[outcome.id]) for outcome in mine.outcomes]


def more_of(name: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> Estimate:
    """How much more of a figure the first of each pair has; clusters stay together."""
    found = statistics.differences(
        [mine.figures[name] for mine, _ in pairs], [other.figures[name] for _, other in pairs]
    )
    return statistics.mean(found, [mine.cluster for mine, _ in pairs])
