"""The artifact table: how far one gets on a dataset without understanding any of it.

Two responses to the same input and what came of each are a pair. In a **contrast** pair they
landed differently: which one landed better? In a **sibling** pair they landed alike: which of the
two consequences belongs to the response? Each measure answers as a shallow reader would; whatever
it learns, it learns from other inputs (five folds, by input and pair). docs/corpus.md defines
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from tear_core.corpus.bag_of_words import Bag, fit_kinds, fit_pairs, words
from tear_core.corpus.pairs import FOLDS, Pair, clustered, drawn, fold_of, paired
from tear_core.corpus.records import Row
from tear_core.triples import Triple

LEAST = 20
"""Examples of each kind that a measure needs in order to learn from them."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How often a shallow reader is right.

    Attributes:
        pairs: "contrast" or "siblings".
        name: what the reader looks at.
        right: share of pairs it got right, ties half. None: there was too little to learn from.
        low, high: 95 % interval (Wilson).
        below: what a good dataset stays below; None: no target. `holds`: whether it does.
    """

    pairs: str
    name: str
    right: float | None
    low: float | None
    high: float | None
    n: int
    below: float | None = None
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """`alone`: rows with no other response to their input, of which no measure speaks."""

    rows: int
    contrast: int
    siblings: int
    alone: int
    table: tuple[Measure, ...]


Reader = Callable[[Pair], float]
"""A pair -> 1.0 right, 0.0 wrong, 0.5 no idea."""


def audit(rows: Iterable[Row]) -> Audit:
    """Measure a dataset. The same rows in any order give the same table."""
    kept = {row.triple.content_hash: row for row in rows if row.triple is not None}
    every = sorted(kept.items(), key=lambda item: (item[1].notes.origin, item[0]))
    clusters = clustered([row for _, row in every])
    pairs, alone = paired(clusters)
    contrast = drawn([pair for pair in pairs if pair.is_contrast])
    siblings = drawn([pair for pair in pairs if not pair.is_contrast])
    valence = _valence(clusters)
    table = (*_contrast_table(contrast, valence), *_sibling_table(siblings, valence))
    return Audit(len(every), len(contrast), len(siblings), alone, table)


def _contrast_table(pairs: list[Pair], valence: Valence) -> list[Measure]:
    responses = _pair_bags(pairs, lambda pair: _texts(pair.better, "response"))
    consequences = _pair_bags(pairs, lambda pair: _texts(pair.better, "consequence"))

    def told(text: Callable[[Triple], float]) -> Callable[[Pair], float]:
        return lambda pair: text(pair.better[0]) - text(pair.better[1])

    def by(bags: dict[int, Bag | None], name: str) -> Callable[[Pair], float | None]:
        def difference(pair: Pair) -> float | None:
            bag = bags[fold_of(pair.cluster)]
            first, second = _texts(pair.better, name)
            return None if bag is None else bag.score(first) - bag.score(second)

        return difference

    rows = [
        ("length of the response", _directed(pairs, told(_length)), 0.60),
        ("question mark in the response", _directed(pairs, told(_asks)), 0.60),
        ("bag of words, response alone", by(responses, "response"), None),
        ("bag of words, consequence alone", by(consequences, "consequence"), None),
        ("valence matching", _matched(valence), None),
        ("word overlap", _overlap, None),
    ]
    return [_measure("contrast", name, pairs, read, below) for name, read, below in rows]


def _sibling_table(pairs: list[Pair], valence: Valence) -> list[Measure]:
    responses = _pair_bags(pairs, lambda pair: (pair.one.response, pair.two.response))
    consequences = _pair_bags(pairs, lambda pair: (pair.one.consequence, pair.two.consequence))

    def by(bags: dict[int, Bag | None], name: str) -> Callable[[Pair], float | None]:
        def difference(pair: Pair) -> float | None:
            bag = bags[fold_of(pair.cluster)]
            first, second = getattr(pair.one, name), getattr(pair.two, name)
            return None if bag is None else bag.score(first) - bag.score(second)

        return difference

    def both(text: Callable[[Triple], float], scene: Callable[[Triple], float]) -> Reader:
        return lambda pair: (text(pair.one) - text(pair.two)) * (scene(pair.one) - scene(pair.two))

    rows = [
        ("length", _directed(pairs, both(_length, _scene_length)), 0.60),
        ("question mark", _directed(pairs, both(_asks, _scene_length)), 0.60),
        ("bag of words, response alone", by(responses, "response"), None),
        ("bag of words, consequence alone", by(consequences, "consequence"), 0.65),
        ("valence matching", _matched(valence), None),
        ("word overlap", _overlap, None),
    ]
    table = [_measure("siblings", name, pairs, read, below) for name, read, below in rows]
    return [_at_chance(each) if each.name == "valence matching" else each for each in table]


def _measure(
    kind: str,
    name: str,
    pairs: Sequence[Pair],
    difference: Callable[[Pair], float | None],
    below: float | None,
) -> Measure:
    scores = [_score(difference(pair)) for pair in pairs]
    if not scores or None in scores:
        return Measure(kind, name, None, None, None, len(pairs), below)
    right = sum(each or 0.0 for each in scores) / len(scores)
    low, high = _wilson(right, len(scores))
    return Measure(
        kind, name, right, low, high, len(pairs), below, None if below is None else right < below
    )


def _at_chance(measure: Measure) -> Measure:
    """The target of valence matching on siblings: that chance is in the interval."""
    if measure.low is None or measure.high is None:
        return measure
    return Measure(
        *(measure.pairs, measure.name, measure.right, measure.low, measure.high, measure.n),
        below=None,
        holds=measure.low <= 0.5 <= measure.high,
    )


def _score(difference: float | None) -> float | None:
    if difference is None:
        return None
    return 1.0 if difference > 0 else 0.0 if difference < 0 else 0.5


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


# --- what a shallow reader looks at ---------------------------------------------------------


def _length(triple: Triple) -> float:
    return float(len(triple.response.split()))


def _scene_length(triple: Triple) -> float:
    return float(len(triple.consequence.split()))


def _asks(triple: Triple) -> float:
    return float("?" in triple.response)


def _texts(pair: tuple[Triple, Triple], name: str) -> tuple[str, str]:
    return getattr(pair[0], name), getattr(pair[1], name)


def _directed(
    pairs: Sequence[Pair], difference: Callable[[Pair], float]
) -> Callable[[Pair], float]:
    """More is right or less is right: as it mostly is in the other folds."""
    signs = {}
    for fold in range(FOLDS):
        others = [difference(pair) for pair in pairs if fold_of(pair.cluster) != fold]
        more = sum(each > 0 for each in others) >= sum(each < 0 for each in others)
        signs[fold] = 1.0 if more else -1.0
    return lambda pair: signs[fold_of(pair.cluster)] * difference(pair)


def _overlap(pair: Pair) -> float:
    """The consequence that shares more words with the response is its own."""
    r1, r2 = words(pair.one.response), words(pair.two.response)
    c1, c2 = words(pair.one.consequence), words(pair.two.consequence)

    def shared(a: frozenset[str], b: frozenset[str]) -> float:
        return len(a & b) / max(1, len(a | b))

    return shared(r1, c1) + shared(r2, c2) - shared(r1, c2) - shared(r2, c1)


Valence = dict[int, tuple[Bag, Bag] | None]
"""By fold: how healed a response sounds, and how healed a consequence does; None: too little."""


def _valence(clusters: dict[str, list[Triple]]) -> Valence:
    told = [
        (cluster, triple)
        for cluster, several in sorted(clusters.items())
        for triple in several
        if triple.landing != "neutral"
    ]
    found: Valence = {}
    for fold in range(FOLDS):
        here = [triple for cluster, triple in told if fold_of(cluster) != fold]
        healed = [triple.landing == "healed" for triple in here]
        if min(sum(healed), len(healed) - sum(healed)) < LEAST:
            found[fold] = None
            continue
        found[fold] = (
            fit_kinds([triple.response for triple in here], healed),
            fit_kinds([triple.consequence for triple in here], healed),
        )
    return found


def _matched(valence: Valence) -> Callable[[Pair], float | None]:
    """The better sounding consequence belongs to the better sounding response."""

    def difference(pair: Pair) -> float | None:
        bags = valence[fold_of(pair.cluster)]
        if bags is None:
            return None
        response, scene = bags
        heard = response.score(pair.one.response) - response.score(pair.two.response)
        return heard * (scene.score(pair.one.consequence) - scene.score(pair.two.consequence))

    return difference


def _pair_bags(
    pairs: Sequence[Pair], texts: Callable[[Pair], tuple[str, str]]
) -> dict[int, Bag | None]:
    """By fold, what the other folds' pairs teach about their first text and their second."""
    found: dict[int, Bag | None] = {}
    for fold in range(FOLDS):
        others = [texts(pair) for pair in pairs if fold_of(pair.cluster) != fold]
        found[fold] = fit_pairs(others) if len(others) >= LEAST else None
    return found
