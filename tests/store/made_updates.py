"""Updates to put into the learning log: their triples, their steps, one that is in hand."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from tear_core.store import Store, learning_log, triples
from tear_core.store.learning_log import LearningStep
from tear_core.triples import Triple


def step(run: str, number: int, of: int = 24, **more: Any) -> LearningStep:
    return LearningStep(
        **{
            "run": run,
            "step": number,
            "steps": of,
            "response_loss": 2.5 + math.sin(number / 3) * 0.3,
            "consequence_loss": 4 * math.exp(-number / 9) + 0.5,
            "lambda_": 0.3,
            "grad_norm": 1.0,
            "tokens": 900,
            "seconds": 0.5,
            "memory_bytes": 312_000_000,
            **more,
        }
    )


def add(store: Store, count: int, scene: str = "She closed the lid") -> list[str]:
    return [
        triples.add(
            store,
            Triple(f"I play the piano {i}", "A month is early", f"{scene} {i}"),
            source="test",
            status="pending",
        )[0].id
        for i in range(count)
    ]


def begin(store: Store, home: Path, ids: list[str], steps: int) -> str:
    """An update in hand in this process, so many steps of 24 far."""
    run = learning_log.begin(store, "nano", 0, ids)
    for number in range(1, steps + 1):
        learning_log.append(store, step(run, number, new_ids=tuple(ids[:2]),
                                        replayed_ids=tuple(ids[2:3])))  # fmt: skip
    (home / "learner.pid").write_text(str(os.getpid()))
    return run
