"""The suites' bars: values from `bars.toml`, made into rules that are met, not met or open."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tear_core.evaluate.figures import Estimate
from tear_core.evaluate.suites.result import Bar

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

FILE = Path(__file__).parent / "bars.toml"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value and its source."""

    value: float
    source: str


@cache
def thresholds(suite: str) -> Mapping[str, Threshold]:
    """The values of one suite.

    Raises:
        ValueError: one has no finite value or no source.
    """
    found = {}
    for name, told in tomllib.loads(FILE.read_text(encoding="utf-8"))[suite].items():
        value, source = float(told["value"]), str(told["source"])
        if not math.isfinite(value) or not source.strip():
            raise ValueError(f"{suite}.{name} needs a finite value and a source")
        found[name] = Threshold(value, source)
    return found


def below(suite: str, name: str, estimate: Estimate | None, what: str) -> Bar:
    """The estimate's upper bound is at most the value. None: nothing to compare with, open."""
    bar = thresholds(suite)[name]
    met = None
    if estimate is not None and not _open(estimate):
        met = isinstance(estimate.at_most, float) and estimate.at_most <= bar.value
    return Bar(name, f"upper bound of {what} at most {bar.value:g}", bar.source, met)


def above(suite: str, name: str, estimate: Estimate, what: str, strictly: bool = False) -> Bar:
    """The estimate's lower bound is at least (or, strictly, above) the value."""
    bar = thresholds(suite)[name]
    low = estimate.at_least if isinstance(estimate.at_least, float) else -math.inf
    within = low > bar.value if strictly else low >= bar.value
    rule = f"lower bound of {what} {'above' if strictly else 'at least'} {bar.value:g}"
    return Bar(name, rule, bar.source, None if _open(estimate) else within)


def enough(suite: str, name: str, n: int, what: str) -> Bar:
    """There are at least so many; fewer leave the bar open, and with it the suite."""
    bar = thresholds(suite)[name]
    rule = f"at least {bar.value:g} {what}; there are {n}"
    return Bar(name, rule, bar.source, True if n >= bar.value else None)


def _open(estimate: Estimate) -> bool:
    """Whether there is too little to look at. What is unscored is there, and not good enough."""
    return estimate.few and isinstance(estimate.value, float)


def plain(suite: str, name: str, rule: str, met: bool | None) -> Bar:
    """A rule of another form; `{value}` in it stands for the value."""
    bar = thresholds(suite)[name]
    return Bar(name, rule.format(value=f"{bar.value:g}"), bar.source, met)
