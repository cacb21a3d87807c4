"""One turn of the conversation as a small state machine, and a session as the fold of its events.

    sent -> drafted -> previewed -> responded -> authored -> learned
      \\________\\__________\\-> cancelled            (a reroll or an edit adds a candidate)

The app, the command line, replay and the tests all derive what they show from
`fold(events)`. Pure: no clock, no database, no model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

from tear_core.triples import Exchange, Landing, Order

Kind = Literal[
    "input",  # {text, order, blind}
    "draft",  # {candidate, text, generation, seed, sampling, tokens, seconds, prefill_tokens, ...}
    "scene",  # {candidate, text, tokens, seconds, prefill_tokens, stopped}
    "response",  # {candidate, text, tokens, seconds, prefill_tokens}
    "edit",  # {candidate, text, of}: a candidate written by the researcher
    "samples",  # {candidate, scenes: [{text, seed, tokens}], generation}: more scenes for its words
    "take",  # {candidate}: this is what was said
    "cancel",  # {}: the turn is dropped; its text stays in the log
    "author",  # {triple, consequence, landing, blind, saw_prediction, started_from}
    "surprise",  # {triple, nats_per_token, tokens, generation}
    "learned",  # {triple, generation}
    "retract",  # {triple}
]
KINDS: tuple[str, ...] = get_args(Kind)

Phase = Literal["sent", "drafted", "previewed", "responded", "authored", "learned", "cancelled"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a session. `turn` counts from 1; `data` is JSON."""

    kind: Kind
    turn: int
    data: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""


class NotNow(ValueError):
    """The event cannot happen to this turn in the phase it is in."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A scene foreseen once more for words that were there already, with a seed of its own."""

    text: str
    seed: int | None = None
    tokens: int = 0
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One response that could be said, with the scene foreseen for it.

    `draft` is what was first written; `response` what would be said (the same text,
    or the revised one of a `reflect` turn). `generation` 0 is the base model. `samples`
    are further scenes for the same words, in the order in which they were drawn.
    """

    draft: str | None = None
    scene: str | None = None
    response: str | None = None
    edited: bool = False
    generation: int = 0
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    samples: tuple[Sampled, ...] = ()

    @property
    def words(self) -> str:
        """The text that is said if this candidate is taken."""
        return self.response if self.response is not None else (self.draft or "")


def scene_generation(candidate: Candidate) -> int:
    """The generation that foresaw this candidate's scene; 0 is the base."""
    scene = candidate.facts.get("scene", {})
    return int(scene.get("generation", 0)) if candidate.edited else candidate.generation


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything known about one turn, derived from its events."""

    number: int
    input: str
    order: Order = "after"
    blind: bool = False
    phase: Phase = "sent"
    candidates: tuple[Candidate, ...] = ()
    taken: int | None = None
    triple: str | None = None
    consequence: str | None = None
    landing: Landing | None = None
    saw_prediction: bool = False
    started_from: str | None = None
    surprise: float | None = None
    learned_in: int | None = None
    retracted: bool = False
    at: str = ""

    @property
    def said(self) -> Candidate | None:
        """The candidate that was taken, if one was."""
        return None if self.taken is None else self.candidates[self.taken]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A session as it stands: its turns in order."""

    turns: tuple[Turn, ...] = ()

    @property
    def current(self) -> Turn | None:
        return self.turns[-1] if self.turns else None

    def context(self, before: int | None = None) -> tuple[Exchange, ...]:
        """What was said so far (up to turn number `before`), as the model is to see it."""
        return tuple(
            Exchange(turn.input, turn.said.words)
            for turn in self.turns
            if turn.said is not None and (before is None or turn.number < before)
        )

    def surprises(self) -> list[float]:
        """Nats per token of each authored scene, in the order in which they were lived."""
        return [turn.surprise for turn in self.turns if turn.surprise is not None]


def fold(events: Iterable[Event]) -> Conversation:
    """The conversation that these events make.

    Raises:
        NotNow: an event that could not have happened.
    """
    turns: list[Turn] = []
    for event in events:
        _put_turn(turns, event)
    return Conversation(tuple(turns))


def fold_turn(events: Iterable[Event]) -> Turn | None:
    """One turn from its own events alone, whatever its number; None if there are none.

    Raises:
        NotNow: an event that could not have happened.
    """
    turn: Turn | None = None
    for event in events:
        if turn is None and event.kind == "input":
            turn = _begin(event)
        elif turn is None or event.kind == "input":
            raise NotNow(f"turn {event.turn} does not begin with its input, or begins twice")
        else:
            turn = follow_up(turn, event)
    return turn


def follow_up(turn: Turn, event: Event) -> Turn:
    """A turn after one more of its events (any but its input).

    Raises:
        NotNow: the event cannot happen now.
    """
    return _STEPS[event.kind](turn, event)


def advance(conversation: Conversation, event: Event) -> Conversation:
    """The conversation after one more event.

    Raises:
        NotNow: the event cannot happen now.
    """
    turns = list(conversation.turns)
    _put_turn(turns, event)
    return Conversation(tuple(turns))


