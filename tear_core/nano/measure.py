"""Held-out losses of a finished model, source by source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers import Qwen3ForCausalLM

from tear_core.nano.mixture import Sequences

SEQUENCES = 250
"""At most this many held-out sequences a source, evenly spread over the file."""


@dataclass(frozen=True, slots=True)
class Score:
    """Loss of one source: nats per predicted token, and bits per byte of its text."""

    sequences: int
    tokens: int
    nats_per_token: float
    bits_per_byte: float


@torch.no_grad()
def held_out_scores(
    model: Qwen3ForCausalLM, tokenizer: Tokenizer, held_out: Sequences, context: int
) -> Mapping[str, Score]:
    """Each sequence is read alone from its first token, cut to `context` tokens.

    Bits per byte count delimiters and end marks as cost, and only text as bytes.
    """
    model.train(False)
    scores: dict[str, Score] = {}
    for name, sequences in sorted(held_out.items()):
        every = max(1, len(sequences) // SEQUENCES)
        chosen = [sequence[:context] for sequence in sequences[::every]][:SEQUENCES]
        nats, tokens, size = 0.0, 0, 0
        for sequence in chosen:
            ids = torch.tensor([list(sequence)])
            logits = model(ids, use_cache=False).logits[0, :-1].float()
            nats += F.cross_entropy(logits, ids[0, 1:], reduction="sum").item()
            tokens += len(sequence) - 1
            size += len(tokenizer.decode(list(sequence)).encode())
        if tokens and size:
            bits = nats / math.log(2) / size
            scores[name] = Score(len(chosen), tokens, nats / tokens, bits)
    return scores
