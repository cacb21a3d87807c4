"""A response that is to be scored, and what scores it, as a function.

`cells` is the same for consequences. A tree's scorer is made by `suites.asking`; a test's, or a
null model's, is a lambda.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tear_core.evaluate.figures import Figure, figure
from tear_core.triples import Exchange


@dataclass(frozen=True, slots=True)
class Answer:
    """A response after an input and what was said before it."""

    input: str
    response: str
    context: tuple[Exchange, ...] = ()


Prefer = Callable[[Sequence[Answer]], Sequence[float]]
"""Responses -> how good each is, the more the better, in their order. Of a tree: its mean
log-probability of a token in nats, or the points it gives itself. NaN: could not be scored."""


def preferences(prefer: Prefer, answers: Iterable[Answer]) -> list[Figure]:
    """A figure for each response; what is no finite number is unscored."""
    asked = list(answers)
    return [figure(value, "not scored") for value in prefer(asked)]


def scored_before(table: Mapping[Answer, float]) -> Prefer:
    """A `Prefer` that only looks up what has been scored; NaN for the rest."""
    return lambda answers: [table.get(answer, float("nan")) for answer in answers]


def difference(a: Figure, b: Figure) -> Figure:
    """a - b; unscored where either is."""
    if not isinstance(a, float):
        return a
    return a - b if isinstance(b, float) else b
