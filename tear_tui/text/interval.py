"""How sure a share is: the exact interval of a binomial proportion. Pure, without numpy.

Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of
the binomial", Biometrika 26 (1934).
"""

from __future__ import annotations

import math
from collections.abc import Callable


def clopper_pearson(hits: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """The interval that holds the true share in at least `level` of all cases.

    Args:
        hits: how often it came to be, out of `of` tries; none tried: anything is possible.

    Raises:
        ValueError: more hits than tries, or a level that is none.
    """
    if not 0 <= hits <= of or not 0 < level < 1:
        raise ValueError(f"there is no interval for {hits} of {of} at a level of {level}")
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else _where(lambda p: _at_least(hits, of, p) < tail)
    high = 1.0 if hits == of else _where(lambda p: 1 - _at_least(hits + 1, of, p) >= tail)
    return low, high


def _where(before: Callable[[float], bool]) -> float:
    """The share up to which `before` is so, by halving."""
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if before(middle) else (low, middle)
    return (low + high) / 2


def _at_least(hits: int, of: int, share: float) -> float:
    """The chance of so many hits or more."""
    if share <= 0 or share >= 1:
        return float(hits == 0 or share >= 1)
    whole = math.lgamma(of + 1)
    yes, no = math.log(share), math.log1p(-share)
    return math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * yes + (of - k) * no)
        for k in range(hits, of + 1)
    )
