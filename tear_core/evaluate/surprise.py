"""Surprise: nats per token of what really happened, under a model that has not learned it yet.

Test-then-learn (prequential) scoring: measured before the update, it is the honest online
learning curve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from tear_core.model.giving_way import between_layers
from tear_core.model.packing import pack
from tear_core.model.scoring import token_nll
from tear_core.model.tree import Tree
from tear_core.triples import Triple
from tear_core.witness_format import Section, Tokens


@dataclass(frozen=True)
class Surprise:
    """Total nats and how many tokens they fall on."""

    nats: float
    tokens: int

    @property
    def per_token(self) -> float:
        return self.nats / max(1, self.tokens)

    def __add__(self, other: Surprise) -> Surprise:
        return Surprise(self.nats + other.nats, self.tokens + other.tokens)


@torch.no_grad()
def surprise(
    tree: Tree,
    triples: Sequence[Triple],
    section: Section = Section.CONSEQUENCE,
    capacity: int = 1024,
    give_way: Callable[[], None] = lambda: None,
) -> list[Surprise]:
    """Surprise at each triple's scene (or response), in their order.

    Deterministic: the same tree and triples give the same figures, in whatever order or
    company they are scored, to the rounding of float32.

    Raises:
        TripleTooLong: a triple does not fit into the model's context.
    """
    render = tree.base.format.scored_tokens
    sequences = [render(triple, section, tree.base.context) for triple in triples]
    return scored(tree, sequences, capacity, give_way)


@torch.no_grad()
def scored(
    tree: Tree,
    sequences: Sequence[Tokens],
    capacity: int = 1024,
    give_way: Callable[[], None] = lambda: None,
) -> list[Surprise]:
    """Surprise at the supervised tokens of each sequence, in their order.

    What is to be known of the same words should be asked in one call: sequences that begin alike
    are read once (see `model.packing`).
    """
    nats, counts = [0.0] * len(sequences), [0] * len(sequences)
    with between_layers(tree, give_way):
        for row in pack(sequences, capacity, tree.base.device):
            give_way()
            for owner, nll in zip(row.owners.tolist(), token_nll(tree, row).tolist(), strict=True):
                nats[owner] += nll
                counts[owner] += 1
    return [Surprise(n, c) for n, c in zip(nats, counts, strict=True)]
