"""Two responses to one input, and the folds in which what belongs together stays together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from tear_core.corpus.records import Row
from tear_core.triples import Triple

FOLDS = 5
MOST_ROWS_OF_AN_INPUT = 4
"""Pairs are made among the first so many responses to an input: one prolific input is one input."""

MOST_PAIRS = 4_000
"""Of each kind. More are drawn from by hash: the table is about the dataset, not its size."""

_RANK = {"healed": 2, "neutral": 1, "hurt": 0}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two triples of one input, in the order of their ids. `cluster` stays in one fold."""

    one: Triple
    two: Triple
    cluster: str

    @property
    def is_contrast(self) -> bool:
        return self.one.landing != self.two.landing

    @property
    def better(self) -> tuple[Triple, Triple]:
        """The one that landed better, and the other."""
        swap = _RANK[self.two.landing] > _RANK[self.one.landing]
        return (self.two, self.one) if swap else (self.one, self.two)


def clustered(rows: Sequence[Row]) -> dict[str, list[Triple]]:
    """Triples of one input (with what went before it), or of one named pair, together."""
    by_input: dict[str, str] = {}
    found: dict[str, list[Triple]] = {}
    for row in rows:
        assert row.triple is not None
        said = repr((row.triple.context, " ".join(row.triple.input.casefold().split())))
        name = row.notes.pair or by_input.get(said) or said
        by_input.setdefault(said, name)
        found.setdefault(by_input[said], []).append(row.triple)
    return found


def paired(clusters: dict[str, list[Triple]]) -> tuple[list[Pair], int]:
    """The pairs there are, and how many triples are alone with their input."""
    pairs: list[Pair] = []
    alone = 0
    for cluster, several in sorted(clusters.items()):
        alone += len(several) == 1
        for one, two in combinations(several[:MOST_ROWS_OF_AN_INPUT], 2):
            if one.response != two.response:
                pairs.append(Pair(one, two, cluster))
    return pairs, alone


def drawn(pairs: list[Pair]) -> list[Pair]:
    """At most `MOST_PAIRS` of them, the same whenever they are drawn."""
    if len(pairs) <= MOST_PAIRS:
        return pairs
    return sorted(pairs, key=lambda pair: _digest(pair.cluster))[:MOST_PAIRS]


def fold_of(cluster: str) -> int:
    """Which of the `FOLDS` a cluster is in: nothing is learned from the fold it is asked of."""
    return int.from_bytes(_digest(cluster)[:4], "big") % FOLDS


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
