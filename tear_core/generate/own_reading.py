"""Reading with our own decoder; on a GPU each single token is one launch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tear_core.generate.key_values import KeyValues
from tear_core.generate.llama import LlamaDecoder
from tear_core.generate.step_graph import StepGraph


class OwnReading:
    """A decoder and what it has read. Its tensors stay where they are when weights change."""

    def __init__(self, decoder: LlamaDecoder, compiled: bool = False) -> None:
        """`compiled`: on a GPU torch compiles the step before it is captured, which takes a
        minute, once."""
        self._decoder = decoder
        self._memory = KeyValues(decoder.shape)
        self._graph = StepGraph(decoder, compiled)
        self._stale = False

    def drop(self) -> None:
        self._memory.length = 0
        self._stale = True

    def take_back(self, count: int) -> None:
        self._memory.length -= count

    def go_on(self, ids: Sequence[int]) -> Tensor:
        if self._stale:
            self._decoder.refresh()
            self._stale = False
        fresh = torch.tensor([list(ids)], dtype=torch.long, device=self._decoder.shape.device)
        if len(ids) == 1:
            return self._graph.read(fresh, self._memory)[0]
        return self._decoder.read(fresh, self._memory)[0]
