"""Held-out losses of a model: of whole texts source by source, and of the scenes alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers import Qwen3ForCausalLM

from tear_core.nano.mixture import Sequences
from tear_core.nano.prepare import witness_format
from tear_core.triples import Triple
from tear_core.witness_format import Section

SEQUENCES = 250
"""At most this many held-out sequences a source, evenly spread over the file."""

BATCH_TOKENS = 4096

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Score:
    """Loss of one source: nats per predicted token, and bits per byte of its text."""

    sequences: int
    tokens: int
    nats_per_token: float
    bits_per_byte: float


def held_out_scores(
    model: Qwen3ForCausalLM, tokenizer: Tokenizer, held_out: Sequences, context: int
) -> Mapping[str, Score]:
    """Each sequence is read alone from its first token, cut to `context` tokens.

    Bits per byte count delimiters and end marks as cost, and only text as bytes.
    """
    scores: dict[str, Score] = {}
    for name, sequences in sorted(held_out.items()):
        chosen = [list(sequence[:context]) for sequence in evenly(sequences, SEQUENCES)]
        nats = math.fsum(map(math.fsum, token_nats(model, chosen)))
        tokens = sum(len(ids) - 1 for ids in chosen)
        size = sum(len(tokenizer.decode(ids).encode()) for ids in chosen)
        if tokens and size:
            bits = nats / math.log(2) / size
            scores[name] = Score(len(chosen), tokens, nats / tokens, bits)
    return scores


def scene_nats(
    model: Qwen3ForCausalLM, tokenizer: Tokenizer, triples: Sequence[Triple]
) -> list[float]:
    """Mean nats per token of each triple's scene, given its input and response.

    Only the words of the scene count, not its delimiters: those are the same in every triple.
    """
    form = witness_format(tokenizer)
    limit = model.config.max_position_embeddings
    read = [form.scored_tokens(triple, Section.CONSEQUENCE, limit) for triple in triples]
    found: list[float] = []
    for tokens, nats in zip(read, token_nats(model, [each.ids for each in read]), strict=True):
        scene = [part == Section.CONSEQUENCE for part in tokens.sections[1:]]
        own = list(itertools.compress(nats, scene))
        found.append(math.fsum(own) / len(own))
    return found


@torch.no_grad()
def token_nats(model: Qwen3ForCausalLM, rows: Sequence[Sequence[int]]) -> list[list[float]]:
    """Nats of each token of each row after its first, rows of like length read together."""
    model.train(False)
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    found: list[list[float]] = [[] for _ in rows]
    while order:
        count = max(1, BATCH_TOKENS // len(rows[order[-1]]))
        taken, order = order[-count:], order[:-count]
        for place, nats in zip(taken, _nats(model, [rows[p] for p in taken]), strict=True):
            found[place] = nats
    return found


def evenly(items: Sequence[Item], count: int) -> list[Item]:
    """At most `count` items, evenly spread."""
    return list(items[:: max(1, len(items) // count)])[:count]


def _nats(model: Qwen3ForCausalLM, rows: Sequence[Sequence[int]]) -> list[list[float]]:
    """One batch of `token_nats`. Padding stands on the right, where no token looks."""
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    logits = model(ids, use_cache=False).logits[:, :-1].float()
    nats = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    return [nats[place, : len(row) - 1].tolist() for place, row in enumerate(rows)]
