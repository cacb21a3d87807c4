"""Plain text under a tree, in bits per byte: what learning a few scenes must not cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from tear_core.evaluate.figures import Figure, figure
from tear_core.model.packing import pack
from tear_core.model.scoring import token_nll
from tear_core.model.tree import Tree
from tear_core.witness_format import Section, Tokens


@dataclass(frozen=True, slots=True)
class TextScore:
    """Bits that a text costs, and its UTF-8 bytes. `bits` unscored: longer than the model reads."""

    bits: Figure
    bytes: int


@torch.no_grad()
def score_texts(
    tree: Tree,
    texts: Sequence[str],
    capacity: int = 1024,
    give_way: Callable[[], None] = lambda: None,
) -> list[TextScore]:
    """Bits of each text, read from its first token: its first one is predicted from the start of
    a sequence, where the model has one, else from the end of another.

    Bits per byte compare models with different tokenizers; a text's tokens do not.
    """
    base = tree.base
    first = base.format.eos if base.format.bos is None else base.format.bos
    rendered: dict[int, Tokens] = {}
    for number, text in enumerate(texts):
        ids = base.format.encode(text)
        if ids and len(ids) < base.context:
            sections = [int(Section.GIVEN)] + [int(Section.RESPONSE)] * len(ids)
            rendered[number] = Tokens([first, *ids], sections)
    nats = dict.fromkeys(rendered, 0.0)
    order = list(rendered)
    for row in pack(list(rendered.values()), capacity, base.device):
        give_way()
        for owner, nll in zip(row.owners.tolist(), token_nll(tree, row).tolist(), strict=True):
            nats[order[owner]] += nll
    why = "empty, or longer than the model reads"
    return [
        TextScore(
            figure(nats[n] / math.log(2) if n in nats else None, why), len(text.encode("utf-8"))
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
