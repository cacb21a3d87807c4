"""The half of the replay screen that faces the engine: what is foreseen today for old words."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from textual import work

from tear_core.engine.client import EngineClient, EngineError
from tear_core.store import generations
from tear_tui.background import in_background
from tear_tui.conversing.conversation import keepable
from tear_tui.conversing.speech import Speech
from tear_tui.engine_link import EngineView
from tear_tui.places import Shared
from tear_tui.replays import comparing
from tear_tui.replays.comparing import Now, Then
from tear_tui.replays.replaying import Recording
from tear_tui.screens.place import PlaceScreen
from tear_tui.text.pacing import next_flush
from tear_tui.widgets.then_now import ThenNow

T = TypeVar("T")

AWAY = "There is no engine to ask. F8 starts it."


class ComparingScreen(PlaceScreen):
    """A place at which a recorded scene is put beside one of today."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.recording: Recording | None = None
        self.compared: Then | None = None
        self.now = Now()
        self._speech: Speech | None = None

    # --- what is asked

    def compare(self, number: int) -> bool:
        """Put a turn's scene beside one of today; False, and a notice, if there is none."""
        if self.recording is None:
            return False
        found = comparing.then(self.recording, number)
        if isinstance(found, str):
            self.notice(found)
            return False
        self.compared = found
        self.ask(self.now.asked)
        return True

    def ask(self, generation: str) -> None:
        """Have a generation foresee a scene for the words that were said then."""
        self.stop_asking()
        client = self.shared.link.client
        if self.recording is None or self.compared is None:
            return
        if client is None:
            self.now = Now(generation, problem=AWAY)
        else:
            self.now = Now(generation, writing=True)
            request = comparing.speak_request(self.recording, self.compared.turn, generation)
            self._speech = Speech(request, self.compared.turn, 0)
            self._read(self._speech, client)
            self.set_timer(next_flush(0.0), partial(self._flush, self._speech))
            self.shared.link.nudge()
        self.show_compared()

    def stop_asking(self) -> None:
        """What is being foreseen is wanted no more."""
        if self._speech is not None:
            self._cancel(self._speech)
            self._speech = None

    def show_compared(self) -> None:
        """Show what is known so far."""
        if self.compared is not None:
            self.query_one(ThenNow).show(self.compared, self.now, self.live)

    @property
    def base(self) -> str:
        """The base whose generations can be asked."""
        status = self.shared.link.view.status
        return keepable(status.base) if status is not None else self.shared.settings.base

    @property
    def live(self) -> int:
        """The generation that answers now."""
        status = self.shared.link.view.status
        if status is not None:
            return status.live
        return generations.live(self.shared.store, self.base)

    # --- what is answered

    @work(group="speak", exclusive=True, exit_on_error=False)
    async def _read(self, speech: Speech, client: EngineClient) -> None:
        try:
            await in_background(partial(speech.read, client), "then-beside-now")
        finally:
            speech.abandon()

    @work(group="cancel", exit_on_error=False)
    async def _cancel(self, speech: Speech) -> None:
        client = self.shared.link.client
        if client is not None and not speech.ended:
            await in_background(partial(speech.cancel, client), "cancel")

    def _flush(self, speech: Speech) -> None:
        """Show what has been foreseen since the last time."""
        if speech is not self._speech:
            return
        began = time.perf_counter()
        if speech.drain():
            scene = speech.writing.sections.get("scene")
            text = scene.text if scene is not None else ""
            self.now = replace(self.now, scene=text, by=speech.generation)
            self.show_compared()
        if speech.ended:
            self._foreseen(speech)
        else:
            self.set_timer(next_flush(time.perf_counter() - began), partial(self._flush, speech))

    def _foreseen(self, speech: Speech) -> None:
        """The scene is there, or there will be none."""
        self._speech = None
        self.now = replace(self.now, writing=False)
        if speech.error is not None:
            self._failed(speech.error)
        elif self.compared is not None and self.compared.authored is not None:
            self._measure(self.compared, self.now)
        self.show_compared()

    @work(group="measure", exclusive=True, exit_on_error=False)
    async def _measure(self, compared: Then, asked: Now) -> None:
        """How surprising what really happened is to the same generation."""
        name = asked.asked if asked.by is None else str(asked.by)
        nats = await self._surprise(compared, name)
        if (self.compared, self.now) != (compared, asked) or nats is None:
            return
        self.now = measured = replace(self.now, surprise=nats)
        self.show_compared()
        if compared.surprise is None:
            nats = await self._surprise(compared, str(compared.by))
            if (self.compared, self.now) == (compared, measured):
                self.now = replace(self.now, surprise_then=nats)
                self.show_compared()

    async def _surprise(self, compared: Then, generation: str) -> float | None:
        """Nats per token of what happened; None, and a notice, if it cannot be measured."""
        client, recording = self.shared.link.client, self.recording
        if client is None or recording is None:
            return None
        request = comparing.surprise_request(recording, compared.turn, generation)
        answer = await self._attempt(partial(client.surprise, request))
        nats = answer.get("nats_per_token") if answer is not None else None
        return None if nats is None else float(nats)

    async def _attempt(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            return await in_background(call, "surprise")
        except EngineError as error:
            self.shared.link.report(error)
            self.notice(f"The surprise was not measured: {error}. {error.hint}")
            return None

    def _failed(self, error: EngineError) -> None:
        self.shared.link.report(error)
        problem = f"{str(error).rstrip('.')}. {error.hint}".strip()
        self.now = replace(self.now, problem=problem)

    # --- the engine comes and goes

    def engine_news(self, view: EngineView) -> None:
        if self.now.problem == AWAY and self.shared.link.client is not None:
            self.ask(self.now.asked)
        self.refresh_bindings()
