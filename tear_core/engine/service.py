"""What the engine does, without HTTP: one base, a live tree that speaks, a learner beside it.

Calls come from many threads. The model is loaded by the first call that needs it.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from tear_core import home as places
from tear_core.engine.live import Live
from tear_core.engine.messages import (
    EngineBusy,
    EngineError,
    EngineStatus,
    LearnRequest,
    Reply,
    SpeakRequest,
    SurpriseRequest,
)
from tear_core.engine.priority import Floor
from tear_core.engine.trackers import mirrored
from tear_core.evaluate.surprise import Surprise, surprise
from tear_core.generate.sampling import Draw
from tear_core.generate.speaker import TooLong, Wish
from tear_core.learn.learner import Asked, Learner
from tear_core.learn.lock import LearnerBusy, learner_lock
from tear_core.learn.plan import Plan, plan_for
from tear_core.learn.step import OutOfMemory
from tear_core.model.adapters import BrokenAdapter
from tear_core.model.base import Base
from tear_core.model.families import UnsupportedBase
from tear_core.model.load import load_base
from tear_core.settings import Settings
from tear_core.store import generations, triples
from tear_core.store.database import StoreError, open_store
from tear_core.triples import Triple
from tear_core.witness_format import Section, TripleTooLong

CANNOT = (TooLong, TripleTooLong, BrokenAdapter, StoreError, OutOfMemory, UnsupportedBase, OSError)
"""What can go wrong for reasons a person can act on."""


class Service:
    """The engine's work for one home."""

    def __init__(
        self, home: Path, settings: Settings, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        """`tell` hears what takes long, in words; `status` says the same to those who ask."""
        self.home = home
        self.settings = settings
        self._tell = tell
        self._told_at = 0.0
        self.floor = Floor()
        self._cancelled: set[str] = set()
        self._loading = threading.Lock()
        self._base: Base | None = None
        self._plan = Plan()
        self._live: Live | None = None
        self._learner: Learner | None = None
        self._learning: dict[str, Any] | None = None
        self._stop_learning = threading.Event()
        self._message = ""
        self._failed = False
        if settings.threads:
            torch.set_num_threads(settings.threads)

    def load(self) -> Base:
        """The base, loaded at most once.

        Raises:
            EngineError: it cannot be loaded; says why and what to do.
        """
        with self._loading:
            if self._base is not None:
                return self._base
            chosen = self.settings
            self._message = f"loading {chosen.base}"
            try:
                base = load_base(
                    chosen.base,
                    revision=chosen.revision,
                    dtype=chosen.dtype,
                    quantize=chosen.quantize,
                    delimiters=chosen.delimiters,
                    progress=self._downloading,
                )
            except (OSError, UnsupportedBase, ValueError) as error:
                self._failed, self._message = True, str(error)
                raise EngineError(str(error), "`tear-tui doctor` says what works here") from error
            self._plan = plan_for(base, chosen)
            self._live = Live(base, self._plan.shape)
            self._base, self._failed, self._message = base, False, ""
            return base

    def _downloading(self, what: str, done: int, total: int) -> None:
        share = f" of {total / 1e9:.2f}" if total else ""
        self._message = f"{what}: {done / 1e9:.2f}{share} GB"
        if time.monotonic() - self._told_at > 1 or done == total:
            self._told_at = time.monotonic()
            self._tell(self._message)

    def status(self) -> EngineStatus:
        """What the engine is doing; never waits for the model."""
        with open_store(self.home) as store:
            live = generations.live(store, self._base.name if self._base else self.settings.base)
            waiting = triples.counts(store).get("pending", 0)
        state = "ready" if self._base else ("failed" if self._failed else "loading")
        return EngineStatus(
            model=state,  # type: ignore[arg-type]
            base=self.settings.base,
            live=live,
            pending=waiting,
            learning=self._learning,
            speaking=self.floor.taken,
            message=self._message,
            device=str(self._base.device) if self._base else "",
            pid=os.getpid(),
        )

    def speak(self, request: SpeakRequest) -> Iterator[Reply]:
        """Stream a candidate from the live generation (see `engine.messages.Reply`)."""
        seed = request.seed if request.seed is not None else random.SystemRandom().getrandbits(31)
        sampling = request.sampling
        draw = Draw(
            sampling.temperature, sampling.top_p, sampling.top_k, sampling.repetition_penalty
        )
        wish = Wish(
            input=request.input,
            context=request.context,
            order=request.order,
            seed=seed,
            draw=draw,
            max_response_tokens=sampling.max_response_tokens,
            max_scene_tokens=sampling.max_scene_tokens,
            response=request.response,
        )
        mine = request.request_id
        try:
            with self._as(request.generation) as live:
                by = {"generation": live.number, "seed": seed}
                for told in live.speaker.speak(wish, lambda: mine in self._cancelled):
                    yield told if told["event"] == "token" else {**told, **by}
                yield {"event": "done", **by}
        except EngineError as error:
            yield {"event": "error", "message": str(error), "hint": error.hint}
        except CANNOT as error:
            yield {"event": "error", "message": str(error), "hint": ""}
        finally:
            self._cancelled.discard(mine)

    def cancel(self, request_id: str) -> None:
        """Stop a reply within one token."""
        if request_id:
            self._cancelled.add(request_id)

    def surprise(self, request: SurpriseRequest) -> dict[str, Any]:
        """Nats per token over all given triples, and for each."""
        words = [
            Triple(t.input, t.response, t.consequence, t.landing, context=t.context)
            for t in request.triples
        ]
        section = Section.CONSEQUENCE if request.section == "consequence" else Section.RESPONSE
        with _told(), self._as(request.generation) as live:
            scores = surprise(live.tree, words, section, self._plan.capacity)
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
        """The floor, with the live tree as this generation; as what is live again afterwards."""
        with self._as_live() as live:
            asked, standing = self._number(generation, live.number), live.number
            with open_store(self.home) as store:
                try:
                    live.be(store, asked)
                    yield live
                finally:
                    live.be(store, standing)

    def _number(self, name: str, live: int) -> int:
        with open_store(self.home) as store:
            if name == "live":
                return live
            if name in ("base", "0"):
                return 0
            if not name.isdigit():
                raise EngineError(f"{name!r} is no generation", "give a number, `base` or `live`")
            row = generations.get(store, int(name))
            return row.number if row else 0

    @contextmanager
    def _as_live(self) -> Iterator[Live]:
        """The floor, with the live tree in the generation that the database says is live."""
        base = self.load()
        with self.floor.reply():
            live = self._live
            assert live is not None
            with open_store(self.home) as store:
                number = generations.live(store, base.name)
                try:
                    live.be(store, number)
                except BrokenAdapter as error:
                    self._message = f"{error}: the base answers instead"
                    generations.reconcile(store)
                    if generations.live(store, base.name) == number:
                        generations.use(store, base.name, generations.BASE, str(error))
                    live.be(store, generations.live(store, base.name))
            yield live

    def learn(self, request: LearnRequest) -> Iterator[Reply]:
        """Learn what is pending, streaming (see `engine.messages.Reply`).

        Raises:
            EngineBusy: another learner is at work, here or in another process.
        """
        asked = Asked(
            limit=request.limit,
            lambda_=request.lambda_,
            epochs=request.epochs,
            seed=request.seed,
            ids=tuple(request.ids),
            note=request.note,
        )
        stop = self._stop_learning.is_set
        try:
            with learner_lock(places.learner_lock(self.home)):
                self._stop_learning.clear()
                base = self.load()
                if self._learner is None:
                    self._learner = Learner(base, self._plan)
                with open_store(self.home) as store:
                    told = self._learner.learn(
                        store, asked, lambda: self.floor.give_way(stop), stop
                    )
                    if request.report_to:
                        folder = places.logs_folder(self.home) / "trackers"
                        told = mirrored(told, request.report_to, folder)
                    for reply in told:
                        self._learning = reply
                        yield reply
        except LearnerBusy as error:
            raise EngineBusy(str(error), "wait for it, or stop it") from error
        except EngineError as error:
            yield {"event": "error", "message": str(error), "hint": error.hint}
        except CANNOT as error:
            yield {"event": "error", "message": str(error), "hint": "the triples are still pending"}
        finally:
            self._learning = None

    def stop_learning(self) -> None:
        """After this step; nothing is published."""
        self._stop_learning.set()

    def end(self, seconds: float) -> None:
        """Stop learning, and wait this long for it: a generation being written is finished."""
        self.stop_learning()
        deadline = time.monotonic() + seconds
        while self._learning is not None and time.monotonic() < deadline:
            time.sleep(0.02)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what a person can act on into an `EngineError`."""
    try:
        yield
    except CANNOT as error:
        raise EngineError(str(error)) from error
