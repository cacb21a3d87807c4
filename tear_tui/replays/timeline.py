"""When everything in a session happened, on a clock that leaves long waiting out. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from tear_core.turn import Event
from tear_tui.conversing.looks import SECTIONS

LONGEST_WAIT = 3.0
"""Seconds without an event that are replayed; what is beyond them is left out, and said."""
APART = 0.001
"""Two events are never at the same moment of the replay, so that one can stop between them."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One event on the replay's clock, in seconds from its start.

    Attributes:
        begins: when its words begin to be written; of other events the same as `happens`.
        happens: when it has happened.
        left_out: seconds of waiting before it that are not replayed.
    """

    begins: float
    happens: float
    left_out: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment worth finding again: a scene was saved, or another generation came into play."""

    at: float
    kind: Literal["save", "generation"]
    turn: int


def beats(events: Sequence[Event], longest_wait: float = LONGEST_WAIT) -> tuple[Beat, ...]:
    """When each of these events happens in a replay; the first one at 0."""
    found: list[Beat] = []
    clock, before = 0.0, None
    for event in events:
        now, writing = _time(event.at), _seconds_of_writing(event)
        gap = (now - before).total_seconds() if now is not None and before is not None else 0.0
        waited = max(0.0, gap - writing) if found else 0.0
        begins = clock + min(waited, longest_wait)
        happens = max(begins + writing, found[-1].happens + APART if found else 0.0)
        found.append(Beat(begins, happens, max(0.0, waited - longest_wait)))
        clock, before = happens, now or before
    return tuple(found)


def marks(events: Sequence[Event], when: Sequence[Beat]) -> tuple[Mark, ...]:
    """The moments worth finding, in order. A generation is marked where it is new."""
    found: list[Mark] = []
    standing: int | None = None
    for event, beat in zip(events, when, strict=True):
        if event.kind == "author":
            found.append(Mark(beat.happens, "save", event.turn))
        number = _generation(event)
        if number is not None and number != standing:
            if standing is not None or event.kind == "learned":
                found.append(Mark(beat.happens, "generation", event.turn))
            standing = number
    return tuple(found)


def clock(seconds: float) -> str:
    """A time as a player shows it: minutes and seconds, and hours where there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """How long something took, in the two largest units that it needs."""
    whole = round(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    units = ((days, "d"), (hours, "h"), (minutes, "min"), (whole % 60, "s"))
    kept = [f"{number} {unit}" for number, unit in units if number]
    return " ".join(kept[:2]) or "0 s"


def is_section(event: Event) -> bool:
    """Whether a model wrote this: a draft, a scene or a response."""
    return event.kind in SECTIONS


def figure(data: Any) -> float:
    """A number out of a log, 0 where there is none that can be used."""
    try:
        number = float(data)
    except (TypeError, ValueError):
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0


def _seconds_of_writing(event: Event) -> float:
    return figure(event.data.get("seconds")) if is_section(event) else 0.0


def _generation(event: Event) -> int | None:
    if event.kind != "learned" and not is_section(event):
        return None
    number = event.data.get("generation")
    return number if isinstance(number, int) else None


def _time(at: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(at)
    except (TypeError, ValueError):
        return None
    return moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta())
