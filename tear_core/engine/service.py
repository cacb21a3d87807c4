"""What the engine does, without HTTP: one base, a live tree that speaks, a learner beside it.

Calls come from many threads. `held` is what all of the work shares; speaking, measuring and
learning have a file each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from tear_core.engine import pausing
from tear_core.engine.held import Held
from tear_core.engine.learning import Learning
from tear_core.engine.measuring.asked import Measuring
from tear_core.engine.messages import (
    AwarenessRequest,
    BehaviourRequest,
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
from tear_core.engine.speaking import Speaking
from tear_core.model.base import Base
from tear_core.model.memory import memory_held
from tear_core.settings import Settings
from tear_core.store import generations, triples
from tear_core.store.database import open_store
from tear_core.store.fitting import other_weights, stands_for


class Service:
    """The engine's work for one home. What a call yields and raises stands where it is done."""

    def __init__(
        self, home: Path, settings: Settings, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        """`tell` hears what takes long, in words; `status` says the same to those who ask."""
        self.home = home
        self._held = Held(home, settings, tell)
        self._speaking = Speaking(self._held)
        self._measuring = Measuring(self._held)
        self._learning = Learning(self._held)

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._held.settings

    @settings.setter
    def settings(self, chosen: Settings) -> None:
        self._held.settings = chosen

    @property
    def floor(self) -> Floor:
        return self._held.floor

    @property
    def judging(self) -> bool:
        """A measurement runs."""
        return self._measuring.at_work

    def load(self) -> Base:
        """The base, loaded at most once; raises `EngineError` where it cannot be."""
        return self._held.load()

    def prepare(self) -> None:
        """Load the base, and do what the first update would wait for."""
        self._learning.prepare()

    def status(self) -> EngineStatus:
        """What the engine is doing; never waits for the model."""
        held, chosen = self._held, self._held.settings
        base = held.base
        with open_store(self.home) as store:
            live = generations.live(store, base.name if base else chosen.base)
            waiting = triples.counts(store).get("pending", 0)
            unfit = stands_for(store, base.name) if base else 0
        state = "ready" if base else ("failed" if held.failed else "loading")
        return EngineStatus(
            model=state,  # type: ignore[arg-type]
            base=chosen.base,
            live=live,
            pending=waiting,
            learning=self._learning.now,
            speaking=held.floor.taken,
            message=held.message
            or (f"{other_weights(unfit)}: the base answers instead" if unfit else ""),
            device=str(base.device) if base else "",
            pid=os.getpid(),
            paused=pausing.is_paused(self.home),
            memory_bytes=memory_held(base.device if base else torch.device("cpu")),
            learn_when=chosen.learn_when,
            learn_after=chosen.learn_after,
            learn_idle_seconds=chosen.learn_idle_seconds,
            fingerprint=base.fingerprint if base else "",
            unfit=unfit,
        )

    def speak(self, request: SpeakRequest) -> Iterator[Reply]:
        return self._speaking.speak(request)

    def cancel(self, request_id: str) -> None:
        """Stop a reply within one token, a measurement within one pack."""
        if request_id:
            self._held.cancelled.add(request_id)

    def surprise(self, request: SurpriseRequest) -> dict[str, Any]:
        return self._speaking.surprise(request)

    def awareness(self, request: AwarenessRequest) -> Iterator[Reply]:
        return self._measuring.awareness(request)

    def suites(self, request: SuitesRequest) -> Iterator[Reply]:
        return self._measuring.suites(request)

    def gate(self, request: GateRequest) -> Iterator[Reply]:
        return self._measuring.gate(request)

    def behaviour(self, request: BehaviourRequest) -> Iterator[Reply]:
        return self._measuring.behaviour(request)

    def rework(self, request: ReworkRequest) -> Iterator[Reply]:
        return self._learning.rework(request)

    def learn(self, request: LearnRequest) -> Iterator[Reply]:
        return self._learning.learn(request)

    def stop_learning(self) -> None:
        self._learning.stop()

    def pause_learning(self) -> None:
        self._learning.pause()

    def resume_learning(self) -> None:
        self._learning.resume()

    def reload_settings(self) -> None:
        self._held.reload_settings()

    def end(self, seconds: float) -> None:
        """Stop all work, and wait this long: a generation being written is finished."""
        self._held.ending = True
        self._learning.end(seconds)
