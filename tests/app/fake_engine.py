"""An engine that says what a test has written down, as fast or as slowly as the test wants."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tear_core.engine.client import EngineError, EngineGone
from tear_core.engine.messages import (
    EngineStatus,
    LearnRequest,
    Reply,
    SpeakRequest,
    SurpriseRequest,
)
from tear_core.settings import load_settings

RESPONSE = "A month is such early days. Which song made you want to begin?"
SCENE = "She laughed, and sat down again, and played the first four bars of it twice."
REVISED = "What song made you want to begin?"

Script = list[tuple[str, str]]


def script(order: str = "after", response: str = RESPONSE, scene: str = SCENE) -> Script:
    """The sections of one candidate in the given order."""
    if order == "before":
        return [("scene", scene), ("response", response)]
    if order == "reflect":
        return [("draft", response), ("scene", scene), ("response", REVISED)]
    return [("draft", response), ("scene", scene)]


class FakeEngine:
    """An `EngineClient`. `hold(section)` makes it wait before that section's first token."""

    def __init__(self, *scripts: Script, live: int = 0) -> None:
        self.scripts = deque(scripts)
        self.requests: list[SpeakRequest] = []
        self.scored: list[SurpriseRequest] = []
        self.pokes = 0
        self.stops = 0
        self.cancelled: set[str] = set()
        self.closed = 0
        self.now = EngineStatus(model="ready", base="nano", live=live, pending=0)
        self.gone = False
        self.surprise_is: float | EngineError = 3.41
        self.token_seconds = 0.0
        self.tokens_written = 0
        self.while_scoring: Callable[[], None] = lambda: None
        self._gates: dict[tuple[str, int], threading.Event] = {}

    def hold(self, section: str, before: int = 0) -> None:
        """Wait before a token of `section`, counted from 0, until it is let go."""
        self._gates[section, before] = threading.Event()

    def let_go(self, section: str, before: int = 0) -> None:
        """Go on with a section that was held."""
        self._gates[section, before].set()

    def status(self) -> EngineStatus:
        self._check()
        return self.now

    def set(self, **changes: Any) -> None:
        """Change what `status` says."""
        self.now = replace(self.now, **changes)

    def speak(self, request: SpeakRequest) -> Iterator[Reply]:
        self._check()
        self.requests.append(request)
        if request.seeds:
            yield from self._several(request)
            return
        if request.response is not None:
            sections = [each for each in self._next(request) if each[0] == "scene"]
        else:
            sections = self._next(request)
        try:
            for section, text in sections:
                stopped = yield from self._write(request, section, text)
                if stopped:
                    break
            else:
                if request.order == "after" and request.response is None:
                    yield _section("response", dict(sections)["draft"], 0, "end")
            yield {"event": "done", "generation": self._asked(request.generation), "seed": 7}
        finally:
            self.closed += 1

    def _several(self, request: SpeakRequest) -> Iterator[Reply]:
        """A scene for each seed, whole, as the real one tells them."""
        try:
            for seed in request.seeds:
                text = dict(self._next(request))["scene"]
                *_, told = self._write(request, "scene", text)
                if told["stopped"] == "cancelled":  # the real one says nothing of it
                    break
                yield {**told, "seed": seed}
            yield {"event": "done", "generation": self._asked(request.generation), "seed": 7}
        finally:
            self.closed += 1

    def _asked(self, generation: str) -> int:
        """The number of the generation that was asked for by this name."""
        if generation == "live":
            return self.now.live
        return int(generation) if generation.isdigit() else 0

    def _next(self, request: SpeakRequest) -> Script:
        return self.scripts.popleft() if self.scripts else script(request.order)

    def _write(self, request: SpeakRequest, section: str, text: str) -> Iterator[Reply]:
        written = ""
        pieces = text.split(" ")
        for number, word in enumerate(pieces):
            if self._wait(request, section, number):
                break
            piece = word if number == 0 else f" {word}"
            written += piece
            self.tokens_written += 1
            yield {"event": "token", "section": section, "text": piece}
            if self.token_seconds:
                time.sleep(self.token_seconds)
            self._check()
            if request.request_id in self.cancelled:
                yield _section(section, written, number + 1, "cancelled")
                return True
        else:
            yield _section(section, written, len(pieces), "end")
            return False
        yield _section(section, written, len(written.split()), "cancelled")
        return True

    def _wait(self, request: SpeakRequest, section: str, number: int) -> bool:
        """Wait at the gate before a token; True if the request was cancelled meanwhile."""
        gate = self._gates.get((section, number))
        while gate is not None and not gate.wait(0.01):
            self._check()
            if request.request_id in self.cancelled:
                return True
        return False

    def cancel(self, request_id: str) -> None:
        self._check()
        self.cancelled.add(request_id)

    def surprise(self, request: SurpriseRequest) -> dict[str, Any]:
        self._check()
        self.scored.append(request)
        self.while_scoring()
        if isinstance(self.surprise_is, EngineError):
            raise self.surprise_is
        return {
            "nats_per_token": self.surprise_is,
            "tokens": 17,
            "triples": 1,
            "generation": self._asked(request.generation),
            "each": [{"nats_per_token": self.surprise_is, "tokens": 17} for _ in request.triples],
        }

    def learn(self, request: LearnRequest) -> Iterator[Reply]:
        yield {"event": "waiting", "triples": 0}

    def stop_learning(self) -> None:
        self._check()
        self.stops += 1

    def pause_learning(self) -> None:
        self._check()
        self.set(paused=True)

    def resume_learning(self) -> None:
        self._check()
        self.set(paused=False)

    def reload_settings(self) -> None:
        """Take over the policy that is written down, as the real one does."""
        self._check()
        read = load_settings()
        self.set(
            learn_when=read.learn_when,
            learn_after=read.learn_after,
            learn_idle_seconds=read.learn_idle_seconds,
        )

    def poke(self) -> None:
        self._check()
        self.pokes += 1

    def end(self) -> None:
        self._check()
        self.gone = True

    def _check(self) -> None:
        if self.gone:
            raise EngineGone("the engine does not answer any more", "start it again")


class FakeEngines:
    """What `connect` and `start` find: at first nobody, then the engine given."""

    def __init__(self, engine: FakeEngine, running: bool = True) -> None:
        self.engine = engine
        self.running = running
        self.starts = 0

    def connect(self, home: Path) -> FakeEngine | None:
        return self.engine if self.running and not self.engine.gone else None

    def start(self, home: Path) -> None:
        self.starts += 1
        self.running, self.engine.gone = True, False


def _section(section: str, text: str, tokens: int, stopped: str) -> Reply:
    return {
        "event": section,
        "text": text,
        "tokens": tokens,
        "seconds": 0.1,
        "prefill_tokens": 1,
        "stopped": stopped,
    }
