"""How far several scenes for the same words lie apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from tear_core.turn import Candidate, scene_generation

_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
"""Runs of letters and digits; scripts that write no spaces count by the character."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How far `scenes` scenes of one generation lie apart, and their lengths in tokens."""

    scenes: int
    generation: int
    apart: float
    shortest: int
    longest: int


def spread_of(candidate: Candidate) -> Spread | None:
    """Of a candidate's scenes, those by the generation that drew last (the first one too, if it
    is of that generation): scenes of several generations would differ for another reason.

    None with fewer than two of them.
    """
    if not candidate.samples:
        return None
    number = candidate.samples[-1].generation
    drawn = [(each.text, each.tokens) for each in candidate.samples if each.generation == number]
    if candidate.scene and scene_generation(candidate) == number:
        drawn.append((candidate.scene, int(candidate.facts.get("scene", {}).get("tokens", 0))))
    apart = spread([text for text, _ in drawn])
    if apart is None:
        return None
    lengths = [tokens for _, tokens in drawn]
    return Spread(len(drawn), number, apart, min(lengths), max(lengths))


def spread(texts: Sequence[str]) -> float | None:
    """Mean over all pairs of 1 − the share of different words that both have (Jaccard, 1901).

    0: all use the same words; 1: no two have a word in common. Order and number of words do
    not count, and neither does meaning: two scenes that say the same in other words are far
    apart. None with fewer than two texts.
    """
    sets = [frozenset(_WORDS.findall(text.casefold())) for text in texts]
    pairs = list(combinations(sets, 2))
    if not pairs:
        return None
    return sum(_distance(one, other) for one, other in pairs) / len(pairs)


def _distance(one: frozenset[str], other: frozenset[str]) -> float:
    either = one | other
    return 1 - len(one & other) / len(either) if either else 0.0
