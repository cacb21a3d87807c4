"""Whether the model would write a session again as it is recorded.

Each answer in the log is asked for again: the same input after the same conversation, the
same generation, seed and sampling, in the order in which they were written, and with the
prompt read in the same two parts (what was cached, what was read). The last is what makes
the sums of floating point come out the same, so sections are compared to the last letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import Any, Literal

from tear_core.engine.client import EngineClient, EngineGone
from tear_core.engine.messages import EngineError, Reply, Sampling, SpeakRequest
from tear_core.store import Store, StoreError, generations
from tear_core.turn import Event
from tear_tui.replays.answers import Answer, answers
from tear_tui.replays.replaying import Recording
from tear_tui.replays.timeline import figure

State = Literal["same", "departs", "cannot"]
_SAMPLING = tuple(each.name for each in fields(Sampling))


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the model wrote for one candidate, and the request that should have it written again.

    `request` is None where the log does not say enough; `why_not` is the reason.
    """

    turn: int
    candidate: int
    generation: int
    sections: tuple[Event, ...]
    request: SpeakRequest | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One section of the log beside what was written now.

    Attributes:
        at: the first character in which they differ.
        why: why it cannot be compared; or, of one that departs, what was not as it was then.
    """

    turn: int
    candidate: int
    section: str
    generation: int
    state: State
    then: str
    now: str = ""
    at: int | None = None
    why: str = ""


def attempts(recording: Recording, store: Store) -> list[Attempt]:
    """Everything that the model wrote in a session, in order, each with its request."""
    away = cache(partial(_away, store))  # hashing a generation's files takes a while
    return [_attempt(recording, each, away) for each in answers(recording.events)]


def check(client: EngineClient, attempt: Attempt) -> list[Finding]:
    """Have one answer written again, and compare its sections.

    Raises:
        EngineGone: the engine ended meanwhile.
    """
    if attempt.request is None:
        return [_cannot(attempt, each, attempt.why_not) for each in attempt.sections]
    try:
        written = _written(client.speak(attempt.request))
    except EngineGone:
        raise
    except EngineError as error:
        return [_cannot(attempt, each, str(error)) for each in attempt.sections]
    return [_compared(attempt, each, written.get(each.kind)) for each in attempt.sections]


def verdict(findings: list[Finding]) -> State:
    """Of a whole session: "same" only when every section could be compared and none departs."""
    states = {finding.state for finding in findings}
    if "departs" in states:
        return "departs"
    return "same" if states == {"same"} else "cannot"


def _attempt(recording: Recording, answer: Answer, away: Callable[[int], str]) -> Attempt:
    events = tuple(recording.events[index] for index in answer.sections)
    first, turn = events[0].data, recording.turn(answer.turn)
    number = first.get("generation")
    why_not = _unknown(first, number, away)
    request = None
    if not why_not:
        request = SpeakRequest(
            input=turn.input,
            context=recording.final.context(before=turn.number),
            order=turn.order,
            seed=int(first["seed"]),
            sampling=Sampling(**{name: first["sampling"][name] for name in _SAMPLING}),
            response=turn.candidates[answer.candidate].words if answer.given else None,
            generation=str(number),
            read_anew=int(figure(first.get("prefill_tokens"))),
        )
    made_by = number if isinstance(number, int) else 0
    return Attempt(answer.turn, answer.candidate, made_by, events, request, why_not)


def _unknown(facts: Mapping[str, Any], number: object, away: Callable[[int], str]) -> str:
    """What the log does not say, or what is there no more; "" if nothing is missing."""
    if not isinstance(facts.get("seed"), int):
        return "the log does not say with which seed it was drawn"
    sampling = facts.get("sampling")
    if not isinstance(sampling, Mapping) or not all(
        isinstance(sampling.get(name), (int, float)) for name in _SAMPLING
    ):
        return "the log does not say how it was sampled"
    if not isinstance(number, int):
        return "the log does not say which generation wrote it"
    return away(number)


def _away(store: Store, number: int) -> str:
    """Why a generation cannot speak as it did; "" if it can."""
    try:
        row = generations.get(store, number)
    except StoreError as error:
        return str(error)
    if row is not None and row.removed_at:
        return f"generation {number} was removed on {row.removed_at[:10]}"
    if row is not None and not generations.is_whole(store, row):
        return f"the files of generation {number} are not those that were published"
    return ""


def _written(replies: Iterator[Reply]) -> dict[str, Reply]:
    """The sections of one answer, by name.

    Raises:
        EngineError: the engine could not write it.
    """
    sections: dict[str, Reply] = {}
    for reply in replies:
        if reply["event"] == "error":
            raise EngineError(str(reply.get("message", "")), str(reply.get("hint", "")))
        if reply["event"] in ("draft", "scene", "response"):
            sections[reply["event"]] = reply
    return sections


def _compared(attempt: Attempt, event: Event, reply: Reply | None) -> Finding:
    then, facts = str(event.data["text"]), event.data
    if reply is None:
        return _departs(attempt, event, "", "the model wrote no such section now")
    base = facts.get("base")
    if base is not None and base != reply.get("base", base):
        return _cannot(attempt, event, "another base wrote it: its weights or settings are others")
    now = str(reply["text"])
    cut = facts.get("stopped") == "cancelled"
    if now == then or (cut and _goes_on(event.kind, then, now)):
        return _finding(attempt, event, "same", now)
    before, after = facts.get("prefill_tokens"), reply.get("prefill_tokens")
    if before is not None and before != after:
        return _departs(attempt, event, now, f"{before} tokens were read then and {after} now")
    return _departs(attempt, event, now, "")


def _goes_on(section: str, then: str, now: str) -> bool:
    """Whether a section that was stopped is the beginning of what is written now.

    Where delimiters are ordinary text, it may have been stopped within the one that ends it.
    """
    name = "witness" if section == "scene" else "response"
    return now.startswith(then) or (
        then.startswith(now) and f"<|/{name}|>".startswith(then[len(now) :])
    )


def _departs(attempt: Attempt, event: Event, now: str, why: str) -> Finding:
    then = str(event.data["text"])
    pairs = enumerate(zip(then, now, strict=False))
    at = next((index for index, (a, b) in pairs if a != b), min(len(then), len(now)))
    return _finding(attempt, event, "departs", now, at, why)


def _cannot(attempt: Attempt, event: Event, why: str) -> Finding:
    return _finding(attempt, event, "cannot", "", None, why)


def _finding(
    attempt: Attempt, event: Event, state: State, now: str, at: int | None = None, why: str = ""
) -> Finding:
    then = str(event.data["text"])
    return Finding(
        attempt.turn, attempt.candidate, event.kind, attempt.generation, state, then, now, at, why
    )
