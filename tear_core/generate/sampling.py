"""Drawing the next token: penalty, temperature, the likeliest, and a generator of our own.

The rules are transformers' (its repetition penalty, temperature, top-k and top-p, in that order),
and the tests hold the probabilities against its processors. What differs is the cost: only the
likeliest few of a vocabulary are ever sorted, and one uniform number draws among them.

Sources: nucleus sampling, Holtzman et al., arXiv 1904.09751; the penalty, Keskar et al.,
arXiv 1909.05858.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

LIKELIEST = 512
"""How many are sorted first. All are only where these do not hold `top_p`."""


@dataclass(frozen=True)
class Draw:
    """How tokens are drawn. Temperature 0 is greedy; `top_k` 0 and `top_p` 1 are off."""

    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 0
    repetition_penalty: float = 1.1


class Sampler:
    """Draws tokens; the same seed and logits give the same tokens on the same device."""

    def __init__(self, draw: Draw, seed: int) -> None:
        self.draw = draw
        self._generator = torch.Generator().manual_seed(seed)

    @property
    def temperature(self) -> float:
        """What scores are divided by; the likeliest is the likeliest at any."""
        return self.draw.temperature if self.draw.temperature > 0 else 1.0

    def choose(self, ids: Tensor, shares: Tensor) -> int:
        """One of `candidates`: with a temperature of 0 the first."""
        if self.draw.temperature <= 0:
            return int(ids[0])
        bounds = shares.cumsum(0)
        spot = torch.rand((), generator=self._generator, dtype=torch.float64) * bounds[-1]
        place = int(torch.searchsorted(bounds, spot, right=True))
        return int(ids[min(place, len(ids) - 1)])


def next_ids(
    samplers: Sequence[Sampler], scores: Tensor, written: Sequence[Sequence[int]]
) -> list[int]:
    """The next id of each row of scores [rows, vocabulary]; the penalty looks at what is `written`.

    A row's id does not depend on the rows beside it.
    """
    scores = penalised(scores, written, [each.draw.repetition_penalty for each in samplers])
    scores = scores / scores.new_tensor([[each.temperature] for each in samplers])
    found, ids = scores.topk(min(LIKELIEST, scores.shape[1]))
    total = scores.logsumexp(1, keepdim=True)
    shares, ids = (found - total).cpu().double().exp(), ids.cpu()
    chosen = []
    for row, sampler in enumerate(samplers):
        few, these = ids[row], shares[row]
        if not enough(these, sampler.draw, scores.shape[1]):
            these, few = scores[row].sort(descending=True)
            these, few = (these - total[row]).cpu().double().exp(), few.cpu()
        chosen.append(sampler.choose(*candidates(few, these, sampler.draw)))
    return chosen


def penalised(
    scores: Tensor, written: Sequence[Sequence[int]], penalties: Sequence[float]
) -> Tensor:
    """Scores [rows, vocabulary] with what each row has written already made less likely."""
    if all(penalty == 1.0 for penalty in penalties) or not any(written):
        return scores
    seen = [sorted(set(ids)) or [0] for ids in written]
    most = max(map(len, seen))
    places = torch.tensor(  # the first one again is harmless
        [[*ids, *[ids[0]] * (most - len(ids))] for ids in seen], device=scores.device
    )
    by = scores.new_tensor(
        [[penalty if ids else 1.0] for penalty, ids in zip(penalties, written, strict=True)]
    )
    old = scores.gather(1, places)
    return scores.scatter(1, places, torch.where(old < 0, old * by, old / by))


def enough(shares: Tensor, draw: Draw, vocabulary: int) -> bool:
    """Whether all that may be drawn is among the likeliest, whose probabilities are `shares`."""
    if draw.temperature <= 0 or len(shares) == vocabulary:
        return True
    if draw.top_k > 0:
        return draw.top_k <= len(shares)
    return draw.top_p < 1.0 and float(shares.sum()) >= draw.top_p


def candidates(ids: Tensor, shares: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    """Which of the likeliest may be drawn, and their shares.

    `shares` [n] float64 are the probabilities of `ids` among the whole vocabulary, the largest
    first. `top_p` counts what `top_k` leaves as everything.
    """
    if draw.temperature <= 0:
        return ids[:1], shares[:1]
    whole = 1.0
    if draw.top_k > 0:
        ids, shares = ids[: draw.top_k], shares[: draw.top_k]
        whole = float(shares.sum())
    if draw.top_p < 1.0:
        kept = int(torch.searchsorted(shares.cumsum(0), draw.top_p * whole)) + 1
        ids, shares = ids[:kept], shares[:kept]
    return ids, shares
