"""Drawing the next token: transformers' own processors, a generator of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)


@dataclass(frozen=True)
class Draw:
    """How tokens are drawn. Temperature 0 is greedy; `top_k` 0 and `top_p` 1 are off."""

    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 0
    repetition_penalty: float = 1.1


class Sampler:
    """Draws tokens; the same seed and logits give the same tokens on the same device."""

    def __init__(self, draw: Draw, seed: int, device: torch.device) -> None:
        self._greedy = draw.temperature <= 0
        self._generator = torch.Generator(device=device).manual_seed(seed)
        self._processors = LogitsProcessorList()
        if draw.repetition_penalty != 1.0:
            self._processors.append(RepetitionPenaltyLogitsProcessor(draw.repetition_penalty))
        if self._greedy:
            return
        if draw.temperature != 1.0:
            self._processors.append(TemperatureLogitsWarper(draw.temperature))
        if draw.top_k > 0:
            self._processors.append(TopKLogitsWarper(draw.top_k))
        if draw.top_p < 1.0:
            self._processors.append(TopPLogitsWarper(draw.top_p))

    def next(self, logits: Tensor, written: Sequence[int]) -> int:
        """The next id from logits [vocabulary]; `written` is what the penalty looks at."""
        past: Any = torch.tensor([list(written)], dtype=torch.long, device=logits.device)
        scores = self._processors(past, logits.float()[None])
        if self._greedy:
            return int(scores.argmax())
        return int(torch.multinomial(scores.softmax(-1), 1, generator=self._generator))
