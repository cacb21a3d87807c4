"""A session as it happened: at any moment of it, what the screen showed. Pure.

The same `advance` that the live screen uses makes the conversation, and the same `Writing`
that a model in full flow leaves behind makes what was half written.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import cast

from tear_core.turn import Conversation, Event, NotNow, Turn, advance
from tear_tui.conversing.choosing import Choice
from tear_tui.conversing.looks import Section, Writing, Written
from tear_tui.replays.answers import Answer, answers, under_way
from tear_tui.replays.timeline import LONGEST_WAIT, Beat, Mark, beats, figure, marks

KEPT = 64
"""Of so many events one conversation is kept, to be gone on from; the others are folded again."""
SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0)
WORD = 24
"""Words longer than this are shown in part while they are written."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A session to be replayed.

    Attributes:
        events: all that can be replayed; `broken` says what came after them, if anything did.
        beats: when each of them happens.
        marks: the moments worth finding.
        final: the conversation at its end.
    """

    session: str
    title: str
    events: tuple[Event, ...]
    beats: tuple[Beat, ...]
    marks: tuple[Mark, ...]
    broken: str
    final: Conversation
    _kept: tuple[Conversation, ...]
    _under_way: tuple[Answer | None, ...]
    _begun: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """How long it takes at speed 1."""
        return self.beats[-1].happens if self.beats else 0.0

    @property
    def left_out(self) -> float:
        """Seconds of waiting that are not replayed."""
        return sum(beat.left_out for beat in self.beats)

    def done(self, at: float) -> int:
        """How many events have happened at a moment."""
        return bisect_right(self.beats, at, key=lambda beat: beat.happens)

    def turn(self, number: int) -> Turn:
        """A turn as it was in the end, by its number from 1."""
        return self.final.turns[number - 1]

    def starts(self, turn: int) -> float:
        """When a turn begins: its input is there and nothing else."""
        return self.beats[self._begun[turn - 1]].happens if 0 < turn <= len(self._begun) else 0.0

    def ends(self, turn: int) -> float:
        """The last moment before the next turn begins."""
        if turn >= len(self._begun):
            return self.seconds
        return self.beats[self._begun[turn] - 1].happens

    def conversation(self, done: int) -> Conversation:
        """The conversation after so many events."""
        conversation = self._kept[done // KEPT]
        for event in self.events[done // KEPT * KEPT : done]:
            conversation = advance(conversation, event)
        return conversation

    def writing(self, at: float) -> Writing | None:
        """What the model is writing at a moment, as far as it is written."""
        done = self.done(at)
        answer = self._under_way[done]
        if answer is None:
            return None
        if answer.asked is None and done == answer.first and at <= self.beats[done].begins:
            return None
        writing = Writing(answer.candidate, given=answer.given)
        for index in answer.sections:
            if index >= done and at <= self.beats[index].begins:
                break
            written = whole(self.events[index])
            if index >= done:
                written = part(written, self._share(index, at))
            section = cast(Section, self.events[index].kind)
            sections = {**writing.sections, section: written}
            writing = replace(writing, section=section, sections=sections)
            if index >= done:
                break
        return writing

    def _share(self, index: int, at: float) -> float:
        beat = self.beats[index]
        took = beat.happens - beat.begins
        return 1.0 if took <= 0 else min(1.0, (at - beat.begins) / took)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is on the screen at one moment of a replay."""

    at: float
    done: int
    conversation: Conversation
    writing: Writing | None
    choice: Choice

    @property
    def turn(self) -> int:
        """The newest turn at this moment; 0 before the first."""
        return len(self.conversation.turns)


def record(
    session: str, title: str, events: Sequence[Event], longest_wait: float = LONGEST_WAIT
) -> Recording:
    """A recording of these events, as far as each of them can have happened."""
    conversation, kept, broken = Conversation(), [Conversation()], ""
    good: list[Event] = []
    for event in events:
        try:
            conversation = advance(conversation, event)
        except (NotNow, KeyError, ValueError, TypeError, IndexError) as error:
            why = f"{error}" if isinstance(error, NotNow) else f"it cannot be read ({error!r})"
            broken = f"event {len(good) + 1} of {len(events)} breaks the log: {why}"
            break
        good.append(event)
        if len(good) % KEPT == 0:
            kept.append(conversation)
    when = beats(good, longest_wait)
    begun = tuple(index for index, event in enumerate(good) if event.kind == "input")
    going_on = tuple(under_way(good, answers(good)))
    return Recording(
        session=session,
        title=title,
        events=tuple(good),
        beats=when,
        marks=marks(good, when),
        broken=broken,
        final=conversation,
        _kept=tuple(kept),
        _under_way=going_on,
        _begun=begun,
    )


def frame(recording: Recording, at: float) -> Frame:
    """What is on the screen at a moment, in seconds from the start."""
    done, writing = recording.done(at), recording.writing(at)
    conversation = recording.conversation(done)
    current = conversation.current
    newest = max(0, len(current.candidates) - 1) if current is not None else 0
    shown = writing.candidate if writing is not None else newest
    return Frame(at, done, conversation, writing, Choice(left=shown))


def stepped(recording: Recording, at: float, step: int) -> float:
    """The moment at which the next event has happened, or the one before was the last."""
    if not recording.beats:
        return 0.0
    last = recording.done(at) - 1
    if step < 0 and last >= 0 and at > recording.beats[last].happens:
        step += 1  # back to the event that has just happened
    return recording.beats[min(max(last + step, 0), len(recording.beats) - 1)].happens


def turned(recording: Recording, at: float, step: int) -> float:
    """The beginning of the next turn, or of this one and then of the one before."""
    number = frame(recording, at).turn
    if step < 0 and at > recording.starts(number):
        step += 1
    wanted = number + step
    if wanted > len(recording.final.turns):
        return recording.seconds
    return recording.starts(max(wanted, 1))


def marked(recording: Recording, at: float, step: int) -> float:
    """The next moment that is marked, or the one before; where there is none, where one is."""
    moments = [mark.at for mark in recording.marks]
    if step > 0:
        return next((each for each in moments if each > at), at)
    return next((each for each in reversed(moments) if each < at), at)


def faster(speed: float, step: int) -> float:
    """The next of the speeds in that direction."""
    nearest = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - speed))
    return SPEEDS[min(max(nearest + step, 0), len(SPEEDS) - 1)]


def whole(event: Event) -> Written:
    """A section as the log has it."""
    facts: Mapping[str, object] = {k: v for k, v in event.data.items() if k != "text"}
    stopped = str(event.data.get("stopped", ""))
    return Written(str(event.data["text"]), int(figure(event.data.get("tokens"))), stopped, facts)


def part(written: Written, share: float) -> Written:
    """A section of which so much (0 to 1) is written, up to a word's end."""
    if share >= 1.0:
        return written
    text = written.text[: _cut(written.text, int(len(written.text) * share))]
    return Written(text, ceil(written.tokens * share))


def _cut(text: str, size: int) -> int:
    """Where to cut so that no word is torn, nor a letter from its accents."""
    spaces = [match.start() for match in re.finditer(r"\s", text[max(0, size - WORD) : size])]
    if spaces:
        return max(0, size - WORD) + spaces[-1]
    while 0 < size < len(text) and (_joins(text[size]) or text[size - 1] == "\u200d"):
        size -= 1
    return size if size > WORD else 0


def _joins(letter: str) -> bool:
    return letter in "\u200d\ufe0e\ufe0f" or bool(unicodedata.combining(letter))
