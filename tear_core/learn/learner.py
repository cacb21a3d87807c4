"""The learner: takes what is pending, learns it with a share of replay, publishes a generation."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tear_core.evaluate.surprise import Surprise, scored
from tear_core.learn.entering import Made, enter, learned
from tear_core.learn.gating import ProbeGate
from tear_core.learn.plan import Plan
from tear_core.learn.publish import LearnerState
from tear_core.learn.stages import Stages
from tear_core.learn.standing import at_base, stand_at
from tear_core.learn.told import DIVERGED, Told, logged, nothing_to_learn, published, step_told
from tear_core.learn.update import Update, recipe_for
from tear_core.model.base import Base
from tear_core.model.giving_way import between_layers
from tear_core.model.memory import memory_held
from tear_core.model.tree import Tree
from tear_core.store import generations, learning_log, triples
from tear_core.store.database import Store
from tear_core.store.triples import StoredTriple
from tear_core.witness_format import Section, TripleTooLong

NOTHING = Surprise(0.0, 0)


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

    def prepare(self, home: Path, give_way: Callable[[], None]) -> None:
        """Measure what every update is held against, before the first one waits for it."""
        if self.plan.gate == "on":
            self._gate.know_base(home, self._capacity, give_way)

    def learn(
        self,
        store: Store,
        asked: Asked = Asked(),
        give_way: Callable[[], None] = lambda: None,
        stop: Callable[[], bool] = lambda: False,
        midway: Callable[[], None] = lambda: None,
    ) -> Iterator[Told]:
        """Learn what is pending and publish it, telling each step (see `engine.messages`).

        The caller holds the learner's lock. `stop` true between steps: nothing is published
        and the triples stay pending. `give_way` is called before each micro-batch, `midway`
        between its layers, where all of its memory is held: no place for a long wait.
        """
        stages = Stages()
        give_way, midway = stages.apart(give_way), stages.apart(midway)
        new = self._wanted(store, asked)
        at = generations.live(store, self.base.name)
        if not new:
            yield nothing_to_learn(at)
            return
        run = learning_log.begin(store, self.base.name, at, [stored.id for stored in new])
        yield {"event": "waiting", "triples": len(new), "run": run}
        stages.done("taken up")
        tree = self._stand_at(store, at, asked.seed)
        stages.done("standing")
        before = yield from self._tested(store, tree, at, new, give_way)
        stages.done("scored")
        if self.plan.gate == "on":
            self._gate.before(store, tree, at, self._capacity, give_way)
        stages.done("gate before")
        update = self._begin(store, tree, asked, new)
        # Until it is published the tree is at no generation: whatever ends this update early,
        # an error too, the next one reads its generation anew.
        self._at = None
        with between_layers(tree, midway):
            yield from self._steps(store, update, run, give_way, stop)
        if stop():
            yield {"event": "stopped", "triples": len(new)}
            return
        stages.done("steps")
        after = self._losses(self._scores(tree, new, give_way))
        stages.done("scored after")
        if update.discarded == update.taken or not all(map(math.isfinite, after.values())):
            yield DIVERGED
            return
        judged = None
        if self.plan.gate == "on":
            judged = self._gate.after(tree, [s.triple for s in new], self._capacity, give_way)
            yield {"event": "gate", "run": run, **judged.as_json()}
        stages.done("gate after")
        made = learned(
            update,
            at,
            settings={**asked.note, "gate": self.plan.gate},
            losses=(before, after),
            seconds=stages.total,
            verdict=judged.verdict if judged else "",
            gate={"probe": judged.as_json()} if judged else None,
        )
        told = self._published(store, made, run)
        stages.done("published")
        yield {"event": "published", **told, "stages": stages.seconds}

    def _published(self, store: Store, made: Made, run: str) -> Told:
        """Enter what was made; unless it was refused, the learner stands there from now on."""
        row = enter(store, made, make_live=True, run=run)
        if not row.refused:
            self._at, self._state = row.number, made.state
            self._gate.stands_at(row.number)
        return published(row, generations.live(store, self.base.name))

    def _steps(
        self,
        store: Store,
        update: Update,
        run: str,
        give_way: Callable[[], None],
        stop: Callable[[], bool],
    ) -> Iterator[Told]:
        """Every step, written down and told, until it is stopped."""
        for taken in update.steps(give_way):
            self._capacity = update.capacity
            memory = memory_held(self.base.device)
            step = logged(taken, run, update.recipe.lambda_, update.new_ids, memory)
            learning_log.append(store, step)
            yield {"event": "step", **step_told(step)}
            if stop():
                return

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

    def _wanted(self, store: Store, asked: Asked) -> list[StoredTriple]:
        """What is to be learned and fits; what is too long is marked so."""
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
        if too_long:
            why = "longer than the model reads"
            triples.set_status(store, too_long, "too_long", why, "learner")
        return fits

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

    def _tested(
        self,
        store: Store,
        tree: Tree,
        at: int,
        new: Sequence[StoredTriple],
        give_way: Callable[[], None],
    ) -> Generator[Told, None, dict[str, float]]:
        """Test, then learn: the losses before the first step. What nobody has scored yet is told
        and kept with its triple."""
        scores = self._scores(tree, new, give_way)
        for stored, (_, score) in zip(new, scores, strict=True):
            if stored.surprise is not None:
                continue
            triples.record_surprise(store, stored.id, score.per_token, score.tokens, at)
            yield {
                "event": "surprise",
                "triple": stored.id,
                "nats_per_token": score.per_token,
                "tokens": score.tokens,
                "generation": at,
            }
        return self._losses(scores)

    def _scores(
        self, tree: Tree, new: Sequence[StoredTriple], give_way: Callable[[], None]
    ) -> list[tuple[Surprise, Surprise]]:
        """Of each triple, how surprising its response is, and its scene. Each is read once."""
        render, room = self.base.format.scored_tokens, self.base.context
        sequences = [
            render(stored.triple, section, room)
            for stored in new
            for section in (Section.RESPONSE, Section.CONSEQUENCE)
        ]
        each = scored(tree, sequences, self._capacity, give_way)
        return list(zip(each[0::2], each[1::2], strict=True))

    @staticmethod
    def _losses(scores: Sequence[tuple[Surprise, Surprise]]) -> dict[str, float]:
        """Nats per token over all of them, by section."""
        response, consequence = (sum(each, NOTHING) for each in zip(*scores, strict=True))
        return {"response": response.per_token, "consequence": consequence.per_token}
