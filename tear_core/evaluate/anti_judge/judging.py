"""From a text to what is wrong with it: spans, a penalty, and whether it must not be said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

from tear_core.evaluate.anti_judge.context import Surroundings, surroundings
from tear_core.evaluate.anti_judge.pattern import Category, Pattern, patterns
from tear_core.evaluate.anti_judge.reading import read


@dataclass(frozen=True, slots=True)
class Finding:
    """A span of the text, start:end in its own characters, and the pattern that it shows."""

    start: int
    end: int
    pattern: str
    category: Category
    weight: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found. `penalty` is 0 (nothing) to 1, and only ever takes away."""

    penalty: float
    hard_block: bool
    findings: tuple[Finding, ...]


def findings(text: str) -> tuple[Finding, ...]:
    """What shows in a text, in the order of its words.

    Where findings of one category overlap the heaviest stands. The same text gives the same
    findings, everywhere; time is in proportion to its length.
    """
    return tuple(finding for finding, _ in _found(text))


def judge(text: str) -> Judged:
    """Findings, and what they come to.

    The penalty is `1 - product of (1 - weight)` over the different patterns that were found: saying
    a thing twice is no worse than saying it once, and no sum can pass 1.
    """
    found = _found(text)
    weights = {pattern.id: pattern.weight for _, pattern in found}
    penalty = 1.0 - prod(1.0 - weight for weight in weights.values())
    blocked = any(pattern.blocks for _, pattern in found)
    return Judged(round(penalty, 6), blocked, tuple(finding for finding, _ in found))


def _found(text: str) -> list[tuple[Finding, Pattern]]:
    reading = read(text)
    around = surroundings(reading.text)
    found = []
    for pattern in patterns():
        for match in pattern.regex.finditer(reading.text):
            start, end = _words(match)
            if start < end and not _harmless(pattern, around, start, end):
                span = reading.span(start, end)
                finding = Finding(*span, pattern.id, pattern.category, pattern.weight)
                found.append((finding, pattern))
    return _apart(found)


def _words(match: re.Match[str]) -> tuple[int, int]:
    """A match without the sign before it, which closes another sentence; a star opens an act."""
    start, end = match.span()
    while start < end and not (match.string[start].isalnum() or match.string[start] == "*"):
        start += 1
    return start, end


def _harmless(pattern: Pattern, around: Surroundings, start: int, end: int) -> bool:
    window = pattern.window
    if pattern.unless is not None:
        near = around.text[max(0, start - window) : end + window]
        if pattern.unless.search(near):
            return True
    return any(around.suppress(cue, start, end, window) for cue in pattern.suppressors)


def _apart(found: list[tuple[Finding, Pattern]]) -> list[tuple[Finding, Pattern]]:
    """The heaviest of those that overlap within a category; blocks before all."""
    kept: list[tuple[Finding, Pattern]] = []
    last: dict[str, int] = {}
    for each in sorted(found, key=lambda f: (f[0].start, not f[1].blocks, -f[0].weight, -f[0].end)):
        finding, pattern = each
        before = last.get(finding.category)
        if before is not None and finding.start < kept[before][0].end:
            other, theirs = kept[before]
            if (pattern.blocks, finding.weight) > (theirs.blocks, other.weight):
                kept[before] = each
            continue
        last[finding.category] = len(kept)
        kept.append(each)
    return kept
