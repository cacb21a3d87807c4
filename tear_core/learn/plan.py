"""How an update is carried out: what the settings say, what suits the base, what was asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tear_core.learn.optimizer import Kind
from tear_core.learn.schedule import LambdaSchedule
from tear_core.model.base import Base
from tear_core.model.precision import Precision, precision_for
from tear_core.model.tree import LoraShape
from tear_core.settings import Settings

USUAL_LEARNING_RATE = 2e-4
USUAL_STEPS = 6
"""A single scene needs a few steps to be learned; a hundred of them make as many by themselves."""


@dataclass(frozen=True)
class Plan:
    """Everything that shapes an update.

    Attributes:
        epochs: how often each new triple is seen; None: as often as makes `steps` steps.
        steps: about how many optimizer steps an update takes whose epochs are not given.
        enough: such an update ends early once an epoch's consequence loss is this share of the
            first one's; of few triples, once either loss is.
        commonplace: such an update of few triples imitates no response that costs fewer nats per
            token after inputs that are not its own; None: it imitates them all.
        batch: triples to a step; `capacity`, tokens to a pack.
        precision: what matrices are multiplied in while it learns.
        gate: whether an update is held against the fixed probe before it may go live.
    """

    shape: LoraShape = LoraShape()
    learning_rate: float = USUAL_LEARNING_RATE
    epochs: int | None = None
    steps: int = USUAL_STEPS
    enough: float = 0.6
    commonplace: float | None = None
    schedule: LambdaSchedule = LambdaSchedule()
    replay_share: float = 0.5
    batch: int = 16
    capacity: int = 768
    clip: float = 1.0
    optimizer: Kind = "adamw"
    precision: Precision = "base"
    gate: Literal["on", "off"] = "on"


def plan_for(base: Base, settings: Settings) -> Plan:
    """Settings first; where they leave it open, what the base says of itself; then the usual."""
    own = base.learning
    return Plan(
        shape=LoraShape(settings.rank, settings.alpha, settings.dropout, settings.targets),
        learning_rate=settings.learning_rate or own.get("learning_rate", USUAL_LEARNING_RATE),
        epochs=settings.epochs,
        steps=own.get("steps", USUAL_STEPS),
        commonplace=own.get("commonplace"),
        schedule=LambdaSchedule(
            settings.lambda_start,
            settings.lambda_end,
            settings.lambda_generations,
            settings.lambda_schedule,
        ),
        replay_share=settings.replay_share,
        batch=settings.batch_triples,
        capacity=settings.pack_tokens or (768 if base.device.type == "cpu" else 4096),
        clip=settings.clip,
        optimizer=settings.optimizer,
        precision=precision_for(base, settings.learn_precision),
        gate=settings.gate,
    )


def epochs_of(plan: Plan, triples: int) -> int:
    """How often an update sees each of so many triples (new and replayed in one epoch)."""
    if plan.epochs is not None:
        return plan.epochs
    windows = max(1, math.ceil(triples / plan.batch))
    return max(1, math.ceil(plan.steps / windows))
