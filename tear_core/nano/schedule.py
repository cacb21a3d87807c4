"""The learning-rate plan: rise, hold, turn, fall to zero.

    scale 1 |  /------------------\\
            | /                     \\
            |/                        \\
          0 +--|------------------|-----|-> step
             warm-up            turn  total

A budget in steps fixes the plan at once. A budget in minutes leaves `turn` open until
that share of the time is over; only then is the rest counted in steps, and counted
again at checkpoints if the machine got slower or faster. The plan is part of the
checkpoint, so a resumed run follows it, not the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

TURN_SHARE = 0.65
"""Share of the budget spent before the learning rate falls and the final mixture begins."""

WARM_UP_STEPS = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a run stands in its schedule.

    Attributes:
        warm_up: steps of linear rise.
        turn: first step of the fall; None while a budget in minutes keeps it open.
        anchor, anchor_scale: the fall is the line from (anchor, anchor_scale) to (total, 0).
        total: steps in all; 0 while open.
    """

    warm_up: int = WARM_UP_STEPS
    turn: int | None = None
    anchor: int = 0
    anchor_scale: float = 1.0
    total: int = 0

    @classmethod
    def of_steps(cls, steps: int, turn_share: float = TURN_SHARE) -> Plan:
        turn = round(turn_share * steps)
        return cls(min(WARM_UP_STEPS, 1 + steps // 10), turn, anchor=turn, total=steps)

    def scale(self, step: int) -> float:
        """Factor on the peak learning rates at `step` (0-based), between 0 and 1."""
        rise = min(1.0, (step + 1) / self.warm_up)
        if not self.falling(step):
            return rise
        left = max(0, self.total - step) / max(1, self.total - self.anchor)
        return min(rise, self.anchor_scale * left)

    def falling(self, step: int) -> bool:
        return self.turn is not None and step >= self.turn

    def fitted(self, step: int, seconds_left: float, seconds_per_step: float) -> Plan:
        """The same line from here on, ending when the time does. Opens the fall if need be."""
        total = step + max(1, round(seconds_left / seconds_per_step))
        if not self.falling(step):
            return replace(self, turn=step, anchor=step, anchor_scale=1.0, total=total)
        return replace(self, anchor=step, anchor_scale=self.scale(step), total=total)
