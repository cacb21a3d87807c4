"""The six delimiter rows: a small trained delta on spare vocabulary rows.

The embedding matrix and the head stay frozen and untouched. Their hooks add a delta of
shape (6, hidden) at the ids of the delimiters, so a forward pass costs what it cost before
(adding trainable rows through an `index_copy` of the whole matrix is 12 times slower on a
large vocabulary), and an adapter carries 6 rows instead of the matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tear_core.witness_format import DELIMITERS


class DelimiterRows(nn.Module):
    """Deltas for `ids` at the embedding and at the head: [k, hidden] each, one tensor if tied.

    Attributes:
        ids: [k] long, the spare rows in use.
        embed_delta: [k, hidden] float32, added to the embedding's rows.
        head_delta: the same tensor if embedding and head are tied, else its own [k, hidden].
    """

    ids: Tensor
    slots: Tensor

    def __init__(self, ids: Sequence[int], vocabulary: int, hidden: int, tied: bool) -> None:
        super().__init__()
        slots = torch.full((vocabulary,), -1, dtype=torch.long)
        slots[list(ids)] = torch.arange(len(ids))
        self.register_buffer("ids", torch.tensor(list(ids), dtype=torch.long), persistent=False)
        self.register_buffer("slots", slots, persistent=False)
        self.embed_delta = nn.Parameter(torch.zeros(len(ids), hidden))
        self.head_delta = self.embed_delta if tied else nn.Parameter(torch.zeros(len(ids), hidden))
        self.tied = tied

    def attach(self, network: Any) -> None:
        """Hook the deltas into a model's embedding and head. Its tensors are not touched."""
        network.get_input_embeddings().register_forward_hook(self._at_embedding)
        network.get_output_embeddings().register_forward_hook(self._at_head)

    def _at_embedding(self, module: nn.Module, args: tuple[Any, ...], out: Tensor) -> Tensor:
        slots = self.slots[args[0]]  # [..., T] -> slot or -1
        delta = F.embedding(slots.clamp(min=0), self.embed_delta)
        return out + (delta * (slots >= 0).unsqueeze(-1)).to(out.dtype)

    def _at_head(self, module: nn.Module, args: tuple[Any, ...], out: Tensor) -> Tensor:
        return out.index_add(-1, self.ids, self.head_columns(args[0]).to(out.dtype))

    def head_columns(self, hidden: Tensor) -> Tensor:
        """What the deltas add to the logits of the delimiters: [..., hidden] -> [..., k]."""
        return hidden.to(self.head_delta.dtype) @ self.head_delta.t()

    def start_from(self, network: Any, words: Mapping[str, Sequence[int]]) -> None:
        """Set the deltas so that each untrained row begins as the mean of its own words' rows."""
        with torch.no_grad():
            for matrix, delta in (
                (network.get_input_embeddings().weight, self.embed_delta),
                (network.get_output_embeddings().weight, self.head_delta),
            ):
                for slot, name in enumerate(DELIMITERS):
                    row = int(self.ids[slot])
                    target = matrix[list(words[name])].float().mean(0)
                    delta[slot] = target - matrix[row].float()

    def named_deltas(self) -> dict[str, nn.Parameter]:
        """The tensors that an adapter saves in `delimiters.safetensors`."""
        if self.tied:
            return {"delimiters.delta": self.embed_delta}
        return {"delimiters.embed": self.embed_delta, "delimiters.head": self.head_delta}
