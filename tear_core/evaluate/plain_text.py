"""Plain text under a tree, in bits per byte: what learning a few scenes must not cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tear_core.evaluate.figures import Figure, figure
from tear_core.evaluate.surprise import Surprise, scored
from tear_core.model.base import Base
from tear_core.model.tree import Tree
from tear_core.witness_format import Section, Tokens


@dataclass(frozen=True, slots=True)
class TextScore:
    """Bits that a text costs, and its UTF-8 bytes. `bits` unscored: longer than the model reads."""

    bits: Figure
    bytes: int


def score_texts(
    tree: Tree,
    texts: Sequence[str],
    capacity: int = 1024,
    give_way: Callable[[], None] = lambda: None,
) -> list[TextScore]:
    """Bits of each text (see `rendered`).

    Bits per byte compare models with different tokenizers; a text's tokens do not.
    """
    readable = rendered(tree.base, texts)
    scores = scored(tree, list(readable.values()), capacity, give_way)
    return in_bits(texts, dict(zip(readable, scores, strict=True)))


def rendered(base: Base, texts: Sequence[str]) -> dict[int, Tokens]:
    """The texts that can be scored, by their place: each is read from its first token, which is
    predicted from the start of a sequence, where the model has one, else from the end of another.
    """
    first = base.format.eos if base.format.bos is None else base.format.bos
    found: dict[int, Tokens] = {}
    for number, text in enumerate(texts):
        ids = base.format.encode(text)
        if ids and len(ids) < base.context:
            sections = [int(Section.GIVEN)] + [int(Section.RESPONSE)] * len(ids)
            found[number] = Tokens([first, *ids], sections)
    return found


def in_bits(texts: Sequence[str], scores: Mapping[int, Surprise]) -> list[TextScore]:
    """The score of each text, from those that could be scored, by their place."""
    why = "empty, or longer than the model reads"
    return [
        TextScore(
            figure(scores[n].nats / math.log(2) if n in scores else None, why),
            len(text.encode("utf-8")),
        )
        for n, text in enumerate(texts)
    ]


def bits_per_byte(scores: Sequence[TextScore]) -> Figure:
    """Over all texts together. One that has no score leaves none for the whole."""
    bits = [each.bits for each in scores]
    size = sum(each.bytes for each in scores)
    known = [each for each in bits if isinstance(each, float)]
    if not size or len(known) < len(bits):
        return figure(None, f"{len(bits) - len(known)} of {len(bits)} texts have no score")
    return figure(sum(known) / size)
