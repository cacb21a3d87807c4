"""One update: a recipe, the new triples, what is replayed beside them, step by step.

An update is a function of its recipe, its triples in the order in which they were taken, and the
state that it starts from. The recipe is kept with the generation, so it can be done again.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from tear_core.learn.commonplace import said_to_anybody
from tear_core.learn.loss import Example, response_weight
from tear_core.learn.optimizer import Kind, make_optimizer, optimizer_tensors, restore_optimizer
from tear_core.learn.plan import Plan, epochs_of
from tear_core.learn.publish import LearnerState
from tear_core.learn.replay import replayed_beside
from tear_core.learn.step import StepReport, dual_step
from tear_core.model.precision import Precision
from tear_core.model.tree import Tree
from tear_core.store.triples import StoredTriple


@dataclass(frozen=True)
class Recipe:
    """What decides an update, beside its triples and where it starts (see `Plan`).

    Attributes:
        epochs: how often each new triple is seen.
        enough: it ends early once an epoch's consequence loss is this share of the first one's
            (see `_fallen_to`); None: every epoch is gone through.
        commonplace: of few triples, a response that costs fewer nats per token after inputs that
            are not its own is not imitated (see `learn.commonplace`); None: each one is.
        capacity: tokens to a pack when it began.
        precision: what matrices are multiplied in; those who do not say so used the base's own.
    """

    epochs: int
    enough: float | None
    lambda_: float
    learning_rate: float
    replay_share: float
    batch: int
    capacity: int
    clip: float
    optimizer: Kind
    precision: Precision = "base"
    commonplace: float | None = None

    def as_settings(self) -> dict[str, Any]:
        """As a generation keeps it. λ has a column of its own."""
        return {name: value for name, value in asdict(self).items() if name != "lambda_"}

    @classmethod
    def of(cls, settings: Mapping[str, Any], lambda_: float) -> Recipe:
        """The recipe that a generation keeps.

        Raises:
            KeyError: it keeps none, or a part of it is missing.
        """
        kept = {"precision": "base", "commonplace": None, **settings}
        names = [each.name for each in fields(cls) if each.name != "lambda_"]
        return cls(lambda_=lambda_, **{name: kept[name] for name in names})


def recipe_for(
    plan: Plan,
    *,
    new: int,
    replayable: int,
    depth: int,
    capacity: int,
    epochs: int | None = None,
    lambda_: float | None = None,
) -> Recipe:
    """The recipe that a plan gives so many triples; `epochs` and `lambda_` as they were asked for.

    Where nobody said how many epochs, the update ends with the one that has learned enough: a
    single scene would else be learned by heart, and repeated to everything that is said.

    Args:
        depth: which generation from the base this makes, from 1.
    """
    old = min(replayed_beside(new, plan.replay_share), replayable)
    given = epochs or plan.epochs
    return Recipe(
        epochs=given or epochs_of(plan, new + old),
        enough=None if given else plan.enough,
        lambda_=plan.schedule.at(depth) if lambda_ is None else lambda_,
        learning_rate=plan.learning_rate,
        replay_share=plan.replay_share,
        batch=plan.batch,
        capacity=capacity,
        clip=plan.clip,
        optimizer=plan.optimizer,
        precision=plan.precision,
        commonplace=None if given else plan.commonplace,
    )


@dataclass(frozen=True)
class Taken:
    """A step that was taken: the how-manieth of how many, on which triples, and what it did."""

    number: int
    of: int
    window: tuple[StoredTriple, ...]
    report: StepReport


LEAST_EPOCHS = 3
"""No update ends earlier by itself: the first steps of a fresh optimizer overshoot, and a model
that is left there is worse at everything (nano, two steps on one scene: +0.9 nats on others)."""

FEW = 4
"""Triples in an epoch, new and replayed, up to which responses too say when it is enough, and
need not be imitated where they are commonplace."""

Loss = tuple[float, float]
"""Of responses and of consequences, in nats per token."""


def _mean(losses: Sequence[Loss]) -> Loss:
    return statistics.fmean(r for r, _ in losses), statistics.fmean(c for _, c in losses)


def _fallen_to(now: Loss, first: Loss, few: bool) -> float:
    """What is left of the consequence loss, as a share of what it was; of `few` triples, what is
    left of the loss that has fallen the most.

    A response is shorter than its scene and is known by heart sooner. A model that knows one
    response by heart says it to everybody; one that knows sixteen has to choose.
    """
    both = zip(now, first, strict=True) if few else [(now[1], first[1])]
    return min((n / f for n, f in both if f > 0 and math.isfinite(n)), default=math.inf)


class Update:
    """An update under way: its optimizer, and what has been done so far.

    Changes the tree in place. `replayable` has the reservoir's triples that may be replayed.

    Attributes:
        not_imitated: ids of those whose responses were commonplace, at the latest.
    """

    def __init__(
        self,
        tree: Tree,
        recipe: Recipe,
        state: LearnerState,
        new: Sequence[StoredTriple],
        replayable: Mapping[str, StoredTriple],
    ) -> None:
        self.tree, self.recipe, self.state = tree, recipe, state
        self.new, self.replayable = list(new), replayable
        self.new_ids = {stored.id for stored in new}
        self._optimizer = make_optimizer(tree, recipe.optimizer, recipe.learning_rate)
        if state.moments is not None and state.optimizer == recipe.optimizer:
            restore_optimizer(self._optimizer, state.moments, state.numbers or {})
        self.replayed: set[str] = set()
        self.not_imitated: set[str] = set()
        self._costs: dict[str, float] = {}  # of responses, when they were last seen
        self.capacity = recipe.capacity
        self.taken = self.discarded = self.tokens = 0

    def steps(self, give_way: Callable[[], None] = lambda: None) -> Iterator[Taken]:
        """Every epoch: the new triples and fresh replays, shuffled, cut into windows."""
        epochs = [self._windows(number) for number in range(self.recipe.epochs)]
        planned = sum(map(len, epochs))
        first: Loss | None = None
        for number, windows in enumerate(epochs, start=1):
            losses: list[Loss] = []
            few = sum(map(len, windows)) <= FEW
            for window in windows:
                if few and self.recipe.commonplace is not None:
                    self._pass_over(window, self.recipe.commonplace, give_way)
                report = self._step(window, self.taken / planned, give_way)
                losses.append((report.response_loss, report.consequence_loss))
                yield Taken(self.taken, planned, tuple(window), report)
            mean = _mean(losses)
            first = first or mean
            if self.recipe.enough is None or number < LEAST_EPOCHS:
                continue
            # With its own one passed over, the responses are those of replays, which change.
            left = _fallen_to(mean, first, few and not self.not_imitated)
            if left <= self.recipe.enough:
                return

    def state_after(self) -> LearnerState:
        """The learner's state now, from which the lineage goes on."""
        moments, numbers = optimizer_tensors(self._optimizer)
        return replace(
            self.state,
            depth=self.state.depth + 1,
            step=self.state.step + self.taken,
            reservoir=self.state.reservoir.offer([s.id for s in self.new], self.state.seed),
            optimizer=self.recipe.optimizer,
            moments=moments,
            numbers=numbers,
        )

    def not_replayed(self) -> list[str]:
        """Ids in the reservoir that could not be drawn: retracted, or waiting to be learned."""
        return [each for each in self.state.reservoir.ids if each not in self.replayable]

    def _step(
        self, window: list[StoredTriple], done: float, give_way: Callable[[], None]
    ) -> StepReport:
        """One optimizer step; `done` is the share of the update that lies behind it."""
        for group in self._optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * (1 - 0.9 * done)
        report = dual_step(
            self.tree,
            self._optimizer,
            [self._example(stored) for stored in window],
            lambda_=self.recipe.lambda_,
            capacity=self.capacity,
            clip=self.recipe.clip,
            seed=self.state.step + self.taken,
            precision=self.recipe.precision,
            give_way=give_way,
        )
        self.replayed.update(stored.id for stored in window if stored.id not in self.new_ids)
        self._costs.update(zip((each.id for each in window), report.responses, strict=True))
        self.capacity = report.capacity
        self.taken += 1
        self.discarded += report.discarded
        self.tokens += report.tokens
        return report

    def _pass_over(
        self,
        window: Sequence[StoredTriple],
        bar: float,
        give_way: Callable[[], None],
    ) -> None:
        """Find out whose response has become what is said to anybody. Whose was dear even after its
        own input when it was last seen is not asked about."""
        for stored in window:
            known = stored.id in self.not_imitated or not response_weight(stored.triple.landing)
            if known or self._costs.get(stored.id, 0.0) >= bar:
                continue
            if said_to_anybody(self.tree, stored.triple, bar, self.capacity, give_way):
                self.not_imitated.add(stored.id)

    def _windows(self, epoch: int) -> list[list[StoredTriple]]:
        """The triples of one epoch, cut into windows."""
        seed, size = self.state.seed, self.recipe.batch
        beside = replayed_beside(len(self.new), self.recipe.replay_share)
        counter = self.state.step * 1000 + epoch
        drawn = self.state.reservoir.draw(beside, seed, counter, without=self.new_ids)
        batch = [*self.new, *(self.replayable[i] for i in drawn if i in self.replayable)]
        random.Random(f"{seed}:shuffle:{counter}").shuffle(batch)
        return [batch[start : start + size] for start in range(0, len(batch), size)]

    def _example(self, stored: StoredTriple) -> Example:
        base = self.tree.base
        tokens = base.format.training_tokens(stored.triple, base.context)
        imitated = stored.id not in self.not_imitated
        return Example(tokens, response_weight(stored.triple.landing) if imitated else 0.0)
