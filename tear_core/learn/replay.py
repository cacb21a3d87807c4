"""A reservoir of what was learned before, so that new triples do not push out the old.

Every triple a lineage ever learned has had the same chance of being in its reservoir
(Vitter, 1985, algorithm R), whose size is bounded however long the lineage grows. Draws are
functions of (seed, counter): nothing about the state of a generator need be saved.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

CAPACITY = 2048


@dataclass(frozen=True)
class Reservoir:
    """Ids of learned triples, and how many were ever offered."""

    ids: tuple[str, ...] = ()
    seen: int = 0
    capacity: int = CAPACITY

    def offer(self, learned: Sequence[str], seed: int) -> Reservoir:
        """The reservoir after these triples have been learned."""
        ids, seen = list(self.ids), self.seen
        known = set(ids)
        for triple in learned:
            if triple in known:
                continue  # learned again: it has had its chance
            seen += 1
            if len(ids) < self.capacity:
                ids.append(triple)
            else:
                place = random.Random(f"{seed}:offer:{seen}").randrange(seen)
                if place < self.capacity:
                    ids[place] = triple
        return Reservoir(tuple(ids), seen, self.capacity)

    def joined(self, other: Reservoir, seed: int) -> Reservoir:
        """One reservoir of what two lineages learned. What is in both counts once."""
        ids = list(dict.fromkeys((*self.ids, *other.ids)))
        twice = len(self.ids) + len(other.ids) - len(ids)
        seen = max(len(ids), self.seen + other.seen - twice)
        if len(ids) > self.capacity:
            ids = random.Random(f"{seed}:join:{seen}").sample(ids, self.capacity)
        return Reservoir(tuple(ids), seen, self.capacity)

    def draw(self, count: int, seed: int, counter: int, without: Collection[str] = ()) -> list[str]:
        """Up to `count` different ids, leaving out those in `without`."""
        left = [i for i in self.ids if i not in without]
        return random.Random(f"{seed}:draw:{counter}").sample(left, min(count, len(left)))


def replayed_beside(new: int, share: float) -> int:
    """How many replayed triples make up `share` of an update with `new` new ones."""
    return round(new * share / (1 - share)) if share < 1 else 0
