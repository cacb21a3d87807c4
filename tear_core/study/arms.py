"""The arms of a study: what each learns, and how its triples are made from the real ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from tear_core.triples import Triple

Consequences = Literal["own", "deranged"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of learning. `lambda_` None: nothing is learned, the base is measured."""

    name: str
    lambda_: float | None
    consequences: Consequences = "own"


BASE = Arm("base", None)


def named(name: str, lambda_: float) -> Arm:
    """The arm of this name, in a study whose λ is `lambda_`.

    Raises:
        ValueError: there is no such arm.
    """
    arms = {
        "base": BASE,
        "adapter": Arm("adapter", lambda_),
        "lambda-0": Arm("lambda-0", 0.0),
        "placebo": Arm("placebo", lambda_, "deranged"),
    }
    if name not in arms:
        raise ValueError(f"there is no arm {name!r}; there are {', '.join(arms)}")
    return arms[name]


def sweep(lambdas: Sequence[float], lambda_: float) -> list[Arm]:
    """An arm for each λ that the usual arms do not have already."""
    return [Arm(f"lambda-{value:g}", value) for value in lambdas if value not in (0.0, lambda_)]


@dataclass(frozen=True, slots=True)
class Topical:
    """A triple with the topic within which a placebo may exchange its consequence."""

    triple: Triple
    topic: str = ""


def deranged(triples: Sequence[Topical], seed: int) -> list[Triple]:
    """Every triple with a consequence that belongs to another input of its topic.

    Never its own, and never that of another response to the same input: where the two of one
    input only change places, a model can still learn which kind goes with which. Topics too
    small for that share one lot. The same seed gives the same exchange.

    Raises:
        ValueError: more than half of all triples have one input.
    """
    draw = random.Random(f"placebo:{seed}")
    lots: dict[str, list[int]] = {}
    for index, each in enumerate(triples):
        lots.setdefault(each.topic, []).append(index)
    given = dict(pair for lot in _whole(triples, lots) for pair in _exchange(triples, lot, draw))
    return [
        replace(each.triple, consequence=triples[given[index]].triple.consequence)
        for index, each in enumerate(triples)
    ]


def _whole(triples: Sequence[Topical], lots: dict[str, list[int]]) -> list[list[int]]:
    """The lots that can be exchanged within; what is too small shares one, with as many of the
    others as it takes."""
    large = [lots[name] for name in sorted(lots) if _divisible(triples, lots[name])]
    rest = [i for name in sorted(lots) if not _divisible(triples, lots[name]) for i in lots[name]]
    while rest and not _divisible(triples, rest):
        if not large:
            raise ValueError("a placebo needs triples of more inputs than these")
        rest += large.pop()
    return [*large, rest] if rest else large


def _largest(triples: Sequence[Topical], lot: Sequence[int]) -> int:
    counts: dict[str, int] = {}
    for index in lot:
        said = triples[index].triple.input
        counts[said] = counts.get(said, 0) + 1
    return max(counts.values(), default=0)


def _divisible(triples: Sequence[Topical], lot: Sequence[int]) -> bool:
    return bool(lot) and len(lot) >= 2 * _largest(triples, lot)


def _exchange(
    triples: Sequence[Topical], lot: Sequence[int], draw: random.Random
) -> list[tuple[int, int]]:
    """Inputs in a drawn order, each one's triples together, then a turn by the largest group:
    no two that are so far apart have the same input."""
    groups: dict[str, list[int]] = {}
    for index in lot:
        groups.setdefault(triples[index].triple.input, []).append(index)
    keys = sorted(groups)
    draw.shuffle(keys)
    ring = [index for key in keys for index in _drawn(groups[key], draw)]
    turn = _largest(triples, lot)
    return [(index, ring[(at + turn) % len(ring)]) for at, index in enumerate(ring)]


def _drawn(values: Sequence[T], draw: random.Random) -> list[T]:
    return draw.sample(list(values), len(values))
