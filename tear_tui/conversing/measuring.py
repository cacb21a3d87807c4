"""How surprising a written scene was to the live model, asked before the model learns from it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tear_core.engine.client import EngineError, EngineGone
from tear_core.engine.messages import SurpriseRequest, TripleText
from tear_core.store import Store, StoreError, generations, triples
from tear_core.turn import Turn
from tear_tui.background import in_background
from tear_tui.conversing.conversation import ConversationLog
from tear_tui.engine_link import EngineLink


def standing(store: Store, base: str) -> tuple[int, int]:
    """The live generation of this base, and how many triples wait to be learned."""
    return generations.live(store, base), triples.counts(store)["pending"]


def now_live(store: Store, before: int, number: int) -> str:
    """A sentence for the screen: another generation answers from now on."""
    if not number:
        return "The base model is live again."
    if number < before:
        return f"Generation {number} is live again."
    try:
        row = generations.get(store, number)
    except StoreError:
        row = None
    if row is None:
        return f"Generation {number} is live."
    scenes = f"{row.triples} scene{'' if row.triples == 1 else 's'}"
    return f"Generation {number} is live: it has learned {scenes}."


async def measure(
    log: ConversationLog, link: EngineLink, refresh: Callable[[], None]
) -> EngineError | None:
    """Measure every scene that has no surprise yet, then tell the engine that there is news.

    Returns what went wrong; a scene that could not be measured now is measured later.
    """
    tried: set[str | None] = set()
    problem: EngineError | None = None
    while turn := next((each for each in log.unmeasured() if each.triple not in tried), None):
        tried.add(turn.triple)
        client = link.client
        if client is None:
            return None
        request = SurpriseRequest((_text(log, turn),))
        try:
            answer = await in_background(partial(client.surprise, request), "surprise")
        except EngineGone as error:
            return error
        except EngineError as error:
            problem = error
            continue
        if answer.get("nats_per_token") is not None:
            try:
                log.measured(
                    turn, answer["nats_per_token"], int(answer["tokens"]), int(answer["generation"])
                )
            except StoreError as error:
                problem = EngineError(str(error))
            refresh()
        else:
            problem = EngineError("the model found nothing in that scene to measure")
    client = link.client
    if client is not None:
        try:
            await in_background(client.poke, "poke")
        except EngineError as error:
            return error
        link.nudge()
    return problem


def _text(log: ConversationLog, turn: Turn) -> TripleText:
    assert turn.consequence is not None and turn.landing is not None
    triple = log.triple(turn.number, turn.consequence, turn.landing)
    return TripleText(
        triple.input, triple.response, triple.consequence, triple.landing, triple.context
    )
