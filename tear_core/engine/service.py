"""What the engine does, without HTTP: one base, a live tree that speaks, a learner beside it.

Calls come from many threads. The model is loaded by the first call that needs it.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from tear_core import home as places
from tear_core.engine import pausing
from tear_core.engine.live import Live
from tear_core.engine.measuring.awareness import judge
from tear_core.engine.measuring.full_gate import certify
from tear_core.engine.measuring.suites import suites
from tear_core.engine.messages import (
    AwarenessRequest,
    BehaviourRequest,
    EngineBusy,
    EngineError,
    EngineStatus,
    GateRequest,
    LearnRequest,
    Reply,
    ReworkRequest,
    SpeakRequest,
    SuitesRequest,
    SurpriseRequest,
)
from tear_core.engine.priority import Floor
from tear_core.engine.recording import recorded
from tear_core.engine.trackers import mirrored
from tear_core.engine.versioning import behaviour, rework
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
from tear_core.model.memory import memory_held
from tear_core.settings import Settings, SettingsError, load_settings
from tear_core.store import generations, reconciling, triples
from tear_core.store.database import Store, StoreError, open_store
from tear_core.triples import Triple
from tear_core.witness_format import Section, TripleTooLong

OF_THE_BASE = ("base", "revision", "dtype", "quantize", "delimiters", "threads")
"""Settings that a loaded base was loaded with: others of them wait for the next engine."""

CANNOT = (TooLong, TripleTooLong, BrokenAdapter, StoreError, OutOfMemory, UnsupportedBase, OSError)
"""What can go wrong for reasons a person can act on."""


class Stopped(Exception):
    """Nobody wants the answer any more."""


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
        self._judging = threading.Lock()
        self._loading = threading.Lock()
        self._base: Base | None = None
        self._plan = Plan()
        self._live: Live | None = None
        self._learner: Learner | None = None
        self._learning: dict[str, Any] | None = None
        self._stop_learning = threading.Event()
        self._ending = False
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
            paused=pausing.is_paused(self.home),
            memory_bytes=memory_held(self._base.device if self._base else torch.device("cpu")),
            learn_when=self.settings.learn_when,
            learn_after=self.settings.learn_after,
            learn_idle_seconds=self.settings.learn_idle_seconds,
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
            read_anew=request.read_anew,
        )
        mine = request.request_id
        try:
            with self._as(request.generation) as live:
                by = {"generation": live.number, "seed": seed, "base": live.fingerprint}
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

    def awareness(self, request: AwarenessRequest) -> Iterator[Reply]:
        """Measure consequence awareness, streaming (see `engine.messages.Reply`).

        Raises:
            EngineBusy: another measurement runs.
        """
        names = (request.generation, *request.compare)
        return self._measured(
            request.request_id,
            lambda base, store, give_way: judge(
                *(base, self._plan, store, request, self._numbers(store, names)), give_way=give_way
            ),
        )

    def suites(self, request: SuitesRequest) -> Iterator[Reply]:
        """Run suites, streaming (see `engine.messages.Reply`).

        Raises:
            EngineBusy: another measurement runs.
        """
        names = (request.generation, *([request.against] if request.against else []))
        return self._measured(
            request.request_id,
            lambda base, store, give_way: suites(
                *(base, self._plan, store, request, self._numbers(store, names)), give_way=give_way
            ),
        )

    def gate(self, request: GateRequest) -> Iterator[Reply]:
        """Run the full gate on a generation, streaming (see `engine.messages.Reply`).

        Raises:
            EngineBusy: another measurement runs.
        """
        return self._measured(
            request.request_id,
            lambda base, store, give_way: certify(
                *(base, self._plan, store, request),
                self._numbers(store, (request.generation,))[0],
                give_way,
            ),
        )

    def behaviour(self, request: BehaviourRequest) -> Iterator[Reply]:
        """What generations measure and answer, streaming (see `engine.messages.Reply`).

        Raises:
            EngineBusy: another measurement runs.
        """
        return self._measured(
            request.request_id,
            lambda base, store, give_way: behaviour(
                *(base, self._plan, store, request, self._numbers(store, request.generations)),
                give_way=give_way,
            ),
        )

    def _numbers(self, store: Store, names: Sequence[str]) -> list[int]:
        """Each generation once, in the order in which it was named."""
        live = generations.live(store, self.load().name)
        return list(
            dict.fromkeys(live if name == "live" else _number(store, name) for name in names)
        )

    def _measured(
        self, mine: str, work: Callable[[Base, Store, Callable[[], None]], Iterator[Reply]]
    ) -> Iterator[Reply]:
        """A measurement, one at a time, that gives way to replies and ends with who asked for it.

        Raises:
            EngineBusy: another measurement runs.
        """
        if not self._judging.acquire(blocking=False):
            raise EngineBusy("a measurement is running", "wait for it")
        try:
            base = self.load()
            with open_store(self.home) as store:
                yield from work(base, store, lambda: self._give_way_or_end(mine))
        except Stopped:
            return
        except EngineError as error:
            yield {"event": "error", "message": str(error), "hint": error.hint}
        except CANNOT as error:
            yield {"event": "error", "message": str(error), "hint": getattr(error, "hint", "")}
        finally:
            self._judging.release()
            self._cancelled.discard(mine)

    def rework(self, request: ReworkRequest) -> Iterator[Reply]:
        """Make a generation out of others, streaming (see `engine.messages.Reply`).

        Raises:
            EngineBusy: a learner is at work, here or in another process.
        """
        mine = request.request_id
        try:
            with learner_lock(places.learner_lock(self.home)):
                base = self.load()
                with open_store(self.home) as store:
                    yield from rework(
                        base, self._plan, store, request, lambda: self._give_way_or_end(mine)
                    )
        except Stopped:
            return
        except LearnerBusy as error:
            raise EngineBusy(str(error), "wait for it, or stop it") from error
        except EngineError as error:
            yield {"event": "error", "message": str(error), "hint": error.hint}
        except CANNOT as error:
            yield {"event": "error", "message": str(error), "hint": getattr(error, "hint", "")}
        finally:
            self._cancelled.discard(mine)

    @property
    def judging(self) -> bool:
        """A measurement of awareness runs."""
        return self._judging.locked()

    def _give_way_or_end(self, mine: str) -> None:
        """Between two packs: wait while somebody speaks, and end when nobody wants it any more."""

        def unwanted() -> bool:
            return self._ending or mine in self._cancelled

        self.floor.give_way(unwanted)
        if unwanted():
            raise Stopped

    @contextmanager
    def _as(self, generation: str) -> Iterator[Live]:
        """The floor, with the live tree as this generation.

        It stays so until somebody asks for another one: whoever asks again for the same
        goes on from its cache.
        """
        if generation == "live":
            with self._as_live() as live:
                yield live
            return
        self.load()
        with self.floor.reply():
            live = self._tree()
            with open_store(self.home) as store:
                live.be(store, _number(store, generation))
            yield live

    def _tree(self) -> Live:
        assert self._live is not None  # it is there with the base
        return self._live

    @contextmanager
    def _as_live(self) -> Iterator[Live]:
        """The floor, with the live tree in the generation that the database says is live."""
        base = self.load()
        with self.floor.reply():
            live = self._tree()
            with open_store(self.home) as store:
                number = generations.live(store, base.name)
                try:
                    live.be(store, number)
                except BrokenAdapter as error:
                    self._message = f"{error}: the base answers instead"
                    reconciling.reconcile(store)
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
        if pausing.is_paused(self.home):
            yield {"event": "notice", "message": "learning is paused until somebody resumes it"}
        try:
            with learner_lock(places.learner_lock(self.home)):
                self._stop_learning.clear()
                base = self.load()
                if self._learner is None:
                    self._learner = Learner(base, self._plan)
                with open_store(self.home) as store:
                    told = self._learner.learn(store, asked, self._give_way, stop)
                    if request.report_to:
                        folder = places.logs_folder(self.home) / "trackers"
                        told = mirrored(told, request.report_to, folder)
                    for reply in recorded(store, told, lambda: self._ending):
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

    def _give_way(self) -> None:
        """Between two micro-batches: stand still while somebody speaks, or while it is paused."""
        self.floor.give_way(self._stop_learning.is_set, lambda: pausing.is_paused(self.home))

    def stop_learning(self) -> None:
        """After this step; nothing is published."""
        self._stop_learning.set()
        self.floor.look_again()

    def pause_learning(self) -> None:
        """At the next micro-batch, until resumed: also by another engine of this home."""
        pausing.pause(self.home)

    def resume_learning(self) -> None:
        pausing.resume(self.home)
        self.floor.look_again()

    def reload_settings(self) -> None:
        """Take the settings as they are written now.

        Raises:
            EngineError: they cannot be used; those before stay in force.
        """
        try:
            fresh = load_settings()
        except SettingsError as error:
            raise EngineError(str(error), "the settings before stay in force") from error
        with self._loading:
            if self._base is not None:
                kept = {name: getattr(self.settings, name) for name in OF_THE_BASE}
                fresh = fresh.model_copy(update=kept)
                self._plan = plan_for(self._base, fresh)
                if self._learner is not None:
                    self._learner.plan = self._plan
            self.settings = fresh

    def end(self, seconds: float) -> None:
        """Stop learning, and wait this long for it: a generation being written is finished."""
        self._ending = True
        self.stop_learning()
        deadline = time.monotonic() + seconds
        while self._learning is not None and time.monotonic() < deadline:
            time.sleep(0.02)


def _number(store: Store, name: str) -> int:
    """The number of a generation that goes by this name.

    Raises:
        EngineError, StoreError: there is none.
    """
    if name in ("base", "0"):
        return 0
    if not name.isdigit():
        raise EngineError(f"{name!r} is no generation", "give a number, `base` or `live`")
    row = generations.get(store, int(name))
    return row.number if row else 0


@contextmanager
def _told() -> Iterator[None]:
    """Turn what a person can act on into an `EngineError`."""
    try:
        yield
    except CANNOT as error:
        raise EngineError(str(error)) from error
