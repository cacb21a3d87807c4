"""The measurement: from items and a scorer to CAS, its companions, and a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tear_core.evaluate import statistics
from tear_core.evaluate.awareness.items import Item, digest
from tear_core.evaluate.awareness.scores import (
    ItemScore,
    cells,
    fit_temperature,
    nats,
    score_item,
)
from tear_core.evaluate.awareness.scores import double_difference as difference_of
from tear_core.evaluate.awareness.surface import LEAST_ITEMS, Stratum, Surface
from tear_core.evaluate.cells import Length, Score, word_count
from tear_core.evaluate.figures import (
    LEAST_CLUSTERS,
    Estimate,
    Figure,
    Unscored,
    from_json,
    no_estimate,
    to_json,
)

SCHEMA = 1
Verdict = Literal["measured", "insufficient"]
STRATA: tuple[Stratum, ...] = ("T", "R", "W")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a stratum is."""

    items: int
    clusters: int


@dataclass(frozen=True)
class Awareness:
    """What a model's predictions owe to what was said.

    Attributes:
        verdict: "insufficient" when CAS cannot be told; `why` says in sentences what is missing.
        cas: the score: chance 0, ceiling 1.
        cas_t: mean s on ties. cas_rw: ½(mean_R s + mean_W s).
        group: share of items with both own consequences likelier. Chance 0.25; blind: 0 or so.
        bits: 1 + log2 σ(Δ/T), mean.
        own: share of responses under which the own consequence beats the other's.
        right: share of items with Δ > 0. For the eye only: tiny biases fool it.
        delta_per_token: nats by token of both consequences.
        p: sign-flip permutation by cluster, one-sided, of mean s.
        strata: how many items and clusters are ties, right, wrong for the surface.
        weights: what each stratum weighs in CAS; empty if there is none.
        temperatures: one, or two where each half was scaled by the other.
        surface: the surface model, as JSON. `items_hash`: of the words of all items.
        items: every item's own figures, in the order of their ids.
    """

    verdict: Verdict
    why: tuple[str, ...]
    cas: Estimate
    cas_t: Estimate
    cas_rw: Estimate
    group: Estimate
    bits: Estimate
    own: Estimate
    right: Estimate
    delta_per_token: Estimate
    p: Figure
    strata: Mapping[Stratum, Size]
    weights: Mapping[Stratum, float]
    temperatures: tuple[float, ...]
    surface: Mapping[str, Any]
    items_hash: str
    items: tuple[ItemScore, ...]
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Everything; a report needs nothing else."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "why": list(self.why),
            **{name: getattr(self, name).as_json() for name in ESTIMATES},
            "p": to_json(self.p),
            "strata": {
                name: {"items": size.items, "clusters": size.clusters}
                for name, size in self.strata.items()
            },
            "weights": dict(self.weights),
            "temperatures": list(self.temperatures),
            "surface": dict(self.surface),
            "items_hash": self.items_hash,
            "seed": self.seed,
            "items": [item.as_json() for item in self.items],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Awareness:
        """Back from JSON.

        Raises:
            KeyError, ValueError: it is not the JSON of a measurement, or of another schema.
        """
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']} is not {SCHEMA}: measure again")
        return cls(
            verdict=data["verdict"],
            why=tuple(data["why"]),
            **{name: Estimate.from_json(data[name]) for name in ESTIMATES},
            p=from_json(data["p"]),
            strata={name: Size(**size) for name, size in data["strata"].items()},
            weights=data["weights"],
            temperatures=tuple(data["temperatures"]),
            surface=data["surface"],
            items_hash=data["items_hash"],
            items=tuple(ItemScore.from_json(item) for item in data["items"]),
            seed=int(data["seed"]),
        )


ESTIMATES = ("cas", "cas_t", "cas_rw", "group", "bits", "own", "right", "delta_per_token")


def measure(
    score: Score,
    items: Sequence[Item],
    surface: Surface,
    temperature: float | None,
    *,
    length: Length = word_count,
    seed: int = 0,
) -> Awareness:
    """Score items and sum them up.

    `temperature` is what `fit_temperature` found on other items. None: the items are halved by
    their inputs, and each half takes the temperature of the other. `length` counts the tokens of
    a consequence. An unscored item counts as the worst there is, and makes the verdict
    insufficient.

    Raises:
        ValueError: a temperature below 1, or two items with the same id.
    """
    if temperature is not None and not temperature >= 1:
        raise ValueError(f"a temperature of {temperature} would sharpen; it may only cool (>= 1)")
    if twice := [name for name, n in Counter(item.id for item in items).items() if n > 1]:
        raise ValueError(f"two items are called {twice[0]!r}")
    ordered = sorted(items, key=lambda item: item.id)
    found = nats(score, cells(ordered))
    fours = [found[i : i + 4] for i in range(0, len(found), 4)]
    halves = _temperatures(ordered, fours, temperature)
    scored = [
        score_item(item, four, surface, halves[_half(item)], length)
        for item, four in zip(ordered, fours, strict=True)
    ]
    return summed(scored, surface.as_json(), tuple(dict.fromkeys(halves)), seed)