def _put_turn(turns: list[Turn], event: Event) -> None:
    """Bring `turns` up to date with one more event, in place: a long log is read in one pass."""
    if event.kind == "input":
        if event.turn != len(turns) + 1:
            raise NotNow(f"turn {event.turn} cannot follow turn {len(turns)}")
        turns.append(_begin(event))
    elif not 1 <= event.turn <= len(turns):
        raise NotNow(f"there is no turn {event.turn} in this session")
    else:
        turns[event.turn - 1] = follow_up(turns[event.turn - 1], event)


def _begin(event: Event) -> Turn:
    data = event.data
    return Turn(
        number=event.turn,
        input=str(data["text"]),
        order=cast(Order, data.get("order", "after")),
        blind=bool(data.get("blind", False)),
        at=event.at,
    )


def _open(turn: Turn, event: Event) -> None:
    if turn.phase not in ("sent", "drafted", "previewed"):
        raise NotNow(f"turn {turn.number} is {turn.phase}: {event.kind} comes too late")


def _written(turn: Turn, event: Event) -> Turn:
    """A draft, a scene or a response has been written for a candidate, old or new."""
    _open(turn, event)
    data = event.data
    index = int(data.get("candidate", 0))
    if index > len(turn.candidates):
        raise NotNow(f"candidate {index} comes before candidate {len(turn.candidates)}")
    fresh = Candidate(generation=int(data.get("generation", 0)))
    candidate = turn.candidates[index] if index < len(turn.candidates) else fresh
    facts = {**candidate.facts, event.kind: {k: v for k, v in data.items() if k != "text"}}
    text: dict[str, Any] = {event.kind: str(data["text"])}
    candidate = replace(candidate, facts=facts, **text)
    turn = replace(turn, candidates=_put(turn.candidates, index, candidate))
    return replace(turn, phase=_phase(candidate, turn))


def _phase(candidate: Candidate, turn: Turn) -> Phase:
    if turn.phase == "previewed" or candidate.response is not None:
        return "previewed"
    written = candidate.draft is not None or candidate.scene is not None
    return "drafted" if written else "sent"


def _edit(turn: Turn, event: Event) -> Turn:
    _open(turn, event)
    text = str(event.data["text"])
    index = int(event.data.get("candidate", len(turn.candidates)))
    if index != len(turn.candidates):
        raise NotNow("an edit is a new candidate; the one it came from stays as it was")
    edited = Candidate(draft=text, response=text, edited=True)
    return replace(turn, candidates=(*turn.candidates, edited), phase="previewed")


def _samples(turn: Turn, event: Event) -> Turn:
    """More scenes for a candidate's words, before it is said or any time later."""
    if turn.phase == "cancelled":
        raise NotNow(f"turn {turn.number} is cancelled: {event.kind} comes too late")
    index = int(event.data.get("candidate", 0))
    if not 0 <= index < len(turn.candidates):
        raise NotNow(f"turn {turn.number} has no candidate {index} to foresee scenes for")
    candidate, data = turn.candidates[index], event.data
    drawn = tuple(
        Sampled(
            str(each.get("text", "")),
            each.get("seed"),
            int(each.get("tokens") or 0),
            int(data.get("generation", 0)),
        )
        for each in data.get("scenes", ())
    )
    candidate = replace(candidate, samples=(*candidate.samples, *drawn))
    return replace(turn, candidates=_put(turn.candidates, index, candidate))


def _take(turn: Turn, event: Event) -> Turn:
    _open(turn, event)
    index = int(event.data.get("candidate", 0))
    if not 0 <= index < len(turn.candidates) or not turn.candidates[index].words.strip():
        raise NotNow(f"candidate {index} of turn {turn.number} has no words to say")
    return replace(turn, taken=index, phase="responded")


def _cancel(turn: Turn, event: Event) -> Turn:
    _open(turn, event)
    return replace(turn, phase="cancelled")


def _author(turn: Turn, event: Event) -> Turn:
    if turn.phase not in ("responded", "authored", "learned"):
        raise NotNow(f"turn {turn.number} is {turn.phase}: nothing has been said yet to witness")
    data = event.data
    return replace(
        turn,
        triple=str(data["triple"]),
        consequence=str(data["consequence"]),
        landing=cast(Landing, data["landing"]),
        saw_prediction=bool(data.get("saw_prediction", True)),
        started_from=data.get("started_from"),
        surprise=None,
        learned_in=None,
        retracted=False,
        phase="authored",
    )


def _surprise(turn: Turn, event: Event) -> Turn:
    if turn.triple != event.data["triple"]:
        return turn  # about a scene that has been rewritten since
    return replace(turn, surprise=float(event.data["nats_per_token"]))


def _learned(turn: Turn, event: Event) -> Turn:
    if turn.triple != event.data["triple"]:
        return turn
    return replace(turn, learned_in=int(event.data["generation"]), phase="learned")


def _retract(turn: Turn, event: Event) -> Turn:
    return replace(turn, retracted=True) if turn.triple == event.data["triple"] else turn


def _put(
    candidates: tuple[Candidate, ...], index: int, candidate: Candidate
) -> tuple[Candidate, ...]:
    return (*candidates[:index], candidate, *candidates[index + 1 :])


_STEPS = {
    "draft": _written,
    "scene": _written,
    "response": _written,
    "edit": _edit,
    "samples": _samples,
    "take": _take,
    "cancel": _cancel,
    "author": _author,
    "surprise": _surprise,
    "learned": _learned,
    "retract": _retract,
}
