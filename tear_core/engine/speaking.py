"""Replies and scores in the engine, from the tree that answers, one at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tear_core.engine.held import Held
from tear_core.engine.live import Live, number_of
from tear_core.engine.messages import Reply, SpeakRequest, SurpriseRequest
from tear_core.engine.troubles import EXPECTED, Stopped, as_engine_error, as_reply
from tear_core.evaluate.surprise import Surprise, surprise
from tear_core.generate.sampling import Draw
from tear_core.generate.together import write_many
from tear_core.generate.wish import Wish, prompt_of
from tear_core.model.adapters import BrokenAdapter
from tear_core.store import generations, reconciling
from tear_core.store.database import open_store
from tear_core.triples import Triple
from tear_core.witness_format import Section


class Speaking:
    """What the live tree is asked for. Whoever asks holds the floor for as long."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def speak(self, request: SpeakRequest) -> Iterator[Reply]:
        """Stream a candidate from the live generation (see `engine.messages.Reply`)."""
        if request.seeds:
            yield from self._several(request)
            return
        seed = request.seed if request.seed is not None else random.SystemRandom().getrandbits(31)
        wish, mine = _wish(request, seed), request.request_id
        cancelled = self._held.cancelled
        try:
            with self._as(request.generation) as live:
                by = {"generation": live.number, "seed": seed, "base": live.fingerprint}
                for told in live.speaker.speak(wish, lambda: mine in cancelled):
                    yield told if told["event"] == "token" else {**told, **by}
                yield {"event": "done", **by}
        except EXPECTED as error:
            yield as_reply(error)
        finally:
            cancelled.discard(mine)

    def _several(self, request: SpeakRequest) -> Iterator[Reply]:
        """A candidate for each seed, written together."""
        mine, cancelled = request.request_id, self._held.cancelled

        def wanted() -> None:
            if mine in cancelled:
                raise Stopped

        try:
            with self._as(request.generation) as live:
                by = {"generation": live.number, "base": live.fingerprint}
                wishes = [_wish(request, seed) for seed in request.seeds]
                prompt_of(live.tree.base, wishes[0])  # too long for one is too long for all
                with suppress(Stopped):
                    for number, sections in write_many(live.tree, wishes, wanted):
                        for told in sections.values():
                            yield {**told, **by, "seed": request.seeds[number]}
                yield {"event": "done", **by, "seed": request.seeds[0]}
        except EXPECTED as error:
            yield as_reply(error)
        finally:
            cancelled.discard(mine)

    def surprise(self, request: SurpriseRequest) -> dict[str, Any]:
        """Nats per token over all given triples, and for each."""
        words = [
            Triple(t.input, t.response, t.consequence, t.landing, context=t.context)
            for t in request.triples
        ]
        section = Section.CONSEQUENCE if request.section == "consequence" else Section.RESPONSE
        with as_engine_error(), self._as(request.generation) as live:
            scores = surprise(live.tree, words, section, self._held.plan.capacity)
            asked = live.number
        total = sum(scores, Surprise(0.0, 0))
        return {
            "nats_per_token": total.per_token if scores else None,
            "tokens": total.tokens,
            "triples": len(scores),
            "generation": asked,
            "each": [{"nats_per_token": s.per_token, "tokens": s.tokens} for s in scores],
        }

    @contextmanager
    def _as(self, generation: str) -> Iterator[Live]:
        """The floor, with the live tree as this generation.

        It stays so until somebody asks for another one: whoever asks again for the same
        goes on from its cache.
        """
        self._held.load()
        with self._held.floor.reply():
            live = self._held.live
            assert live is not None  # it is there with the base
            if generation == "live":
                self._be_live(live)
            else:
                with open_store(self._held.home) as store:
                    live.be(store, number_of(store, generation))
            yield live

    def _be_live(self, live: Live) -> None:
        """Become the generation that the database says is live; a broken one falls back."""
        base = self._held.load()
        with open_store(self._held.home) as store:
            number = generations.live(store, base.name)
            try:
                live.be(store, number)
                if number:  # whatever had the base answer before
                    self._held.message = ""
            except BrokenAdapter as error:
                self._held.message = f"{error}: the base answers instead"
                reconciling.reconcile(store)
                if generations.live(store, base.name) == number:
                    generations.use(store, base.name, generations.BASE, str(error))
                live.be(store, generations.live(store, base.name))


def _wish(request: SpeakRequest, seed: int) -> Wish:
    sampling = request.sampling
    return Wish(
        input=request.input,
        context=request.context,
        order=request.order,
        seed=seed,
        draw=Draw(
            sampling.temperature, sampling.top_p, sampling.top_k, sampling.repetition_penalty
        ),
        max_response_tokens=sampling.max_response_tokens,
        max_scene_tokens=sampling.max_scene_tokens,
        response=request.response,
        read_anew=request.read_anew,
    )
