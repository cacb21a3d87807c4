"""The surface model: how a reader that understands nothing would match, frozen before anything is
scored.

Three features of an item, each a double difference like Δ itself, so that the order of its two
triples does not matter: which consequence shares more words with which response; which sounds as
good as which response does (bags of words for valence); which is as long. A logistic regression
through the origin, fitted on train items, weighs them into f in [-1, 1].

It divides other items into strata: `T` ties (same landing, |f| < 0.1), `R` (the surface is right)
and `W` (the surface is wrong). A reader of surfaces alone is right on R, wrong on W and lost on T.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tear_core.corpus.audit import LEAST as LEAST_ROWS
from tear_core.corpus.bag_of_words import Bag, fit_kinds, words
from tear_core.corpus.pairs import FOLDS, fold_of
from tear_core.evaluate.awareness.items import Item, Witness, digest, items_of

Stratum = Literal["T", "R", "W"]

TIE = 0.1
"""|f| below this is a tie, where the landings are alike."""
PENALTY = 1.0
LEAST_ITEMS = 30
"""Train items that a surface model needs to be worth anything."""
MOST_WITNESSES = 4_000
"""Train triples that are read; of more, so many are drawn by a hash of their inputs."""
VERSION = 1
FEATURES = ("overlap", "valence", "length")

Valence = Callable[[Item], float]


@dataclass(frozen=True)
class Surface:
    """A frozen reader of surfaces.

    Attributes:
        weights: of overlap, valence and length, after scaling.
        scale: root mean square of each feature on the train items; 0 where it never varied.
        valence: how alike in valence, or None where too few train triples say how they landed.
        items: how many train items it was fitted on.
        hash: 32 hex digits of the train triples and the rule: the same hash is the same model.
    """

    weights: tuple[float, float, float]
    scale: tuple[float, float, float]
    valence: Valence | None
    items: int
    hash: str

    @property
    def fitted(self) -> bool:
        return self.items >= LEAST_ITEMS

    def f(self, item: Item) -> float:
        """How sure the surface is of the right matching, in [-1, 1]; below 0 of the wrong one."""
        return math.tanh(self._logit(item) / 2)

    def _logit(self, item: Item) -> float:
        values = _features(item, self.valence)
        return sum(
            w * v / s for w, v, s in zip(self.weights, values, self.scale, strict=True) if s > 0
        )

    def stratum(self, item: Item) -> Stratum:
        """T, R or W."""
        f = self.f(item)
        if item.same_landing and abs(f) < TIE:
            return "T"
        return "R" if f >= 0 else "W"

    def as_json(self) -> dict[str, Any]:
        return {
            "hash": self.hash,
            "version": VERSION,
            "train_items": self.items,
            "tie": TIE,
            "features": {
                name: {"weight": weight, "scale": scale}
                for name, weight, scale in zip(FEATURES, self.weights, self.scale, strict=True)
            },
            "knows_valence": self.valence is not None,
        }


def fit_surface(witnesses: Sequence[Witness]) -> Surface:
    """Fit and freeze the surface model on train triples. Deterministic.

    The features of a train item are computed with bags that have not seen its fold: in its own
    sample a bag of words is nearly always right, and valence would weigh too much.
    """
    kept = _drawn(witnesses)
    items = items_of(kept)
    by_fold = [_valence([w for w in kept if fold_of(w.cluster) != fold]) for fold in range(FOLDS)]
    every = _valence(kept)
    complete = every is not None and None not in by_fold
    rows = [_features(item, by_fold[fold_of(item.cluster)] if complete else None) for item in items]
    table = np.asarray(rows, dtype=np.float64).reshape(-1, len(FEATURES))
    scale = np.sqrt(np.mean(table**2, axis=0)) if len(table) else np.zeros(len(FEATURES))
    weights = _fit(table / np.where(scale > 0, scale, 1.0))
    first, second, third = (float(each) for each in weights)
    one, two, three = (float(each) for each in scale)
    return Surface(
        weights=(first, second, third),
        scale=(one, two, three),
        valence=every if complete else None,
        items=len(items),
        hash=digest([VERSION, TIE, PENALTY, sorted(w.triple.content_hash for w in kept)]),
    )


def _drawn(witnesses: Sequence[Witness]) -> list[Witness]:
    """At most `MOST_WITNESSES`, whole clusters as they fall, the same ones every time."""
    own = {w.triple.content_hash: w for w in witnesses}
    ordered = sorted(own.values(), key=lambda w: (w.cluster, w.triple.content_hash))
    return ordered[:MOST_WITNESSES]


def _features(item: Item, valence: Valence | None) -> tuple[float, float, float]:
    return _overlap(item), valence(item) if valence else 0.0, _length(item)


def _overlap(item: Item) -> float:
    """Words that responses share with their own consequences, beyond those with the other's."""
    heard = [words(text) for text in item.responses]
    told = [words(text) for text in item.consequences]

    def shared(a: int, b: int) -> float:
        return len(heard[a] & told[b]) / max(1, len(heard[a] | told[b]))

    return shared(0, 0) + shared(1, 1) - shared(0, 1) - shared(1, 0)


def _length(item: Item) -> float:
    """Longer with longer. On a log scale: one long scene shall not be the whole fit."""
    heard = [math.log1p(len(text.split())) for text in item.responses]
    told = [math.log1p(len(text.split())) for text in item.consequences]
    return (heard[0] - heard[1]) * (told[0] - told[1])


def _valence(witnesses: Sequence[Witness]) -> Valence | None:
    """Better sounding with better sounding; None if too few triples healed, or too few hurt."""
    told = [w.triple for w in witnesses if w.triple.landing != "neutral"]
    healed = [triple.landing == "healed" for triple in told]
    if min(sum(healed), len(healed) - sum(healed)) < LEAST_ROWS:
        return None
    heard: Bag = fit_kinds([triple.response for triple in told], healed)
    seen: Bag = fit_kinds([triple.consequence for triple in told], healed)

    def alike(item: Item) -> float:
        one, two = (heard.score(text) for text in item.responses)
        first, second = (seen.score(text) for text in item.consequences)
        return (one - two) * (first - second)

    return alike


def _fit(table: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Minimise Σ log(1 + exp(-x·w)) + PENALTY/2 |w|² by Newton's method: [items, k] -> [k]."""
    weights = np.zeros(len(FEATURES))
    for _ in range(50):
        wrong = 1 / (1 + np.exp(np.clip(table @ weights, -30, 30)))
        slope = -(wrong @ table) + PENALTY * weights
        bend = (table * (wrong * (1 - wrong))[:, None]).T @ table + PENALTY * np.eye(len(weights))
        weights = weights - np.linalg.solve(bend, slope)
        if float(np.abs(slope).max()) < 1e-10:
            break
    return weights
