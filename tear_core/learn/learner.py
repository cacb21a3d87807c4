"""The learner: takes what is pending, learns it with a share of replay, publishes a generation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tear_core.evaluate.surprise import Surprise, surprise
from tear_core.learn.entering import enter, learned
from tear_core.learn.gating import ProbeGate
from tear_core.learn.plan import Plan
from tear_core.learn.publish import LearnerState
from tear_core.learn.standing import at_base, stand_at
from tear_core.learn.told import Told, logged, nothing_to_learn, published, step_told
from tear_core.learn.update import Update, recipe_for
from tear_core.model.base import Base
from tear_core.model.memory import memory_held
from tear_core.model.tree import Tree
from tear_core.store import generations, learning_log, triples
from tear_core.store.database import Store
from tear_core.store.triples import StoredTriple
from tear_core.witness_format import Section, TripleTooLong


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
        self._gate = ProbeGate(base)

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
        at = generations.live(store, self.base.name)
        run = learning_log.begin(store, self.base.name, at, [stored.id for stored in new])
        yield {"event": "waiting", "triples": len(new), "run": run}
        tree = self._stand_at(store, at, asked.seed)
        yield from self._surprises(store, tree, at, new, give_way)
        update = self._begin(store, tree, asked, new)
        before = self._losses(tree, new, give_way)
        if self.plan.gate == "on":
            self._gate.before(store, tree, at, self._capacity, give_way)
        # Until it is published the tree is at no generation: whatever ends this update early,
        # an error too, the next one reads its generation anew.
        self._at = None
        for taken in update.steps(give_way):
            self._capacity = update.capacity
            memory = memory_held(self.base.device)
            step = logged(taken, run, update.recipe.lambda_, update.new_ids, memory)
            learning_log.append(store, step)
            yield {"event": "step", **step_told(step)}
            if stop():
                yield {"event": "stopped", "triples": len(new)}
                return
        after = self._losses(tree, new, give_way)
        if update.discarded == update.taken or not all(map(math.isfinite, after.values())):
            yield {
                "event": "error",
                "message": "learning did not stay finite, so nothing was published",
                "hint": "lower the learning rate; the triples are still pending",
            }
            return
        verdict, gate = "", {}
        if self.plan.gate == "on":
            words = [stored.triple for stored in new]
            judged = self._gate.after(tree, words, self._capacity, give_way)
            verdict, gate = judged.verdict, judged.as_json()
            yield {"event": "gate", "run": run, **gate}
        made = learned(
            update,
            at,
            settings={**asked.note, "gate": self.plan.gate},
            losses=(before, after),
            seconds=time.perf_counter() - began,
            verdict=verdict,
            gate={"probe": gate} if gate else None,
        )
        row = enter(store, made, make_live=True, run=run)
        if not row.refused:
            self._at, self._state = row.number, made.state
            self._gate.stands_at(row.number)
        yield {"event": "published", **published(row, generations.live(store, self.base.name))}

    def _begin(self, store: Store, tree: Tree, asked: Asked, new: Sequence[StoredTriple]) -> Update:
        # What was retracted since, or waits to be learned anew, is not replayed.
        kept = triples.get_many(store, self._state.reservoir.ids)
        replayable = {stored.id: stored for stored in kept if stored.status == "learned"}
        recipe = recipe_for(
            self.plan,
            new=len(new),
            replayable=len(replayable),
            depth=self._state.depth + 1,
            capacity=self._capacity,
            epochs=asked.epochs,
            lambda_=asked.lambda_,
        )
        return Update(tree, recipe, self._state, new, replayable)

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

    def _stand_at(self, store: Store, number: int, seed: int | None) -> Tree:
        """Bring the tree to the live generation. Already there: nothing is read again."""
        if self.tree is not None and self._at == number and number != 0:
            return self.tree
        if number == 0:
            self.tree, self._state = at_base(
                self.base, self.plan.shape, seed or 0, self.plan.optimizer
            )
        else:
            row = generations.get(store, number)
            assert row is not None  # 0 alone stands for the base
            self.tree, self._state = stand_at(
                store, self.base, row, self.plan.shape.dropout, self.tree
            )
        self._at = number
        return self.tree

    def _surprises(
        self,
        store: Store,
        tree: Tree,
        at: int,
        new: Sequence[StoredTriple],
        give_way: Callable[[], None],
    ) -> Iterator[Told]:
        """Test, then learn: score what nobody has scored yet, before the first step."""
        unscored = [stored for stored in new if stored.surprise is None]
        scores = surprise(tree, [s.triple for s in unscored], give_way=give_way)
        for stored, score in zip(unscored, scores, strict=True):
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
