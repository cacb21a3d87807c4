"""Looking for words in a conversation: in every turn, whether or not it is on the screen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tear_core.turn import Turn
from tear_tui.text.safe_text import safe_text

Part = Literal["input", "words", "scene", "consequence"]
PARTS: tuple[Part, ...] = ("input", "words", "scene", "consequence")

MOST = 1_000
"""Places that are found at most: nobody steps through more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the words were found: in which part of which turn, and from which character on."""

    turn: int
    part: Part
    start: int


@dataclass(frozen=True, slots=True)
class Find:
    """What is looked for, where it was found, and which of those places is looked at."""

    words: str = ""
    places: tuple[Place, ...] = ()
    at: int = 0

    @property
    def here(self) -> Place | None:
        return self.places[self.at] if self.places else None

    def step(self, by: int) -> Find:
        """The next place, round and round."""
        return Find(self.words, self.places, (self.at + by) % max(len(self.places), 1))

    def told(self) -> str:
        """How it went, in words."""
        if not self.places:
            return f"“{self.words}” is nowhere in this conversation"
        many = f"{len(self.places):,}" if len(self.places) < MOST else f"the latest {MOST:,}"
        return f"{self.at + 1:,} of {many}"


def find(
    turns: Sequence[Turn], words: str, near: int | None = None, chosen: int | None = None
) -> Find:
    """Every place where `words` stand, in capitals or not, from top to bottom.

    The place that is looked at first is the last one in turn `near` or before it (None: the
    last of all): somebody who looks for something has mostly just seen it pass. A scene that
    is veiled is not found, and of words that were not said only those of candidate `chosen` of
    the open turn are (None: they are still being written).
    """
    wanted = fold(safe_text(words))
    places: list[Place] = []
    for turn in reversed(turns) if wanted else ():
        if turn.phase == "cancelled":
            continue
        found = [
            Place(turn.number, part, start)
            for part in PARTS
            for start in spots(text_of(turn, part, chosen), wanted)
        ]
        places[:0] = found[-(MOST - len(places)) :]
        if len(places) == MOST:
            break
    before = [at for at, place in enumerate(places) if near is None or place.turn <= near]
    return Find(words, tuple(places), before[-1] if before else 0)


def text_of(turn: Turn, part: Part, chosen: int | None = None) -> str:
    """A part of a turn as it is shown; empty if it is not there, or must not be seen."""
    said = turn.said
    if said is None and chosen is not None:
        said = next(iter(turn.candidates[chosen : chosen + 1]), None)
    if part == "input":
        return safe_text(turn.input)
    if part == "consequence":
        return safe_text(turn.consequence or "")
    if said is None:
        return ""
    if part == "words":
        return safe_text(said.words)
    hidden = turn.blind and turn.consequence is None
    return "" if hidden else safe_text(said.scene or "")


def fold(text: str) -> str:
    """Safe text as it is compared: small letters, character for character."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(map(_small, text))


def spots(text: str, wanted: str) -> list[int]:
    """Where in a text the (folded) words begin; none overlap."""
    folded, found, at = fold(text), [], 0
    while wanted and (at := folded.find(wanted, at)) >= 0:
        found.append(at)
        at += len(wanted)
    return found


def _small(character: str) -> str:
    """The small letter, where it is one character: so places in both texts are the same."""
    small = character.lower()
    return small if len(small) == 1 else character
