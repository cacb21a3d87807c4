"""Means, shares and differences with intervals, by cluster. numpy only.

The unit of analysis is the input: both responses to it, their paraphrases and every sample drawn
for it belong to one cluster. `Clusters` is the one place that knows which items those are, so
estimates, intervals and permutation tests of the same items cannot disagree.

Sources: percentile cluster bootstrap (Davison and Hinkley 1997, 3.8); Clopper and Pearson 1934;
McNemar's exact test; sign-flip permutation with the +1 correction (Phipson and Smyth 2010);
one-way random ICC(1) (Shrout and Fleiss 1979).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tear_core.evaluate.figures import (
    LEAST_CLUSTERS,
    Estimate,
    Figure,
    Unscored,
    figure,
    no_estimate,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 10_000
CONFIDENCE = 0.95
EXACT_FLIPS = 14
"""Up to this many clusters every combination of signs is looked at."""
_AT_ONCE = 2_000_000
"""Most cells of a table of resampled clusters."""


@dataclass(frozen=True)
class Clusters:
    """Which items belong together. `of[i]` is the number of item i's cluster."""

    of: NDArray[np.intp]
    count: int

    @classmethod
    def named(cls, names: Sequence[str]) -> Clusters:
        """Items with the same name are one cluster."""
        numbers: dict[str, int] = {}
        of = [numbers.setdefault(name, len(numbers)) for name in names]
        return cls(np.asarray(of, dtype=np.intp), len(numbers))

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Totals by cluster: [items] -> [clusters]."""
        return np.bincount(self.of, values, self.count).astype(np.float64)


def mean(
    values: Sequence[Figure],
    clusters: Sequence[str],
    *,
    missing: float | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Estimate:
    """Mean over items, with a bootstrap over clusters.

    `missing` is what an unscored item counts as (for a gate: the worst there is). Without it one
    unscored item makes the whole estimate unscored: nothing is dropped in silence.
    """
    parts = ["all"] * len(values)
    return combination(
        values, clusters, parts, {"all": 1.0}, missing=missing, seed=seed, draws=draws
    )


def combination(
    values: Sequence[Figure],
    clusters: Sequence[str],
    parts: Sequence[str],
    weights: Mapping[str, float],
    *,
    missing: float | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Estimate:
    """Σ weights[part] · mean of that part's items; whole clusters are drawn, with all their parts.

    Items of a part without a weight are left out. A part with too few clusters makes the whole
    estimate one of few. See `mean` for `missing`.

    Raises:
        ValueError: the three lists are not equally long.
    """
    if not len(values) == len(clusters) == len(parts):
        raise ValueError("values, clusters and parts are not equally long")
    kept = [i for i, part in enumerate(parts) if part in weights]
    scores = [values[i] for i in kept]
    unscored = sum(isinstance(score, Unscored) or not math.isfinite(score) for score in scores)
    groups = Clusters.named([clusters[i] for i in kept])
    if lacking := sorted(set(weights) - {parts[i] for i in kept}):
        return no_estimate(f"no items in {', '.join(lacking)}", groups.count, len(kept), unscored)
    if unscored and missing is None:
        why = f"{unscored} of {len(kept)} items are unscored"
        return no_estimate(why, groups.count, len(kept), unscored)
    numbers = np.asarray([_number(score, missing) for score in scores], dtype=np.float64)
    names = sorted(weights)
    within = np.asarray([[parts[i] == name for name in names] for i in kept], dtype=np.float64)
    totals = np.stack([groups.sums(numbers * column) for column in within.T], axis=1)
    counts = np.stack([groups.sums(column) for column in within.T], axis=1)
    by = np.asarray([weights[name] for name in names])
    value = float((totals.sum(0) / counts.sum(0)) @ by)
    found = _resampled(totals, counts, by, seed, draws)
    low, high, at_least, at_most = _bounds(found)
    least = int((counts > 0).sum(0).min())
    few = least < LEAST_CLUSTERS
    method = f"cluster bootstrap, {draws:,} draws, percentile, seed {seed}"
    if few:
        method += f"; {least} clusters are fewer than {LEAST_CLUSTERS}: not enough"
    return Estimate(
        *(value, low, high, at_least, at_most),
        clusters=groups.count,
        items=len(kept),
        unscored=unscored,
        method=method,
        few=few,
    )


def differences(a: Sequence[Figure], b: Sequence[Figure]) -> list[Figure]:
    """a - b, item by item; unscored where either is. Their `mean` is the paired comparison.

    Give that mean no `missing`: a stand-in for an unscored item of the arm one compares with
    would be a gift to the other.
    """
    return [
        Unscored("not scored in both") if isinstance(x, Unscored) or isinstance(y, Unscored)
        else x - y
        for x, y in zip(a, b, strict=True)
    ]  # fmt: skip


def non_inferior(difference: Estimate, margin: float) -> bool:
    """Whether a difference is shown to be no worse than -margin. "Not significant" is not enough.

    Raises:
        ValueError: the margin is negative.
    """
    if margin < 0:
        raise ValueError("a margin is how much worse would still do: 0 or more")
    return difference.shows_above(-margin)


def sign_flip(
    values: Sequence[Figure], clusters: Sequence[str], *, seed: int = 0, draws: int = DRAWS
) -> Figure:
    """One-sided p of "the mean is not above 0": the signs of whole clusters are flipped.

    Exact up to 14 clusters, else from random flips. One unscored item makes it unscored.
    """
    scores = [v for v in values if not isinstance(v, Unscored) and math.isfinite(v)]
    if len(scores) < len(values):
        return Unscored(f"{len(values) - len(scores)} of {len(values)} items are unscored")
    if not scores:
        return Unscored("no items")
    groups = Clusters.named(clusters)
    totals = groups.sums(np.asarray(scores, dtype=np.float64))
    observed = float(totals.sum())
    slack = 1e-12 * float(np.abs(totals).sum())  # the same sum in another order is the same sum
    if groups.count <= EXACT_FLIPS:
        bits = np.arange(2**groups.count)[:, None] >> np.arange(groups.count) & 1
        sums = (1.0 - 2.0 * bits) @ totals
        return float(np.mean(sums >= observed - slack))
    generator = np.random.default_rng(seed)
    above, step = 0, max(1, _AT_ONCE // groups.count)
    for start in range(0, draws, step):
        size = (min(step, draws - start), groups.count)
        signs = 1.0 - 2.0 * generator.integers(0, 2, size)
        above += int(np.sum(signs @ totals >= observed - slack))
    return (above + 1) / (draws + 1)


def rate(successes: int, trials: int) -> Estimate:
    """A share of independent trials, with exact (Clopper-Pearson) bounds.

    Trials are clusters: count an input once. Unscored trials are no successes.

    Raises:
        ValueError: more successes than trials, or fewer than none.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials cannot be")
    if trials == 0:
        return no_estimate("no trials")
    tails = (1 - CONFIDENCE) / 2, 1 - CONFIDENCE
    low, at_least = (_lower(successes, trials, tail) for tail in tails)
    high, at_most = (1 - _lower(trials - successes, trials, tail) for tail in tails)
    return Estimate(
        *(successes / trials, low, high, at_least, at_most),
        trials,
        trials,
        method="Clopper-Pearson",
    )


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p that two arms are right equally often, from the items that just one got.

    Items must be independent: one to a cluster.
    """
    return min(1.0, 2 * (1 - _tail(max(only_a, only_b), only_a + only_b, 0.5, above=False)))


def icc(groups: Sequence[Sequence[Figure]]) -> Figure:
    """ICC(1): the share of variance that lies between groups. Groups are equally large."""
    if any(isinstance(value, Unscored) for group in groups for value in group):
        return Unscored("some are unscored")
    size = min((len(group) for group in groups), default=0)
    if len(groups) < 2 or size < 2 or any(len(group) != size for group in groups):
        return Unscored("needs two groups or more, equally large, of two or more")
    table = np.asarray(groups, dtype=np.float64)  # [groups, size]
    between = size * float(table.mean(1).var(ddof=1))
    within = float(table.var(1, ddof=1).mean())
    return figure((between - within) / (between + (size - 1) * within)
                  if between + within > 0 else None, "all are the same")  # fmt: skip


def _number(score: Figure, missing: float | None) -> float:
    if isinstance(score, Unscored) or not math.isfinite(score):
        assert missing is not None
        return missing
    return score


def _resampled(
    totals: NDArray[np.float64],  # [clusters, parts]
    counts: NDArray[np.float64],  # [clusters, parts]
    by: NDArray[np.float64],  # [parts]
    seed: int,
    draws: int,
) -> NDArray[np.float64]:
    """The combination under each draw of clusters: [draws], without those that missed a part."""
    generator = np.random.default_rng(seed)
    clusters = len(totals)
    step = max(1, _AT_ONCE // clusters)
    found = []
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        drawn = generator.integers(0, clusters, (rows, clusters))
        drawn += np.arange(rows)[:, None] * clusters
        times = np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters)
        with np.errstate(invalid="ignore"):
            found.append(((times @ totals) / (times @ counts)) @ by)
    every = np.concatenate(found)
    return every[np.isfinite(every)]


def _bounds(found: NDArray[np.float64]) -> tuple[float, float, float, float]:
    tail = (1 - CONFIDENCE) / 2
    low, at_least, at_most, high = np.quantile(found, [tail, 2 * tail, 1 - 2 * tail, 1 - tail])
    return float(low), float(high), float(at_least), float(at_most)


def _lower(successes: int, trials: int, tail: float) -> float:
    """The p at which `successes` or more have a chance of just `tail`."""
    if successes == 0:
        return 0.0
    return _bisected(lambda p: _tail(successes, trials, p, above=True) - tail)


def _bisected(rising: Callable[[float], float]) -> float:
    """Where a function that rises on [0, 1] crosses 0."""
    below, above = 0.0, 1.0
    for _ in range(80):
        middle = (below + above) / 2
        below, above = (middle, above) if rising(middle) < 0 else (below, middle)
    return (below + above) / 2


def _tail(successes: int, trials: int, p: float, *, above: bool) -> float:
    """P(X >= successes), or with `above` False P(X < successes), of a binomial X."""
    chosen = range(successes, trials + 1) if above else range(successes)
    if not chosen:
        return 0.0
    if p <= 0.0 or p >= 1.0:
        sure = 0 if p <= 0.0 else trials
        return float(sure in chosen)
    whole = math.lgamma(trials + 1)
    logs = [
        whole - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        + k * math.log(p) + (trials - k) * math.log1p(-p)
        for k in chosen
    ]  # fmt: skip
    return math.fsum(map(math.exp, logs))
