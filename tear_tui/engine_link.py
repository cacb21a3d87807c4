"""The app's line to the engine: found or started, watched, lost and found again.

Runs on a thread of its own and knows nothing of the screen; what it sees goes to a callback.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tear_core.engine.client import EngineClient, EngineError, EngineGone
from tear_core.engine.messages import EngineStatus

State = Literal["starting", "loading", "ready", "failed", "gone"]

BUSY_BEAT = 0.35
"""Seconds between two looks while something is going on."""
IDLE_BEAT = 3.0
START_PATIENCE = 60.0
"""Seconds in which a started engine has to answer."""
EXPECTING = 5.0
"""For this long after a nudge the engine is looked at often: it may begin to learn."""


@dataclass(frozen=True, slots=True)
class EngineView:
    """The engine as the app sees it. `problem` and `hint` are for people."""

    state: State = "starting"
    status: EngineStatus | None = None
    problem: str = ""
    hint: str = ""

    @property
    def busy(self) -> bool:
        """Whether something is going on that is worth watching closely."""
        if self.state in ("starting", "loading"):
            return True
        return self.status is not None and (bool(self.status.learning) or self.status.speaking)


class EngineLink:
    """Keeps `client` and `view` true. `tell` is called on the link's thread, on every change."""

    def __init__(
        self,
        home: Path,
        connect: Callable[[Path], EngineClient | None],
        start: Callable[[Path], None],
        tell: Callable[[EngineView], None],
        *,
        may_start: bool = True,
    ) -> None:
        """`may_start`: one that is not running is started; else only when somebody asks for it."""
        self.client: EngineClient | None = None
        self.view = EngineView()
        self._home, self._connect, self._start, self._tell = home, connect, start, tell
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._may_start = may_start
        self._deadline: float | None = None
        self._expecting_until = 0.0

    def open(self) -> None:
        """Begin to look for the engine."""
        threading.Thread(target=self._watch, name="engine-link", daemon=True).start()

    def close(self) -> None:
        """Stop looking. The engine lives on."""
        self._closed.set()
        self._wake.set()

    def nudge(self) -> None:
        """Something was asked of the engine: look now, and often for a while."""
        self._expecting_until = time.monotonic() + EXPECTING
        self._wake.set()

    def start_again(self) -> None:
        """Start an engine if none is there, whatever became of the last one."""
        self._may_start, self._deadline = True, None
        self.nudge()

    def report(self, error: EngineError) -> None:
        """Something asked of the engine went wrong; if it is gone, everybody should know."""
        if not isinstance(error, EngineGone):
            return
        self.client = None
        self._say(EngineView("gone", self.view.status, str(error), error.hint))
        self._wake.set()

    def _watch(self) -> None:
        while not self._closed.is_set():
            try:
                view = self._look()
            except EngineGone as error:
                self.client = None
                view = EngineView("gone", self.view.status, str(error), error.hint)
            except (EngineError, OSError) as error:
                view = EngineView("failed", self.view.status, str(error), _hint(error))
            self._say(view)
            expecting = time.monotonic() < self._expecting_until
            self._wake.wait(BUSY_BEAT if view.busy or expecting else IDLE_BEAT)
            self._wake.clear()

    def _look(self) -> EngineView:
        client = self.client or self._connect(self._home)
        if client is None:
            return self._await_engine()
        self.client, self._may_start, self._deadline = client, False, None
        status = client.status()
        if status.model == "failed":
            return EngineView("failed", status, status.message or "the model cannot be loaded")
        return EngineView(status.model, status)

    def _await_engine(self) -> EngineView:
        """Nobody answers: start one, wait for it, or say that it is gone."""
        if self._may_start:
            self._may_start, self._deadline = False, time.monotonic() + START_PATIENCE
            self._start(self._home)
        if self._deadline is not None and time.monotonic() < self._deadline:
            return EngineView("starting", self.view.status)
        problem = "the engine did not answer" if self._deadline else "the engine is not running"
        return EngineView("gone", self.view.status, self.view.problem or problem, self.view.hint)

    def _say(self, view: EngineView) -> None:
        if view != self.view:
            self.view = view
            if not self._closed.is_set():
                self._tell(view)


def _hint(error: Exception) -> str:
    return error.hint if isinstance(error, EngineError) else ""