def summed(
    scored: Sequence[ItemScore],
    surface: Mapping[str, Any],
    temperatures: tuple[float, ...],
    seed: int = 0,
) -> Awareness:
    """What item scores come to. The same items give the same figures, here or from a file."""
    strata = _sizes(scored)
    weights = weights_of(strata)
    why = _lacking(scored, strata, weights, surface)

    def mean(get: Callable[[ItemScore], Figure], missing: float | None) -> Estimate:
        values = [get(item) for item in scored]
        return statistics.mean(values, [i.cluster for i in scored], missing=missing, seed=seed)

    return Awareness(
        verdict="insufficient" if why else "measured",
        why=why,
        cas=parts_of(scored, weights, seed),
        cas_t=parts_of(scored, {"T": 1.0}, seed),
        cas_rw=parts_of(scored, {"R": 0.5, "W": 0.5}, seed),
        group=mean(lambda item: item.group, 0.0),
        bits=mean(lambda item: item.bits, None),
        own=mean(lambda item: item.own, 0.0),
        right=mean(lambda item: item.right, 0.0),
        delta_per_token=mean(lambda item: item.delta_per_token, None),
        p=statistics.sign_flip([i.s for i in scored], [i.cluster for i in scored], seed=seed),
        strata=strata,
        weights=weights,
        temperatures=temperatures,
        surface=surface,
        items_hash=digest(sorted(item.hash for item in scored)),
        items=tuple(scored),
        seed=seed,
    )


def parts_of(scored: Sequence[ItemScore], weights: Mapping[Stratum, float], seed: int) -> Estimate:
    """Σ weight · mean s of each stratum; an unscored item is as wrong as can be."""
    if not weights:
        return no_estimate(f"no stratum has {LEAST_CLUSTERS} clusters", items=len(scored))
    return statistics.combination(
        [item.s for item in scored],
        [item.cluster for item in scored],
        [item.stratum for item in scored],
        {str(name): weight for name, weight in weights.items()},
        missing=-1.0,
        seed=seed,
    )


def weights_of(strata: Mapping[Stratum, Size]) -> dict[Stratum, float]:
    """w = n_T / (n_T + 2 min(n_R, n_W)) for T, the rest for R and W alike.

    A term whose strata have fewer than 30 clusters is dropped.
    """
    ties = strata["T"].items if strata["T"].clusters >= LEAST_CLUSTERS else 0
    least = min(strata["R"].clusters, strata["W"].clusters)
    sides = min(strata["R"].items, strata["W"].items) if least >= LEAST_CLUSTERS else 0
    if not ties and not sides:
        return {}
    w = ties / (ties + 2 * sides)
    given: dict[Stratum, float] = {"T": w, "R": (1 - w) / 2, "W": (1 - w) / 2}
    return {name: weight for name, weight in given.items() if weight > 0}


def _sizes(scored: Sequence[ItemScore]) -> dict[Stratum, Size]:
    found = {}
    for name in STRATA:
        members = [item for item in scored if item.stratum == name]
        found[name] = Size(len(members), len({item.cluster for item in members}))
    return found


def _lacking(
    scored: Sequence[ItemScore],
    strata: Mapping[Stratum, Size],
    weights: Mapping[Stratum, float],
    surface: Mapping[str, Any],
) -> tuple[str, ...]:
    """What keeps this from being a measurement, in sentences."""
    found = []
    if surface.get("train_items", 0) < LEAST_ITEMS:
        found.append(
            f"The surface model was fitted on {surface.get('train_items', 0)} pairs; it needs"
            f" {LEAST_ITEMS} that are not scored."
        )
    if not weights:
        sizes = ", ".join(f"{name} {strata[name].clusters}" for name in STRATA)
        found.append(
            f"CAS needs {LEAST_CLUSTERS} inputs in T, or {LEAST_CLUSTERS} in both R and W:"
            f" there are {sizes}."
        )
    unscored = sum(isinstance(item.delta, Unscored) for item in scored)
    if unscored:
        found.append(f"{unscored} of {len(scored)} pairs could not be scored.")
    return tuple(found)


def _temperatures(
    items: Sequence[Item], fours: Sequence[Sequence[Figure]], given: float | None
) -> tuple[float, float]:
    """Of the first half and the second."""
    if given is not None:
        return given, given
    halves: tuple[list[Figure], list[Figure]] = ([], [])
    for item, four in zip(items, fours, strict=True):
        halves[_half(item)].append(difference_of(four))
    return fit_temperature(halves[1]), fit_temperature(halves[0])


def _half(item: Item) -> int:
    return int(digest(["half", item.cluster])[:4], 16) % 2
