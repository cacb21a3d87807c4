"""Keys and values of what was read, in tensors that are there before they are needed.

Reading on writes into the next columns, forgetting the last of them costs nothing, and nothing
is joined anew for each token. Rows of different lengths end in the same column: the shorter
ones begin later, and nobody looks at the columns before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

LEAST = 256


@dataclass(frozen=True)
class Shape:
    """Of one token's keys, in every layer, and how many tokens there can be."""

    layers: int
    heads: int
    size: int
    context: int
    dtype: torch.dtype
    device: torch.device


class KeyValues:
    """For each layer keys and values [rows, heads, capacity, size], of which `length` are read.

    Attributes:
        begins: the column in which each row begins, or None if all begin in the first.
        column: [1] long. Where it is set, tokens are written there and everything is looked at:
            what a captured graph needs, whose shapes may not change.
    """

    def __init__(self, shape: Shape, begins: Sequence[int] = (0,)) -> None:
        self._shape = shape
        self.rows = len(begins)
        self.length = 0
        self.capacity = 0
        self.begins = self._tensor(begins) if any(begins) else None
        self.column: Tensor | None = None
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []

    def make_room(self, more: int) -> bool:
        """Room for so many more columns; whether that took new tensors."""
        if self.length + more <= self.capacity:
            return False
        wanted = max(LEAST, self.capacity)
        while wanted < self.length + more:
            wanted *= 2
        capacity = max(self.length + more, min(wanted, self._shape.context))
        self.keys = self._grown(self.keys, capacity)
        self.values = self._grown(self.values, capacity)
        self.capacity = capacity
        return True

    def write(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """File [rows, heads, n, size] of a layer; returns all that is to be looked at."""
        if self.column is not None:
            self.keys[layer].index_copy_(2, self.column, keys)
            self.values[layer].index_copy_(2, self.column, values)
            return self.keys[layer], self.values[layer]
        end = self.length + keys.shape[2]
        self.keys[layer][:, :, self.length : end] = keys
        self.values[layer][:, :, self.length : end] = values
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]

    def keep(self, rows: Sequence[int]) -> None:
        """Become these rows, in this order; one may be named more than once."""
        chosen = self._tensor(rows)
        self.keys = [each.index_select(0, chosen) for each in self.keys]
        self.values = [each.index_select(0, chosen) for each in self.values]
        self.rows = len(rows)
        if self.begins is not None:
            self.begins = self.begins[chosen]

    def _grown(self, held: list[Tensor], capacity: int) -> list[Tensor]:
        shape = self._shape
        size = (self.rows, shape.heads, capacity, shape.size)
        # zeros, since a captured step multiplies with what is not yet written
        grown = [
            torch.zeros(size, dtype=shape.dtype, device=shape.device) for _ in range(shape.layers)
        ]
        for new, old in zip(grown, held, strict=False):
            new[:, :, : self.length] = old[:, :, : self.length]
        return grown

    def _tensor(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(list(values), dtype=torch.long, device=self._shape.device)
