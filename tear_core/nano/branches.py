"""Does a scene follow from what was done? An act's own scene against the other act's.

A story of Moral Stories has one situation, two acts, and what followed each. The model is
asked which scene it finds likelier after an act: chance is 50 %, and a reader who only
matches kind acts with kind scenes is right in 70.6 % (a sentiment lexicon, measured on
these rows).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer
from transformers import Qwen3ForCausalLM

from tear_core.nano.corpus import Row
from tear_core.nano.losses import evenly, scene_nats
from tear_core.triples import Triple

SENTIMENT_ALONE = 0.706
QUESTIONS = 1000
"""At most this many acts are asked about, both acts of each story."""

Z = 1.96


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Share of `asked` acts whose own scene was likelier, with its 95 % interval.

    The interval is Wilson's, for as many draws as there are stories: the two acts of one
    story are not two independent questions.
    """

    asked: int
    stories: int
    right: float

    @property
    def interval(self) -> tuple[float, float]:
        count, share = max(1, self.stories), self.right
        middle = (share + Z * Z / (2 * count)) / (1 + Z * Z / count)
        spread = math.sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
        spread *= Z / (1 + Z * Z / count)
        return middle - spread, middle + spread


def pairs_of(rows: Iterable[Row]) -> list[tuple[Row, Row]]:
    """(moral, immoral) rows of one story, in file order."""
    known: dict[str, dict[str, Row]] = {}
    for row in rows:
        known.setdefault(row.given, {}).setdefault(row.kind, row)
    return [
        (branch["moral"], branch["immoral"])
        for branch in known.values()
        if {"moral", "immoral"} <= branch.keys()
    ]


def own_branch_accuracy(
    model: Qwen3ForCausalLM, tokenizer: Tokenizer, pairs: Sequence[tuple[Row, Row]]
) -> Accuracy:
    """How often an act's own scene has fewer nats per token than the other act's."""
    chosen = evenly(pairs, QUESTIONS // 2)
    triples: list[Triple] = []
    for moral, immoral in chosen:
        for act, other in ((moral, immoral), (immoral, moral)):
            triples.append(Triple(act.input, act.response, act.consequence))
            triples.append(Triple(act.input, act.response, other.consequence))
    nats = scene_nats(model, tokenizer, triples)
    won = [own < other for own, other in zip(nats[::2], nats[1::2], strict=True)]
    return Accuracy(len(won), len(chosen), sum(won) / max(1, len(won)))
