"""One request to the model, from the thread that reads its replies to the timer that shows them."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from typing import Any

from tear_core.engine.client import EngineClient, EngineError
from tear_core.engine.messages import Reply, SpeakRequest
from tear_tui.conversing.looks import SECTIONS, Section, Writing, Written

KEPT_FACTS = ("tokens", "seconds", "prefill_tokens", "stopped", "base")


class Speech:
    """What the model says to one request: read on one thread, drained on another.

    `read` appends and never waits for the screen; `drain` takes what has come.
    """

    def __init__(self, request: SpeakRequest, turn: int, candidate: int) -> None:
        self.request = request
        self.turn = turn
        self.writing = Writing(candidate, given=request.response is not None)
        self.ended = False
        self.error: EngineError | None = None
        self.generation: int | None = None
        self.seed: int | None = request.seed
        self.finished: dict[Section, Written] = {}
        """Sections that are whole, or broken off for good, in the order in which they ended."""
        self.scenes: list[tuple[Written, int]] = []
        """Scenes that have ended, and their seeds: several where the request has several."""
        self._replies: deque[Reply | EngineError | None] = deque()
        self._abandoned = threading.Event()
        self.stopping = False
        """Somebody asked the model to stop."""

    def read(self, client: EngineClient) -> None:
        """Read the replies until they end or are abandoned; runs on a thread of its own."""
        try:
            replies = client.speak(self.request)
            for reply in replies:
                if self._abandoned.is_set():
                    break
                self._replies.append(reply)
            getattr(replies, "close", lambda: None)()  # an abandoned model stops at this
        except EngineError as error:
            self._replies.append(error)
        except Exception as error:  # whatever the transport throws, the turn has to end
            self._replies.append(EngineError(f"the engine's answer broke off: {error}"))
        self._replies.append(None)

    def cancel(self, client: EngineClient) -> None:
        """Ask the engine to stop within a token; blocks as long as the engine takes to hear it."""
        try:
            client.cancel(self.request.request_id)
        except EngineError:
            self.abandon()

    def abandon(self) -> None:
        """Stop reading at the next reply, whatever the engine does."""
        self._abandoned.set()

    def give_up(self) -> None:
        """End now with what has come, although the engine has not ended its answer."""
        self.abandon()
        self._end(None)

    def drain(self) -> bool:
        """Take in what has been read since the last time; whether anything changed."""
        changed = False
        while self._replies and not self.ended:
            self._take(self._replies.popleft())
            changed = True
        return changed

    def _take(self, reply: Reply | EngineError | None) -> None:
        if reply is None or isinstance(reply, EngineError):
            return self._end(reply)
        self.generation = reply.get("generation", self.generation)
        self.seed = reply.get("seed", self.seed)
        match reply.get("event"):
            case "token":
                self._token(reply["section"], str(reply["text"]))
            case "draft" | "scene" | "response" as section:
                self._section(section, reply)
            case "done":
                self._end(None)
            case "error":
                self._end(EngineError(str(reply.get("message", "")), str(reply.get("hint", ""))))

    def _token(self, section: Section, text: str) -> None:
        so_far = self.writing.sections.get(section, Written())
        self._put(section, replace(so_far, text=so_far.text + text, tokens=so_far.tokens + 1))

    def _section(self, section: Section, reply: Reply) -> None:
        facts: dict[str, Any] = {name: reply[name] for name in KEPT_FACTS if name in reply}
        stopped = str(facts.get("stopped", ""))
        written = Written(str(reply["text"]), int(facts.get("tokens", 0)), stopped, facts)
        if section == "scene":
            self.scenes.append((written, int(self.seed or 0)))
        self._finish(section, written)

    def _finish(self, section: Section, written: Written) -> None:
        self.finished[section] = written
        self._put(section, written)

    def _put(self, section: Section, written: Written) -> None:
        sections = {**self.writing.sections, section: written}
        self.writing = replace(self.writing, section=section, sections=sections)

    def _end(self, error: EngineError | None) -> None:
        """Close every section that was broken off, so that its words are kept."""
        self.ended, self.error = True, error
        for section in SECTIONS:
            written = self.writing.sections.get(section)
            if written is not None and section not in self.finished:
                facts = {"tokens": written.tokens, "stopped": "cancelled"}
                self._finish(section, replace(written, stopped="cancelled", facts=facts))
