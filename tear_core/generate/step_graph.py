"""One token for every row as a CUDA graph: hundreds of launches become one.

A graph belongs to the tensors that it was captured on. It is captured anew when the memory has
grown (the room doubles, so that is seldom) or lost rows, and never because weights were learned:
those are written into the same tensors. Without CUDA, and where a capture fails, the same step
is launched kernel by kernel.
"""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch import Tensor

from tear_core.generate.key_values import KeyValues
from tear_core.generate.llama import LlamaDecoder

log = logging.getLogger(__name__)

WARM_UPS = 3
"""Steps before a capture, in which libraries choose their kernels and take their workspace."""


class StepGraph:
    """Reads [rows, 1] ids, from a graph where that can be."""

    def __init__(self, decoder: LlamaDecoder, compiled: bool = False) -> None:
        self._decoder = decoder
        self._step: Any = decoder.step
        self._wanted = decoder.shape.device.type == "cuda"
        if compiled and self._wanted:
            self._step = torch.compile(decoder.step, dynamic=False)
        self._graph: Any = None
        self._held: tuple[Any, ...] = ()

    def read(self, ids: Tensor, memory: KeyValues) -> Tensor:
        """Logits [rows, vocabulary]; the next call may write into the same tensor."""
        if not self._wanted:
            return self._decoder.read(ids, memory)
        memory.make_room(1)
        if self._stale(memory):
            try:
                self._capture(memory)
            except RuntimeError as error:  # not every kernel can be captured
                log.warning("a step of this model cannot be captured, it is launched: %s", error)
                self._wanted, self._graph, self._held = False, None, ()
                return self._decoder.read(ids, memory)
        self._ids.copy_(ids)
        self._column.fill_(memory.length)
        self._graph.replay()
        memory.length += 1
        return self._logits

    def _stale(self, memory: KeyValues) -> bool:
        return self._graph is None or self._held[0] is not memory.keys

    def _capture(self, memory: KeyValues) -> None:
        """The warm-ups write into the column that the next token is written into anyway."""
        device = self._decoder.shape.device
        self._graph = None
        self._ids = torch.zeros(memory.rows, 1, dtype=torch.long, device=device)
        self._column = torch.full((1,), memory.length, dtype=torch.long, device=device)
        angles = self._decoder.prepare(memory)
        self._held = (memory.keys, memory.values, memory.begins, angles)
        memory.column = self._column
        try:
            beside = torch.cuda.Stream(device)
            beside.wait_stream(torch.cuda.current_stream(device))
            with torch.cuda.stream(beside):
                for _ in range(WARM_UPS):
                    self._step(self._ids, memory)
            torch.cuda.current_stream(device).wait_stream(beside)
            graph = torch.cuda.CUDAGraph()
            # thread_local: the learner may go on allocating meanwhile
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                self._logits = self._step(self._ids, memory)
            self._graph = graph
        finally:
            memory.column = None
