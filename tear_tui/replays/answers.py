"""Which events of a session were one answer of the model, written in one go. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tear_core.turn import Event
from tear_tui.replays.timeline import is_section


@dataclass(slots=True)
class Answer:
    """The sections of one candidate, as the model wrote them one after the other.

    Attributes:
        turn, candidate: whose they are.
        asked: index of the event that had them written; None: a reroll, which leaves no event.
        given: the words came from the researcher; only their scene was foreseen.
        sections: indices of the events, in order.
    """

    turn: int
    candidate: int
    asked: int | None = None
    given: bool = False
    sections: list[int] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.sections[0]

    @property
    def last(self) -> int:
        return self.sections[-1]


def answers(events: Sequence[Event]) -> list[Answer]:
    """Everything that the model wrote, in the order in which it began to write it."""
    found: list[Answer] = []
    going_on: dict[int, Answer] = {}
    asked: dict[int, int] = {}
    edited: set[tuple[int, int]] = set()
    for index, event in enumerate(events):
        candidate = _candidate(event)
        if event.kind in ("input", "edit"):
            asked[event.turn] = index
            going_on.pop(event.turn, None)
            if event.kind == "edit":
                edited.add((event.turn, candidate))
        elif event.kind in ("take", "cancel"):
            going_on.pop(event.turn, None)
        elif is_section(event):
            answer = going_on.get(event.turn)
            written = (
                {events[each].kind for each in answer.sections} if answer is not None else set()
            )
            if answer is None or answer.candidate != candidate or event.kind in written:
                given = (event.turn, candidate) in edited
                answer = Answer(event.turn, candidate, asked.pop(event.turn, None), given)
                going_on[event.turn] = answer
                found.append(answer)
            answer.sections.append(index)
    return found


def under_way(events: Sequence[Event], written: Sequence[Answer]) -> list[Answer | None]:
    """For each number of events that have happened, the answer that is being written then.

    An answer that nothing has asked for is under way, too, when only its first section is
    still to come: whether that has begun is for the clock to say.
    """
    table: list[Answer | None] = [None] * (len(events) + 1)
    for answer in written:
        begins = answer.first if answer.asked is None else answer.asked + 1
        for done in range(begins, answer.last + 1):
            table[done] = answer
    return table


def _candidate(event: Event) -> int:
    number = event.data.get("candidate", 0)
    return number if isinstance(number, int) else 0
