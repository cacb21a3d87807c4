"""A loaded base model: its frozen network, its tokenizer, and how it writes the witness format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from tear_core.witness_format import WitnessFormat

Strategy = Literal["rows", "text"]


@dataclass(frozen=True)
class Base:
    """Frozen weights, held once; every tree that grows on them shares these tensors.

    Attributes:
        name: what the person asked for: "nano", a Hub id or a folder.
        revision: the pinned commit, or "" for a folder.
        fingerprint: 32 hex digits that change with the weights, their precision and the way
            delimiters are written: an adapter fits only the fingerprint it was learned on.
        network: a causal LM from transformers, in eval mode, requires_grad off.
        format: renders triples for this model.
        strategy: how delimiters are written.
        delimiter_ids: with `rows`, the six ids in the order of `DELIMITERS`.
        delimiter_words: with `rows`, ids of each delimiter's own words, where its row starts
            from; empty when the base was trained with the delimiters.
        context: most tokens the model reads.
        learning: what is known to suit this base, by the names that a plan has for it.
        demonstration: too small to be a subject of research.
    """

    name: str
    revision: str
    fingerprint: str
    network: Any
    tokenizer: Any
    format: WitnessFormat
    strategy: Strategy
    delimiter_ids: tuple[int, ...]
    delimiter_words: Mapping[str, Sequence[int]]
    context: int
    device: torch.device
    dtype: torch.dtype
    quantized: bool = False
    demonstration: bool = False
    learning: Mapping[str, Any] = field(default_factory=dict)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, delimiters and specials left out."""
        hidden = set(self.delimiter_ids)
        plain = [i for i in ids if i not in hidden]
        text = self.tokenizer.decode(
            plain, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return str(text)
