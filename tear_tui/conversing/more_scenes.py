"""More scenes for the same words, each drawn with a seed of its own, to see how far they lie apart.

They are written together: the model reads its weights once for a word of each.

Belongs to the screen's thread; a `Speech` is read on another one and taken in here.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tear_core.engine.client import EngineClient, EngineError
from tear_core.engine.messages import Sampling, SpeakRequest
from tear_core.store import StoreError
from tear_core.turn import Candidate, NotNow, Sampled, scene_generation
from tear_tui.background import in_background
from tear_tui.conversing.conversation import ConversationLog
from tear_tui.conversing.looks import Written
from tear_tui.conversing.speech import Speech
from tear_tui.conversing.spread import spread_of

SCENES = 4
"""Scenes that are drawn at once."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One of the scenes as it is listed; `whose` says where it comes from."""

    text: str
    tokens: int
    whose: str


class MoreScenes:
    """Draws scenes for one candidate and writes each down when it is whole."""

    def __init__(self, log: ConversationLog, turn: int, candidate: int, sampling: Sampling) -> None:
        self.log, self.turn, self.index, self.sampling = log, turn, candidate, sampling
        self.speech: Speech | None = None
        self.left = 0
        """How many are still to come."""
        self._problem: EngineError | None = None

    @property
    def candidate(self) -> Candidate:
        return self.log.turn(self.turn).candidates[self.index]

    def scenes(self) -> list[Scene]:
        """The scene that was foreseen first, and those that were drawn since."""
        candidate, listed = self.candidate, []
        if candidate.scene:
            tokens = int(candidate.facts.get("scene", {}).get("tokens", 0))
            by = _generation(scene_generation(candidate))
            listed.append(Scene(candidate.scene, tokens, f"{by}, foreseen first"))
        return [*listed, *map(_listed, candidate.samples)]

    def told(self) -> str:
        """How many there are, how far apart they lie, and how long they are."""
        found = spread_of(self.candidate)
        if found is None:
            return "One scene so far: nothing to compare it with"
        return (
            f"{found.scenes} scenes of {_generation(found.generation)} · spread {found.apart:.2f}"
            f" · {found.shortest} to {found.longest} tokens"
        )

    async def draw(
        self, client: EngineClient, count: int, changed: Callable[[], None]
    ) -> EngineError | None:
        """Have `count` more scenes drawn at once; returns what went wrong."""
        self.left, self._problem = count, None
        speech = self.speech = Speech(self._request(count), self.turn, self.index)
        try:
            changed()
            await in_background(partial(speech.read, client), "scenes")
            self.take()
            return self._problem or speech.error
        finally:
            self.speech, self.left = None, 0

    def take(self) -> bool:
        """Write down the scenes that have come since the last time; whether anything changed."""
        speech = self.speech
        if speech is None:
            return False
        known = len(speech.scenes)
        changed = speech.drain()
        try:
            for scene, seed in speech.scenes[known:]:
                self._keep(scene, seed, speech.generation or 0)
        except (NotNow, StoreError) as error:
            self._problem = EngineError(str(error), getattr(error, "hint", ""))
            speech.abandon()
        self.left = max(0, self.left - (len(speech.scenes) - known))
        return changed

    def stop(self, client: EngineClient | None) -> Callable[[], None] | None:
        """Draw no more; gives what is left to do on another thread. Broken-off scenes go."""
        self.take()
        speech, self.left = self.speech, 0
        if speech is None:
            return None
        speech.abandon()
        return None if client is None else partial(speech.cancel, client)

    def _keep(self, scene: Written, seed: int, generation: int) -> None:
        """Write a scene down, unless it was broken off or says nothing."""
        if scene.stopped == "cancelled" or not scene.text.strip():
            return
        drawn = {"text": scene.text, "seed": seed, "tokens": scene.tokens}
        self.log.record(
            "samples", self.turn, candidate=self.index, scenes=[drawn], generation=generation
        )

    def _request(self, count: int) -> SpeakRequest:
        turn = self.log.turn(self.turn)
        return SpeakRequest(
            input=turn.input,
            context=self.log.conversation.context(before=turn.number),
            order=turn.order,
            seeds=tuple(random.SystemRandom().getrandbits(31) for _ in range(count)),
            sampling=self.sampling,
            response=self.candidate.words,
            request_id=uuid.uuid4().hex,
        )


def _listed(drawn: Sampled) -> Scene:
    return Scene(drawn.text, drawn.tokens, f"{_generation(drawn.generation)}, seed {drawn.seed}")


def _generation(number: int) -> str:
    return f"generation {number}" if number else "the base"
