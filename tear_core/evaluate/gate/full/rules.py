"""One rule of a test: a figure held against a bar, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tear_core.evaluate.figures import Estimate, Figure, Unscored, to_json
from tear_core.evaluate.gate.thresholds import Bar

Status = Literal["pass", "fail", "insufficient", "open"]
ROUNDING = 1e-9
"""What lies above a bar by less than this owes it to the order of a sum."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and what came of it.

    Attributes:
        words: the rule as a sentence without its full stop, its figure with it where there is one.
        met: None is open: what it needs was never made, and nobody is to blame for it.
        short: it is not met because there are too few items to tell.
        figure: what was held against `bar`; None where the rule has no figure of its own.
    """

    name: str
    words: str
    source: str
    met: bool | None
    short: bool = False
    figure: Figure | None = None
    bar: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.name,
            "words": self.words,
            "source": self.source,
            "met": self.met,
            "too_few": self.short,
            "figure": None if self.figure is None else to_json(self.figure),
            "bar": self.bar,
        }


@dataclass(frozen=True)
class Trial:
    """One of the tests: its rules, and what they were held against.

    Attributes:
        number: 1 to 10; 0 is the precondition.
        n: independent units, mostly inputs. Its items are named in `hash`.
        failures: ids of the items that count as wrong.
        missing: why there is nothing to hold a rule against; "" if there is.
        notes: what a reader should know, in sentences.
    """

    number: int
    name: str
    asks: str
    rules: tuple[Rule, ...] = ()
    n: int = 0
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    failures: Sequence[str] = ()
    hash: str = ""
    missing: str = ""
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """Missing evidence fails. With too few items no other rule says anything."""
        if self.missing or not self.rules:
            return "fail"
        if any(rule.short for rule in self.rules):
            return "insufficient"
        if any(rule.met is False for rule in self.rules):
            return "fail"
        return "open" if any(rule.met is None for rule in self.rules) else "pass"

    @property
    def why(self) -> str:
        """What keeps it from passing, in words; "" if nothing does."""
        if self.missing:
            return self.missing
        short = [rule.words for rule in self.rules if rule.short]
        return "; ".join(short or [rule.words for rule in self.rules if rule.met is not True])

    def summary(self) -> dict[str, Any]:
        """What is kept with the generation: no items."""
        return {
            "number": self.number,
            "name": self.name,
            "asks": self.asks,
            "status": self.status,
            "why": self.why,
            "n": self.n,
            "hash": self.hash,
            "rules": [rule.as_json() for rule in self.rules],
            "notes": list(self.notes),
        }

    def as_json(self) -> dict[str, Any]:
        return {
            **self.summary(),
            "estimates": {name: each.as_json() for name, each in self.estimates.items()},
            "failures": list(self.failures),
        }


def above(bar: Bar, estimate: Estimate, what: str) -> Rule:
    """The lower 95 % bound lies above the bar."""
    return _bound(bar, estimate, estimate.at_least, f"lower bound of {what}", "above")


def below(bar: Bar, estimate: Estimate, what: str) -> Rule:
    """The upper 95 % bound is at most the bar."""
    return _bound(bar, estimate, estimate.at_most, f"upper bound of {what}", "at most")


def _bound(bar: Bar, estimate: Estimate, bound: Figure, what: str, how: str) -> Rule:
    met = isinstance(bound, float) and (bound > bar.value if how == "above" else bound <= bar.value)
    scored = isinstance(bound, float)
    return Rule(
        bar.name,
        f"{what} {how} {bar.value:g}: {said(bound)}",
        bar.source,
        met and not estimate.few,
        short=scored and estimate.few,
        figure=bound,
        bar=bar.value,
    )


def enough(bar: Bar, n: int, what: str) -> Rule:
    """There are at least so many."""
    met = n >= bar.value
    words = f"at least {bar.value:g} {what}: {n}"
    return Rule(bar.name, words, bar.source, met, short=not met, figure=float(n), bar=bar.value)


def at_most(bar: Bar, value: Figure, what: str) -> Rule:
    """A plain figure is no larger than the bar."""
    met = isinstance(value, float) and value <= bar.value
    words = f"{what} at most {bar.value:g}: {said(value)}"
    return Rule(bar.name, words, bar.source, met, figure=value, bar=bar.value)


def at_least(bar: Bar, value: Figure, what: str) -> Rule:
    """A plain figure is no smaller than the bar."""
    met = isinstance(value, float) and value >= bar.value
    words = f"{what} at least {bar.value:g}: {said(value)}"
    return Rule(bar.name, words, bar.source, met, figure=value, bar=bar.value)


def said(value: Figure) -> str:
    """A figure in words."""
    return f"not measured ({value.why})" if isinstance(value, Unscored) else f"{value:.4g}"
