"""What a suite that listens asks of a model: prompts in, what is written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tear_core.triples import Exchange


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to be answered. `cluster`: prompts of one cluster are not independent."""

    id: str
    cluster: str
    input: str
    context: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What was answered, and the scene that was foreseen.

    Attributes:
        ended: the model itself closed both; nothing was cut off.
        tokens: of the response.
    """

    response: str
    scene: str
    ended: bool
    tokens: int


Speak = Callable[[Sequence[Prompt]], Sequence[Written]]
"""Prompts -> what is written, in their order."""
