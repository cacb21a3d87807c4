"""The half of a screen that faces the engine: the model is started, shown and stopped here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from textual import work
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from tear_core.store import StoreError
from tear_core.turn import NotNow
from tear_tui import mishaps
from tear_tui.background import in_background
from tear_tui.conversing import measuring
from tear_tui.conversing.conversation import ConversationLog, keepable
from tear_tui.conversing.speech import Speech
from tear_tui.conversing.status import Facts
from tear_tui.conversing.talk import Talk
from tear_tui.engine_link import EngineLink, EngineView
from tear_tui.lineage import fitting
from tear_tui.screens.base import TearScreen
from tear_tui.text.pacing import SLOWEST, next_flush, until_a_pause

T = TypeVar("T")

STOPPING = 1.0
"""Seconds that the engine has to stop before it is left to itself."""


class SpeakingScreen(TearScreen):
    """A screen on which a model speaks. What is shown, and how, is up to the subclass."""

    def __init__(self, log: ConversationLog, talk: Talk, link: EngineLink, facts: Facts) -> None:
        super().__init__()
        self.session = log
        self.talk = talk
        self.link = link
        self.facts = facts
        self._measuring = False
        self.typed_at = 0.0
        """When somebody last wrote (`time.monotonic`)."""
        self._spent = 0.0
        """Processor time that this thread had had at the last flush."""
        self._flushed_at = self._due = 0.0
        self._waiting: Timer | None = None

    def refresh_turns(self) -> None:
        """Show the conversation as it stands now."""
        raise NotImplementedError

    def refresh_keys(self) -> None:
        """Have the keys in the footer be those that do something now."""
        raise NotImplementedError

    def notice(self, text: str) -> None:
        """Say something in one line."""
        raise NotImplementedError

    def response_came(self) -> None:
        """The model has written a candidate to its end, or was stopped."""
        raise NotImplementedError

    def attempt(self, failing: str, do: Callable[[], T]) -> T | None:
        """What `do` gives, or None after a notice that begins with `failing` and says why."""
        try:
            return do()
        except (NotNow, StoreError, ValueError) as error:
            self.notice(f"{failing}: {error}. {getattr(error, 'hint', '')}".rstrip())
            self.refresh_turns()
            return None

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What goes wrong on the way is said and written down; it never ends the app."""
        error = event.worker.error
        if event.state is not WorkerState.ERROR or error is None:
            return
        where = mishaps.write_down(self.session.store.home, error)
        self.notice(f"Something went wrong: {type(error).__name__}. Nothing is lost; see {where}")

    # --- the model writes

    def speak_if_wanted(self) -> None:
        """Have the wanted candidate written, if there is somebody to write it."""
        if self.talk.wanted is None or self.talk.speech is not None or self.link.client is None:
            return
        self._read(self.talk.begin())
        self.link.nudge()
        self._spent, self._flushed_at = time.thread_time(), time.monotonic()
        self._flush_in(next_flush(0.0))

    @work(group="speak", exclusive=True, exit_on_error=False)
    async def _read(self, speech: Speech) -> None:
        client = self.link.client
        try:
            if client is not None:
                await in_background(lambda: speech.read(client), "speech")
        finally:
            speech.abandon()

    def _flush_in(self, seconds: float) -> None:
        self._due = time.monotonic() + seconds
        self._wait(seconds)

    def _wait(self, seconds: float) -> None:
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(seconds, self._flush_unless_somebody_types)

    def _flush_unless_somebody_types(self) -> None:
        now = time.monotonic()
        pause = until_a_pause(now - self.typed_at, now - self._flushed_at)
        self._wait(pause) if pause else self._flush()

    def key_drawn(self) -> None:
        """A key is in the picture, and the next is still some way off: the model's words come now
        if it is time for them."""
        if self.talk.speech is not None and time.monotonic() >= self._due:
            self._flush()

    def _flush(self) -> None:
        """Bring the screen up to date with what the model has written since the last time."""
        began, self._flushed_at = time.perf_counter(), time.monotonic()
        drawing, self._spent = time.thread_time() - self._spent, time.thread_time()
        if self.talk.speech is None:
            return
        try:
            changed = self.talk.collect(self.facts.live)
        except StoreError as error:
            self.notice(f"The model's words are not kept yet: {error}")
            self._flush_in(SLOWEST)
            return
        if changed:
            self.refresh_turns()
        if self.talk.speech.ended:
            self._ended()
        else:
            waiting = time.perf_counter() - began  # long where others have the processor
            self._flush_in(next_flush(max(drawing, waiting)))

    def _ended(self) -> None:
        error = self.talk.finish()
        if error is not None:
            self.link.report(error)
            self.notice(f"{str(error).rstrip('.')}. {error.hint}".strip())
        self.refresh_turns()
        self.response_came()

    def stop_speaking(self) -> None:
        """Stop within a token; an engine that does not hear is left to itself."""
        speech = self.talk.speech
        if speech is None:
            self.talk.stop_waiting()
        else:
            speech.stopping = True
            self._cancel(speech)
            self.set_timer(STOPPING, lambda: None if speech.ended else speech.give_up())
        self.refresh_turns()

    @work(group="cancel", exit_on_error=False)
    async def _cancel(self, speech: Speech) -> None:
        client = self.link.client
        if client is not None:
            await in_background(lambda: speech.cancel(client), "cancel")

    def end_speech(self) -> None:
        """Keep what is written so far, and wait for no more."""
        self.talk.stop_waiting()
        if self.talk.speech is not None:
            self._cancel(self.talk.speech)
            self.talk.speech.drain()
            self.talk.speech.give_up()
            self.attempt(
                "The model's words are not kept", lambda: self.talk.collect(self.facts.live)
            )
            self.talk.finish()

    # --- the engine learns

    def engine_news(self, view: EngineView) -> None:
        """The engine is not as it was."""
        before, old = self.facts.engine, self.facts
        self.facts = replace(old, engine=view)
        away = view.state in ("gone", "failed")
        if away and before.state != view.state:
            self.notice(_away(view))
        elif before.state in ("gone", "failed") and not away and view.state != "starting":
            self.notice("The engine is there again.")
        status = view.status
        if status is not None and not away:
            self.facts = replace(
                self.facts, base=keepable(status.base), live=status.live, pending=status.pending
            )
            if status.unfit and (before.status is None or before.status.unfit != status.unfit):
                self.notice(fitting.in_short(status.unfit, self.facts.base))
            elif status.live != old.live and before.status is not None:
                self.notice(measuring.now_live(self.session.store, old.live, status.live))
            was_learning = before.status is not None and before.status.learning
            if (status.live, status.pending) != (old.live, old.pending) or (
                was_learning and not status.learning
            ):
                self._catch_up()
        self.refresh_turns()
        self.speak_if_wanted()
        if view.state == "ready" and before.state != "ready" and self.session.unmeasured():
            self.measure()

    @work(group="catch-up", exclusive=True, exit_on_error=False)
    async def _catch_up(self) -> None:
        """Read what others have added to this conversation: what was learned, and by whom."""
        while True:
            try:
                take_in = await in_background(self.session.reading(), "catch-up")
            except (StoreError, NotNow):
                return  # busy: the next news brings another chance
            if take_in():
                return self.refresh_turns()

    @work(group="measure", exit_on_error=False)
    async def measure(self) -> None:
        """Have the live model say how surprising the new scenes are; then let it learn."""
        if self._measuring:
            return
        self._measuring = True
        try:
            problem = await measuring.measure(self.session, self.link, self.refresh_turns)
        finally:
            self._measuring = False
        if problem is not None:
            self.link.report(problem)
            self.notice(f"The surprise will be measured later: {problem}")
        elif self.link.client is not None and self.session.unmeasured():
            self.measure()  # saved while the last of the others was on its way


def _away(view: EngineView) -> str:
    """What became of the engine, and the key that brings it back."""
    problem = view.problem[:1].upper() + view.problem[1:].rstrip(".")
    if view.state == "gone":
        return f"{problem}. F8 starts it again; nothing is lost."
    return f"{problem}. F8 tries again. {view.hint}"
