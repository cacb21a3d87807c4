"""More scenes for the same words, each drawn with a seed of its own, to see how far they lie apart.

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
    """Draws scenes for one candidate and writes each down as soon as it is whole."""

    def __init__(self, log: ConversationLog, turn: int, candidate: int, sampling: Sampling) -> None:
        self.log, self.turn, self.index, self.sampling = log, turn, candidate, sampling
        self.speech: Speech | None = None
        self.left = 0
        """How many are still to be drawn, the one being written included."""

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
        """Have `count` more scenes drawn, one after the other; returns what went wrong.

        Every whole scene is in the session's log before the next one is begun.
        """
        self.left = count
        try:
            while self.left > 0:
                speech = self.speech = Speech(self._request(), self.turn, self.index)
                changed()
                await in_background(partial(speech.read, client), "scene")
                speech.drain()
                if speech.error is not None:
                    return speech.error
                self.left -= 1
                if not self._keep(speech):
                    return None
                changed()
        except (NotNow, StoreError) as error:
            return EngineError(str(error), getattr(error, "hint", ""))
        finally:
            self.speech, self.left = None, 0
        return None

    def stop(self, client: EngineClient | None) -> Callable[[], None] | None:
        """Draw no more; gives what is left to do on another thread. A broken-off scene goes."""
        speech, self.left = self.speech, 0
        if speech is None:
            return None
        speech.abandon()
        return None if client is None else partial(speech.cancel, client)

    def _keep(self, speech: Speech) -> bool:
        """Write the scene down; False if there is none, or it was broken off."""
        scene = speech.finished.get("scene")
        if scene is None or scene.stopped == "cancelled" or not scene.text.strip():
            return False
        drawn = {"text": scene.text, "seed": speech.seed, "tokens": scene.tokens}
        self.log.record(
            "samples",
            self.turn,
            candidate=self.index,
            scenes=[drawn],
            generation=speech.generation or 0,
        )
        return True

    def _request(self) -> SpeakRequest:
        turn = self.log.turn(self.turn)
        return SpeakRequest(
            input=turn.input,
            context=self.log.conversation.context(before=turn.number),
            order=turn.order,
            seed=random.SystemRandom().getrandbits(31),
            sampling=self.sampling,
            response=self.candidate.words,
            request_id=uuid.uuid4().hex,
        )


def _listed(drawn: Sampled) -> Scene:
    return Scene(drawn.text, drawn.tokens, f"{_generation(drawn.generation)}, seed {drawn.seed}")


def _generation(number: int) -> str:
    return f"generation {number}" if number else "the base"
