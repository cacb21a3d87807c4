"""The two token streams of a run as batches, each opened at the step where the run stands."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from tear_core.nano import mixture
from tear_core.nano.prepare import Prepared
from tear_core.nano.schedule import Plan
from tear_core.nano.sources import Phase, Source

ROW_TOKENS: dict[Phase, int] = {"general": 512, "final": 1024}
"""Short rows are cheap; the final phase reads whole contexts."""

WHOLE_ROWS_FROM = 32_768
"""Batches of so many tokens are for a GPU: there short rows save nothing, and a second row
length costs a second compilation."""

HELD_OUT_ROWS = 16


class Batches:
    """Batches of `batch_tokens` ids, the mixture and the row length following the plan."""

    def __init__(
        self,
        data: Prepared,
        sources: Mapping[str, Source],
        seed: int,
        batch_tokens: int,
        context: int,
        by_size: float = 0.0,
    ) -> None:
        self.data, self.sources = data, sources
        self.seed, self.batch_tokens, self.context = seed, batch_tokens, context
        self.by_size = by_size
        self.streams: dict[Phase, Iterator[Tensor]] = {}

    def next(self, step: int, plan: Plan) -> Tensor:
        """The batch of `step`, (rows, tokens). Steps are asked for in order."""
        turned = plan.turn is not None and plan.falling(step)
        phase: Phase = "final" if turned else "general"
        if phase not in self.streams:
            since = plan.turn if turned and plan.turn is not None else 0
            self.streams[phase] = self._open(self.data.train, phase, skip=step - since)
        return next(self.streams[phase])

    def held_out(self) -> Tensor:
        """A fixed batch of held-out rows in the final mixture; empty if nothing is held out."""
        if not any(self.data.held_out.values()):
            return torch.empty(0, 2, dtype=torch.long)
        width = self._width("final")
        rows = mixture.rows(self.data.held_out, self.sources, "final", self.seed, width)
        return _tensor(rows, HELD_OUT_ROWS)

    def _open(self, sequences: mixture.Sequences, phase: Phase, skip: int) -> Iterator[Tensor]:
        width = self._width(phase)
        count = self.batch_tokens // width
        rows = mixture.rows(
            sequences, self.sources, phase, self.seed, width, skip * count, self.by_size
        )
        while True:
            yield _tensor(rows, count)

    def _width(self, phase: Phase) -> int:
        longest = ROW_TOKENS["final" if self.batch_tokens >= WHOLE_ROWS_FROM else phase]
        return min(longest, self.context, self.batch_tokens)


def _tensor(rows: Iterator[array[int]], count: int) -> Tensor:
    """The next `count` rows as (count, tokens), int64."""
    taken = list(itertools.islice(rows, count))
    ids = np.frombuffer(b"".join(row.tobytes() for row in taken), dtype=np.uint16)
    return torch.from_numpy(ids.astype(np.int64)).view(len(taken), -1)
