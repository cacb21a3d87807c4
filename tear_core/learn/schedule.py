"""λ over the life of a lineage: gentle at first, then as heavy as was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class LambdaSchedule:
    """λ for the n-th generation of a lineage (n from 1).

    `linear` goes from `start` at the first generation to `end` at number `generations`, and
    stays there. `constant` stays at `start`.

    Source: The Tear, "The Lambda Question": start with 0.3, increase gradually.
    """

    start: float = 0.3
    end: float = 1.0
    generations: int = 8
    kind: Literal["linear", "constant"] = "linear"

    def at(self, n: int) -> float:
        if self.kind == "constant":
            return self.start
        if self.generations <= 1:
            return self.end
        share = min(1.0, max(0, n - 1) / (self.generations - 1))
        return self.start + (self.end - self.start) * share
