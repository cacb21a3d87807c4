"""What a learner tells while it learns, as `engine.messages` describes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tear_core.learn.update import Taken
from tear_core.store.generations import Generation
from tear_core.store.learning_log import LearningStep

Told = dict[str, Any]

DIVERGED: Told = {
    "event": "error",
    "message": "learning did not stay finite, so nothing was published",
    "hint": "lower the learning rate; the triples are still pending",
}


def logged(taken: Taken, run: str, lambda_: float, new_ids: set[str], memory: int) -> LearningStep:
    """A step as the learning log keeps it."""
    report = taken.report
    ids = [stored.id for stored in taken.window]
    return LearningStep(
        run=run,
        step=taken.number,
        steps=taken.of,
        response_loss=_number(report.response_loss),
        consequence_loss=_number(report.consequence_loss),
        lambda_=lambda_,
        grad_norm=_number(report.grad_norm),
        tokens=report.tokens,
        seconds=report.seconds,
        discarded=report.discarded,
        new_ids=tuple(each for each in ids if each in new_ids),
        replayed_ids=tuple(each for each in ids if each not in new_ids),
        memory_bytes=memory,
    )


def step_told(step: LearningStep) -> Told:
    """A step as it is streamed; None where there is no figure."""
    return {
        "run": step.run,
        "step": step.step,
        "steps": step.steps,
        "response_loss": step.response_loss,
        "consequence_loss": step.consequence_loss,
        "lambda": step.lambda_,
        "tokens_per_second": step.tokens / max(step.seconds, 1e-9),
        "discarded": step.discarded,
        "new_ids": list(step.new_ids),
        "replayed_ids": list(step.replayed_ids),
        "memory_bytes": step.memory_bytes,
    }


def published(row: Generation, live: int) -> Told:
    """A generation as `train-pending` prints it."""
    probe: Mapping[str, Any] = (row.gate or {}).get("probe") or {}
    return {
        "generation": row.number,
        "parent": row.parent,
        "triples": row.triples,
        "replayed": row.replayed,
        "steps": row.steps,
        "tokens": row.tokens,
        "seconds": round(row.seconds, 3),
        "lambda": row.lambda_,
        "response_loss": {"before": row.response_before, "after": row.response_after},
        "consequence_loss": {"before": row.consequence_before, "after": row.consequence_after},
        "live": live,
        "verdict": row.verdict,
        "why": probe.get("why", ""),
        "hint": _hint(row) if row.refused else "",
    }


def _hint(row: Generation) -> str:
    """What a person can do about an update that the gate refused."""
    return (
        "its triples are still pending: lower the learning rate, retract what should not be"
        f" learned, or let it answer all the same with `tear-tui generations use {row.number}`"
    )


def nothing_to_learn(live: int) -> Told:
    """The same keys when nothing was pending."""
    nothing = {"before": None, "after": None}
    return {
        "event": "published",
        "generation": None,
        "parent": live or None,
        "triples": 0,
        "replayed": 0,
        "steps": 0,
        "tokens": 0,
        "seconds": 0.0,
        "lambda": None,
        "response_loss": nothing,
        "consequence_loss": nothing,
        "live": live,
        "verdict": "",
        "why": "",
        "hint": "",
        "stages": {},
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
