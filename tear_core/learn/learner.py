"""The learner: takes what is pending, learns it with a share of replay, publishes a generation."""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ulid import ULID

from tear_core import home as places
from tear_core.evaluate.surprise import Surprise, surprise
from tear_core.learn.loss import Example, response_weight
from tear_core.learn.optimizer import make_optimizer, optimizer_tensors, restore_optimizer
from tear_core.learn.plan import Plan, epochs_of
from tear_core.learn.publish import LearnerState, read_state, write_generation
from tear_core.learn.replay import replayed_beside
from tear_core.learn.step import StepReport, dual_step
from tear_core.model.adapters import adapter_shape, load_adapter
from tear_core.model.base import Base
from tear_core.model.tree import Tree, grow, set_adapter
from tear_core.store import generations, learning_log, triples
from tear_core.store.database import Store
from tear_core.store.generations import Generation
from tear_core.store.learning_log import LearningStep
from tear_core.store.triples import StoredTriple
from tear_core.witness_format import Section, TripleTooLong

Told = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What one run of the learner was asked for; None means as the plan says.

    `ids` names the triples to learn, whatever was learned before; else it is what is pending.
    `note` is kept with the generation's settings.
    """

    limit: int | None = None
    lambda_: float | None = None
    epochs: int | None = None
    seed: int | None = None
    ids: tuple[str, ...] = ()
    note: Mapping[str, Any] = field(default_factory=dict)


class Learner:
    """A tree that learns, and where in the lineage of generations it stands.

    It goes on from whichever generation is live, so rolling back and learning again makes a
    branch. Nothing of what it does is seen by the live tree until it is published.
    """

    def __init__(self, base: Base, plan: Plan) -> None:
        self.base = base
        self.plan = plan
        self.tree: Tree | None = None
        self._at: int | None = None
        self._state = LearnerState()
        self._capacity = plan.capacity

    def learn(
        self,
        store: Store,
        asked: Asked = Asked(),
        give_way: Callable[[], None] = lambda: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Told]:
        """Learn what is pending and publish it, telling each step (see `engine.messages`).

        The caller holds the learner's lock. `stop` true between steps: nothing is published
        and the triples stay pending.
        """
        began = time.perf_counter()
        new, too_long = self._wanted(store, asked)
        if too_long:
            triples.set_status(
                store, too_long, "too_long", "longer than the model reads", "learner"
            )
        if not new:
            yield nothing_to_learn(generations.live(store, self.base.name))
            return
        yield {"event": "waiting", "triples": len(new)}
        tree = self._stand_at(store, generations.live(store, self.base.name), asked.seed)
        yield from self._surprises(store, tree, new, give_way)
        run = _Run(tree, self.plan, asked, self._state, new, self._replayable(store))
        before = self._losses(tree, new, give_way)
        # Until it is published the tree is at no generation: whatever ends this update early,
        # an error too, the next one reads its generation anew.
        parent, self._at = self._at or 0, None
        for told in run.steps(self._capacity, give_way):
            self._capacity = run.capacity
            learning_log.append(store, told)
            yield {"event": "step", **step_told(told)}
            if stop():
                yield {"event": "stopped", "triples": len(new)}
                return
        after = self._losses(tree, new, give_way)
        if run.discarded == run.taken or not all(map(math.isfinite, after.values())):
            yield {
                "event": "error",
                "message": "learning did not stay finite, so nothing was published",
                "hint": "lower the learning rate; the triples are still pending",
            }
            return
        seconds = time.perf_counter() - began
        row = self._publish(store, run, parent, (before, after), seconds)
        yield {"event": "published", **published(row, generations.live(store, self.base.name))}

    def _wanted(self, store: Store, asked: Asked) -> tuple[list[StoredTriple], list[str]]:
        """What is to be learned and fits, and the ids of what is too long."""
        if asked.ids:
            named = {stored.id: stored for stored in triples.get_many(store, asked.ids)}
            learnable = [named[i] for i in asked.ids if i in named]
            found = [s for s in learnable if s.status in ("pending", "learned")][: asked.limit]
        else:
            found = triples.pending(store, asked.limit)
        fits, too_long = [], []
        for stored in found:
            try:
                self.base.format.training_tokens(stored.triple, self.base.context)
            except TripleTooLong:
                too_long.append(stored.id)
            else:
                fits.append(stored)
        return fits, too_long

    def _replayable(self, store: Store) -> dict[str, StoredTriple]:
        """The reservoir's triples as they now stand; what was retracted since is not replayed."""
        kept = triples.get_many(store, self._state.reservoir.ids)
        return {stored.id: stored for stored in kept if stored.status == "learned"}

    def _stand_at(self, store: Store, number: int, seed: int | None) -> Tree:
        """Bring the tree to the live generation. Already there: nothing is read again."""
        if self.tree is not None and self._at == number and number != 0:
            return self.tree
        if number == 0:
            self._state = LearnerState(seed=seed or 0, optimizer=self.plan.optimizer)
            self.tree = grow(self.base, self.plan.shape, self._state.seed)
        else:
            row = generations.get(store, number)
            assert row is not None  # 0 alone stands for the base
            folder = places.generations_folder(store.home) / row.folder
            shape = replace(adapter_shape(folder), dropout=self.plan.shape.dropout)
            if self.tree is None or self.tree.shape != shape:
                self.tree = grow(self.base, shape)
            set_adapter(self.tree, load_adapter(folder))
            self._state = read_state(folder)
        self._at = number
        return self.tree

    def _surprises(
        self,
        store: Store,
        tree: Tree,
        new: Sequence[StoredTriple],
        give_way: Callable[[], None],
    ) -> Iterator[Told]:
        """Test, then learn: score what nobody has scored yet, before the first step."""
        unscored = [stored for stored in new if stored.surprise is None]
        scores = surprise(tree, [s.triple for s in unscored], give_way=give_way)
        for stored, score in zip(unscored, scores, strict=True):
            at = self._at or 0
            triples.record_surprise(store, stored.id, score.per_token, score.tokens, at)
            yield {
                "event": "surprise",
                "triple": stored.id,
                "nats_per_token": score.per_token,
                "tokens": score.tokens,
                "generation": at,
            }

    def _losses(
        self, tree: Tree, new: Sequence[StoredTriple], give_way: Callable[[], None]
    ) -> dict[str, float]:
        """Nats per token of the new triples' words, by section."""
        words = [stored.triple for stored in new]
        none = Surprise(0.0, 0)
        return {
            name: sum(surprise(tree, words, section, self._capacity, give_way), none).per_token
            for name, section in (
                ("response", Section.RESPONSE),
                ("consequence", Section.CONSEQUENCE),
            )
        }

    def _publish(
        self,
        store: Store,
        run: _Run,
        parent: int,
        losses: tuple[dict[str, float], dict[str, float]],
        seconds: float,
    ) -> Generation:
        before, after = losses
        tree = run.tree
        moments, numbers = optimizer_tensors(run.optimizer)
        state = LearnerState(
            seed=run.state.seed,
            depth=run.state.depth + 1,
            step=run.state.step + run.taken,
            reservoir=run.state.reservoir.offer([s.id for s in run.new], run.state.seed),
            optimizer=self.plan.optimizer,
            moments=moments,
            numbers=numbers,
        )
        folder = str(ULID())
        number = generations.next_number(store)
        settings = {
            "rank": tree.shape.rank,
            "alpha": tree.shape.alpha,
            "targets": tree.shape.targets,
            "dropout": tree.shape.dropout,
            "learning_rate": self.plan.learning_rate,
            "epochs": run.epochs,
            "replay_share": self.plan.replay_share,
            "batch": self.plan.batch,
            "optimizer": self.plan.optimizer,
            "seed": run.state.seed,
            **run.note,
        }
        about = {"base": self.base.name, "number": number, "parent": parent or None, **settings}
        digest = write_generation(
            places.generations_folder(store.home) / folder, tree, state, about
        )
        generation = Generation(
            number=number,
            parent=parent or None,
            base=self.base.name,
            base_revision=self.base.revision,
            base_fingerprint=self.base.fingerprint,
            folder=folder,
            manifest_sha256=digest,
            triples=len(run.new),
            replayed=len(run.replayed),
            steps=run.taken,
            tokens=run.tokens,
            seconds=seconds,
            lambda_=run.lambda_,
            settings=settings,
            response_before=before["response"],
            response_after=after["response"],
            consequence_before=before["consequence"],
            consequence_after=after["consequence"],
        )
        with store.write():
            # A person who went back to another generation meanwhile is not overruled.
            unmoved = generations.live(store, self.base.name) == parent
            row = generations.publish(
                store,
                generation,
                new_ids=[s.id for s in run.new],
                replayed_ids=sorted(run.replayed),
                make_live=unmoved,
            )
            learning_log.published_as(store, run.id, row.number)
        self._at, self._state = row.number, state
        return row


