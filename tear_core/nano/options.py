"""What a run is asked to be: everything that its outcome depends on, and its budget."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tear_core.nano.model import Shape
from tear_core.nano.schedule import TURN_SHARE


@dataclass(frozen=True)
class Options:
    """What a run is. Exactly one of `steps` and `minutes` is the budget.

    Attributes:
        text, triples: the corpus folders. corpus: a folder of token files instead of the two.
        start: a run or a model folder whose weights and tokenizer are the beginning; None:
            from nothing.
        rate: factor on the peak learning rates; below 1 for weights that are trained already.
        turn: share of the budget before the rate falls and the final mixture begins.
        by_size: how far the mixture goes by the size of its sources, see `mixture.shares`.
    """

    text: Path | None
    triples: Path | None
    out: Path
    shape: Shape
    corpus: Path | None = None
    batch_tokens: int = 4096
    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    start: Path | None = None
    rate: float = 1.0
    turn: float = TURN_SHARE
    by_size: float = 0.0
    device: str = "cpu"
    compile: bool = False
    save_every_seconds: float = 120.0
