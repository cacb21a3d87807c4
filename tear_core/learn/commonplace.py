"""Responses that would be said to anybody: what need not be imitated, and had better not be.

A model that learns a single scene whose response is likely whatever was said ("How nice! What
will you do now?") soon says it to everybody. Its scene is learned all the same, and more of it:
nothing else pulls at the few steps there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from tear_core.evaluate.surprise import Surprise, surprise
from tear_core.model.tree import Tree
from tear_core.triples import Triple
from tear_core.witness_format import Section, TripleTooLong

INPUTS = (
    "My neighbour plays the drums until midnight.",
    "I found a job at the bakery.",
    "My brother will not speak to me since the wedding.",
    "I broke the handle off your blue cup.",
)
"""What anybody might say. They belong to no dataset, and above all not to the gate: who stopped
short of its items would pass it by knowing them."""


def said_to_anybody(
    tree: Tree,
    triple: Triple,
    bar: float,
    capacity: int,
    give_way: Callable[[], None] = lambda: None,
) -> bool:
    """Whether a triple's response costs fewer nats per token than `bar` after other inputs.

    Where it costs more after its own one, and where it is so long that it does not fit behind
    the others, it is not.
    """
    others = [replace(triple, input=each, context=()) for each in INPUTS]
    return all(_cost(tree, asked, capacity, give_way) < bar for asked in ([triple], others))


def _cost(
    tree: Tree, triples: Sequence[Triple], capacity: int, give_way: Callable[[], None]
) -> float:
    """Nats per token of the responses."""
    try:
        found = surprise(tree, triples, Section.RESPONSE, capacity, give_way)
    except TripleTooLong:
        return math.inf
    return sum(found, Surprise(0.0, 0)).per_token
