"""What the learning place shows, derived from the log: the same while it learns and afterwards.

Pure. `reading_learning` reads the rows; the engine is asked only what it does at this moment.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tear_core.store.generations import Generation
from tear_core.store.learning_log import LearningRun, LearningStep
from tear_core.store.surprises import Measured

RECENT = 8
"""Steps that the pace is taken from."""

QUIET = 5.0
"""Seconds without a step, and times what a step takes, after which no step is being taken."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A triple of the window: whether it is new or replayed, and its first words."""

    id: str
    new: bool
    landing: str
    words: str


@dataclass(frozen=True, slots=True)
class Learning:
    """Learning as the log tells it.

    Attributes:
        runs: the latest updates, newest first.
        at_work: the update in hand; None: nobody learns in this home.
        shown: the update whose steps are looked at, and `steps`, all that it has taken.
        window: the triples of its latest step.
        generations: what the updates were published as, by number.
        curve: the latest measured triples, oldest first.
        pending: triples that wait; `untried`: those of them that the engine would learn by itself.
    """

    runs: tuple[LearningRun, ...] = ()
    at_work: LearningRun | None = None
    shown: LearningRun | None = None
    steps: tuple[LearningStep, ...] = ()
    window: tuple[Taught, ...] = ()
    generations: Mapping[int, Generation] = field(default_factory=dict)
    curve: tuple[Measured, ...] = ()
    live: int = 0
    pending: int = 0
    untried: int = 0

    @property
    def is_live(self) -> bool:
        """Whether the update that is looked at is the one in hand."""
        return self.at_work is not None and self.shown == self.at_work

    @property
    def latest(self) -> LearningStep | None:
        return self.steps[-1] if self.steps else None

    @property
    def result(self) -> Generation | None:
        """The generation that the update was published as."""
        number = self.shown.generation if self.shown is not None else None
        return self.generations.get(number) if number is not None else None


def taken(before: Learning, shown: LearningRun | None, rows: Sequence[LearningStep]) -> Learning:
    """The steps of `shown` after these rows of its log: those that are there already, and new ones.

    Rows may come twice, and an update may take the place of another.
    """
    same = before.shown is not None and shown is not None and before.shown.id == shown.id
    kept = before.steps if same else ()
    known = kept[-1].step if kept else 0
    return replace(
        before, shown=shown, steps=(*kept, *(each for each in rows if each.step > known))
    )


def seconds_left(steps: Sequence[LearningStep]) -> float | None:
    """How long an update has to go at its latest pace, at most: it may end early."""
    if not steps:
        return None
    return max(0, steps[-1].steps - steps[-1].step) * _pace(steps)


def stands_still(steps: Sequence[LearningStep], at: datetime) -> bool:
    """Whether something else than steps is going on: an update may be measured for longer than it
    was learned."""
    if not steps:
        return False
    since = (at - datetime.fromisoformat(steps[-1].at)).total_seconds()
    return since > QUIET * max(1.0, _pace(steps))


def _pace(steps: Sequence[LearningStep]) -> float:
    """Seconds for a step, of late."""
    return statistics.median(each.seconds for each in steps[-RECENT:])


def tokens_per_second(steps: Sequence[LearningStep]) -> float | None:
    """Learned tokens by the second, over the latest steps."""
    recent = steps[-RECENT:]
    seconds = sum(each.seconds for each in recent)
    return sum(each.tokens for each in recent) / seconds if seconds > 0 else None


def against_the_base(
    curve: Sequence[Measured], base: Mapping[str, float]
) -> tuple[list[float | None], list[float | None]]:
    """Two lines: the surprise of each scene when it came, and the base model's at the same scene.

    `base` has what was measured of the base, by triple; what the base itself was surprised by
    need not be measured again.
    """
    live: list[float | None] = [each.nats for each in curve]
    plain = [each.nats if each.generation == 0 else base.get(each.triple) for each in curve]
    return live, plain


def unmeasured(curve: Sequence[Measured], base: Mapping[str, float]) -> list[str]:
    """Triples whose surprise to the base is not known yet, newest first."""
    return [
        each.triple for each in reversed(curve) if each.generation != 0 and each.triple not in base
    ]
