"""Then beside now: the scene recorded for some words, and what is foreseen for them today.

No widgets. Asking the engine is left to whoever has a thread for it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from uuid import uuid4

from tear_core.engine.messages import Sampling, SpeakRequest, SurpriseRequest, TripleText
from tear_core.store import Store, generations
from tear_core.triples import Exchange
from tear_core.turn import Turn
from tear_tui.conversing.conversation import keepable
from tear_tui.replays.replaying import Recording
from tear_tui.replays.timeline import figure


@dataclass(frozen=True, slots=True)
class Then:
    """What the log says of one turn.

    Attributes:
        words: what was said; `scene` what was foreseen for it, None: nothing was.
        by: the generation that foresaw it.
        authored: what really happened, if that is written.
        surprise: nats per token of it, measured then under generation `measured_by`.
    """

    turn: int
    words: str
    scene: str | None
    by: int
    authored: str | None = None
    surprise: float | None = None
    measured_by: int | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """What the chosen generation says today, as far as it has said it.

    Attributes:
        asked: the name that was chosen: "live", "base" or a number.
        surprise: nats per token of what really happened, under the chosen generation.
        surprise_then: the same under the generation of then, where the log has no figure.
    """

    asked: str = "live"
    scene: str = ""
    by: int | None = None
    writing: bool = False
    surprise: float | None = None
    surprise_then: float | None = None
    problem: str = ""


def then(recording: Recording, number: int) -> Then | str:
    """What the log says of a turn, or why there is nothing to compare."""
    if not 0 < number <= len(recording.final.turns):
        return "There is no turn to compare yet."
    turn = recording.turn(number)
    said = turn.said
    if said is None:
        return f"Nothing was said in turn {number}: it was {_fate(turn)}."
    if turn.blind and turn.consequence is None:
        return f"Turn {number} is blind: its scene stays veiled until you write what happened."
    facts = said.facts.get("scene", {})
    by = facts.get("generation", said.generation)
    return Then(
        turn=number,
        words=said.words,
        scene=said.scene,
        by=by if isinstance(by, int) else 0,
        authored=turn.consequence,
        surprise=turn.surprise,
        measured_by=_measured_by(recording, turn),
    )


def speak_request(recording: Recording, number: int, generation: str) -> SpeakRequest:
    """Ask a generation what it foresees for the words that were said, drawn as they were then."""
    turn = recording.turn(number)
    assert turn.said is not None  # `then` has looked
    facts = turn.said.facts.get("scene", {})
    seed = facts.get("seed")
    return SpeakRequest(
        input=turn.input,
        context=recording.final.context(before=number),
        order=turn.order,
        seed=seed if isinstance(seed, int) else None,
        sampling=_sampling(facts.get("sampling")),
        response=turn.said.words,
        generation=generation,
        request_id=uuid4().hex,
    )


def surprise_request(recording: Recording, number: int, generation: str) -> SurpriseRequest:
    """Ask a generation how surprising what really happened is to it."""
    turn = recording.turn(number)
    assert turn.said is not None and turn.consequence is not None
    context = tuple(
        Exchange(keepable(past.input), keepable(past.response))
        for past in recording.final.context(before=number)
    )
    text = TripleText(
        keepable(turn.input),
        keepable(turn.said.words),
        turn.consequence,
        turn.landing or "neutral",
        context,
    )
    return SurpriseRequest((text,), generation)


def choices(store: Store, base: str) -> tuple[str, ...]:
    """The generations that can be asked, oldest first, and "live"."""
    rows = generations.list_generations(store, base)
    return ("base", *(str(row.number) for row in rows if not row.removed_at), "live")


def beside(chosen: str, names: tuple[str, ...], step: int) -> str:
    """The choice before or after this one, round and round."""
    at = names.index(chosen) if chosen in names else len(names) - 1
    return names[(at + step) % len(names)]


def _sampling(recorded: object) -> Sampling:
    """Sampling as the log has it; what it does not say is as usual."""
    known = recorded if isinstance(recorded, dict) else {}
    names = [each.name for each in fields(Sampling)]
    return Sampling(**{n: known[n] for n in names if isinstance(known.get(n), (int, float))})


def _measured_by(recording: Recording, turn: Turn) -> int | None:
    for event in reversed(recording.events):
        about_it = event.kind == "surprise" and event.turn == turn.number
        if about_it and event.data.get("triple") == turn.triple:
            number = event.data.get("generation")
            return int(figure(number)) if number is not None else None
    return None


def _fate(turn: Turn) -> str:
    return "dropped" if turn.phase == "cancelled" else "left open"
