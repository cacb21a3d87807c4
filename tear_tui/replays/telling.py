"""What happened, in words: one event for the row below a replay, and for a replay as text. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tear_core.turn import Conversation, Event, Turn
from tear_tui.conversing.status import generation
from tear_tui.replays.timeline import figure


@dataclass(frozen=True, slots=True)
class Told:
    """One event as text: a heading, and the words that belong to it.

    `begins`: the event opens a turn. `streams`: the words came one after the other. `after`:
    what could be seen from then on.
    """

    heading: str
    words: str = ""
    after: str = ""
    begins: bool = False
    streams: bool = False


def headline(event: Event) -> str:
    """One event in a few words."""
    say = _IN_SHORT.get(event.kind)
    return event.kind if say is None else say(event.data)


def tell(conversation: Conversation, event: Event) -> Told:
    """One event as text; `conversation` is what it has made of the one before.

    What a blind turn hid when the event happened stays hidden.
    """
    turn = conversation.turns[event.turn - 1]
    how = _TOLD.get(event.kind)
    return how(turn, event) if how is not None else Told(f"turn {event.turn}: {headline(event)}")


def _input(turn: Turn, event: Event) -> Told:
    notes = [f"turn {turn.number}", f"order {turn.order}" if turn.order != "after" else ""]
    notes += ["blind" if turn.blind else "", event.at[:19].replace("T", " ")]
    return Told(" · ".join(note for note in notes if note), turn.input, begins=True)


def _draft(turn: Turn, event: Event) -> Told:
    """A draft is held back: its words come as the response, or not at all."""
    return Told(f"{_by(event)} · held back until its scene is there")


def _scene(turn: Turn, event: Event) -> Told:
    if turn.blind and turn.consequence is None:
        return Told(f"{_by(event)} · veiled until what happened is saved")
    return Told(_by(event), str(event.data["text"]), streams=True)


def _response(turn: Turn, event: Event) -> Told:
    text, took = str(event.data["text"]), figure(event.data.get("seconds"))
    draft = turn.candidates[_index(event.data)].draft
    after = f"(its first draft)\n{draft}" if draft not in (None, text) else ""
    return Told(_by(event), text, after, streams=took > 0)


def _edit(turn: Turn, event: Event) -> Told:
    return Told(headline(event), str(event.data["text"]))


def _author(turn: Turn, event: Event) -> Told:
    said, after = turn.said, ""
    if turn.blind and said is not None and said.scene and not event.data.get("saw_prediction"):
        after = f"(the scene that was foreseen, unveiled)\n{said.scene}"
    return Told(headline(event), str(event.data["consequence"]), after)


_TOLD: dict[str, Callable[[Turn, Event], Told]] = {
    "input": _input,
    "draft": _draft,
    "scene": _scene,
    "response": _response,
    "edit": _edit,
    "author": _author,
}

_IN_SHORT: dict[str, Callable[[Any], str]] = {
    "input": lambda data: "you speak",
    "draft": lambda data: f"{_candidate(data)}draft{_stopped(data)}",
    "scene": lambda data: f"{_candidate(data)}scene foreseen{_stopped(data)}",
    "response": lambda data: f"{_candidate(data)}response{_stopped(data)}",
    "edit": lambda data: f"{_candidate(data)}your own words",
    "samples": lambda data: f"{_candidate(data)}{len(data.get('scenes', ()))} more scenes sampled",
    "take": lambda data: f"{_candidate(data)}taken",
    "cancel": lambda data: "dropped",
    "author": lambda data: f"what happened is saved ({data.get('landing', 'neutral')})",
    "surprise": lambda data: f"surprise {figure(data.get('nats_per_token')):.2f} nats/token",
    "learned": lambda data: f"learned in {generation(int(figure(data.get('generation'))))}",
    "retract": lambda data: "retracted",
}


def _by(event: Event) -> str:
    """Whose words they are, how many, and how long they took."""
    data = event.data
    parts = [headline(event)]
    if isinstance(data.get("generation"), int):
        parts.append(generation(data["generation"]))
    if tokens := int(figure(data.get("tokens"))):
        parts.append("1 token" if tokens == 1 else f"{tokens} tokens")
    if seconds := figure(data.get("seconds")):
        parts.append(f"{seconds:.1f} s")
    return " · ".join(parts)


def _candidate(data: Any) -> str:
    """Which candidate, where there is more than the first."""
    return f"candidate {_index(data) + 1}: " if _index(data) > 0 else ""


def _index(data: Any) -> int:
    return int(figure(data.get("candidate", 0)))


def _stopped(data: Any) -> str:
    return ", cut short" if data.get("stopped") == "cancelled" else ""
