"""A logistic regression on which words are there: what a reader without understanding could do.

Small on purpose, and deterministic: full-batch accelerated descent on a convex loss, from zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[?!]")
STEPS = 300
PENALTY = 1.0
"""Weight of the squared norm: the usual C = 1."""


def words(text: str) -> frozenset[str]:
    """The words of a text, in lower case, and whether it asks or shouts."""
    return frozenset(_WORD.findall(text.lower().replace("’", "'")))


class Bag:
    """Weights for words, and one for all texts alike, that tell one kind of text from another."""

    def __init__(self, weights: dict[str, float], always: float) -> None:
        self._weights, self._always = weights, always

    def score(self, text: str) -> float:
        """Above 0: it looks like the first kind. Summed in order, so that it never wavers."""
        return self._always + sum(self._weights.get(word, 0.0) for word in sorted(words(text)))


def fit_kinds(texts: Sequence[str], first: Sequence[bool]) -> Bag:
    """Learn to tell texts of the first kind from the others."""
    return _fit([(words(text), frozenset()) for text in texts], first, always=True)


def fit_pairs(pairs: Sequence[tuple[str, str]]) -> Bag:
    """Learn to tell the first text of a pair from the second."""
    return _fit([(words(a), words(b)) for a, b in pairs], [True] * len(pairs), always=False)


def _fit(
    rows: Sequence[tuple[frozenset[str], frozenset[str]]], first: Sequence[bool], *, always: bool
) -> Bag:
    """Each row is what is there (+1) and what is there on the other side (-1)."""
    import numpy as np

    seen: dict[str, int] = {}
    for plus, minus in rows:
        for word in plus | minus:
            seen[word] = seen.get(word, 0) + 1
    known = {word: n for n, word in enumerate(sorted(w for w, n in seen.items() if n > 1))}
    row_of, column_of, value_of = [], [], []
    for number, (plus, minus) in enumerate(rows):
        for word in sorted(plus ^ minus):
            if word in known:
                row_of.append(number)
                column_of.append(known[word])
                value_of.append(1.0 if word in plus else -1.0)
        if always:
            row_of.append(number)
            column_of.append(len(known))
            value_of.append(1.0)
    signs = np.where(np.asarray(first, dtype=bool), 1.0, -1.0)
    shape = (len(rows), len(known) + 1)
    found = _descend(
        np.asarray(row_of, dtype=np.intp),
        np.asarray(column_of, dtype=np.intp),
        np.asarray(value_of, dtype=np.float64),
        signs,
        shape,
    )
    return Bag({word: float(found[n]) for word, n in known.items()}, float(found[-1]))


def _descend(
    row_of: NDArray[np.intp],
    column_of: NDArray[np.intp],
    value_of: NDArray[np.float64],
    signs: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Minimise sum(log(1 + exp(-sign * x.w))) + PENALTY / 2 * |w|^2 over w: [columns]."""
    import numpy as np

    count, width = shape

    def times(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(row_of, value_of * weights[column_of], count).astype(np.float64)

    def back(errors: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(column_of, value_of * errors[row_of], width).astype(np.float64)

    direction = np.random.default_rng(0).standard_normal(width)
    for _ in range(20):  # the steepest curvature, by power iteration
        direction = back(times(direction / np.linalg.norm(direction)))
        if not direction.any():
            return np.zeros(width)
    step = 1.0 / (0.25 * 1.05 * float(np.linalg.norm(direction)) + PENALTY)
    weights = ahead = np.zeros(width)
    for number in range(STEPS):
        margins = np.clip(signs * times(ahead), -30.0, 30.0)
        slope = back(-signs / (1.0 + np.exp(margins))) + PENALTY * ahead
        moved = ahead - step * slope
        ahead = moved + number / (number + 3) * (moved - weights)
        weights = moved
    return weights


def vocabulary(texts: Iterable[str]) -> int:
    """How many different words there are."""
    return len(frozenset().union(*map(words, texts)))