class _Run:
    """One update: its examples, its optimizer, and what has been done so far."""

    def __init__(
        self,
        tree: Tree,
        plan: Plan,
        asked: Asked,
        state: LearnerState,
        new: Sequence[StoredTriple],
        replayable: dict[str, StoredTriple],
    ) -> None:
        self.id = learning_log.new_run()
        self.tree, self.plan, self.state, self.new = tree, plan, state, list(new)
        self.replayable = replayable
        old = min(replayed_beside(len(new), plan.replay_share), len(replayable))
        self.epochs = asked.epochs or epochs_of(plan, len(new) + old)
        self.may_end_early = asked.epochs is None and plan.epochs is None
        self.note = dict(asked.note)
        depth = state.depth + 1
        self.lambda_ = plan.schedule.at(depth) if asked.lambda_ is None else asked.lambda_
        self.optimizer = make_optimizer(tree, plan.optimizer, plan.learning_rate)
        if state.moments is not None and state.optimizer == plan.optimizer:
            restore_optimizer(self.optimizer, state.moments, state.numbers or {})
        self.replayed: set[str] = set()
        self.capacity = plan.capacity
        self.taken = self.discarded = self.tokens = 0

    def steps(self, capacity: int, give_way: Callable[[], None]) -> Iterator[LearningStep]:
        """Every epoch: the new triples and fresh replays, shuffled, cut into windows.

        Where nobody said how many epochs, it ends with the one that has learned enough: a
        single scene would else be learned by heart, and repeated to everything that is said.
        """
        self.capacity = capacity
        epochs = [self._windows(number) for number in range(self.epochs)]
        planned = sum(map(len, epochs))
        first = math.inf
        for windows in epochs:
            losses = []
            for window in windows:
                report = self._step(window, self.taken / planned, give_way)
                losses.append(report.consequence_loss)
                yield self._logged(report, planned)
            mean = statistics.fmean(losses)
            first = mean if first == math.inf else first
            if self.may_end_early and mean <= self.plan.enough * first:
                return

    def _step(
        self, window: list[StoredTriple], done: float, give_way: Callable[[], None]
    ) -> StepReport:
        """One optimizer step; `done` is the share of the update that lies behind it."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.learning_rate * (1 - 0.9 * done)
        report = dual_step(
            self.tree,
            self.optimizer,
            [self._example(stored) for stored in window],
            lambda_=self.lambda_,
            capacity=self.capacity,
            clip=self.plan.clip,
            seed=self.state.step + self.taken,
            give_way=give_way,
        )
        known = {stored.id for stored in self.new}
        self.replayed.update(stored.id for stored in window if stored.id not in known)
        self.capacity = report.capacity
        self.taken += 1
        self.discarded += report.discarded
        self.tokens += report.tokens
        return report

    def _logged(self, report: StepReport, steps: int) -> LearningStep:
        return LearningStep(
            run=self.id,
            step=self.taken,
            steps=steps,
            response_loss=_number(report.response_loss),
            consequence_loss=_number(report.consequence_loss),
            lambda_=self.lambda_,
            grad_norm=_number(report.grad_norm),
            tokens=report.tokens,
            seconds=report.seconds,
            discarded=report.discarded,
        )

    def _windows(self, epoch: int) -> list[list[StoredTriple]]:
        """The triples of one epoch, cut into windows."""
        seed, new_ids = self.state.seed, {stored.id for stored in self.new}
        beside = replayed_beside(len(self.new), self.plan.replay_share)
        counter = self.state.step * 1000 + epoch
        drawn = self.state.reservoir.draw(beside, seed, counter, without=new_ids)
        batch = [*self.new, *(self.replayable[i] for i in drawn if i in self.replayable)]
        random.Random(f"{seed}:shuffle:{counter}").shuffle(batch)
        size = self.plan.batch
        return [batch[start : start + size] for start in range(0, len(batch), size)]

    def _example(self, stored: StoredTriple) -> Example:
        base = self.tree.base
        tokens = base.format.training_tokens(stored.triple, base.context)
        return Example(tokens, response_weight(stored.triple.landing))


def step_told(step: LearningStep) -> Told:
    """A step as it is streamed; None where there is no figure."""
    return {
        "step": step.step,
        "steps": step.steps,
        "response_loss": step.response_loss,
        "consequence_loss": step.consequence_loss,
        "lambda": step.lambda_,
        "tokens_per_second": step.tokens / max(step.seconds, 1e-9),
        "discarded": step.discarded,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def published(row: Generation, live: int) -> Told:
    """A generation as `train-pending` prints it."""
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
    }


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
    }
