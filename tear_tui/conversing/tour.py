"""A first minute: what to say to somebody who does it for the first time. Pure.

Nothing here counts seconds: the next words come when the person has done what the last ones spoke
of, read from the conversation itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tear_core.home import tour_mark
from tear_core.turn import Conversation, Turn

LAST = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its number of `LAST`, a heading, and what to do or to see.

    `free`: the escape key has nothing else to do.
    """

    number: int
    title: str
    text: str
    free: bool


def step(conversation: Conversation, begun: int, busy: bool, key: Callable[[str], str]) -> Step:
    """Where somebody stands who began the tour when there were `begun` turns.

    Args:
        busy: the model is writing.
        key: the keys of a binding, by its id, as the person has them.
    """
    since = [turn for turn in conversation.turns[begun:] if turn.phase != "cancelled"]
    turn = since[0] if since else None
    number = _number(turn, busy)
    title, text = _WORDS[number]
    return Step(number, title, text(turn, key), free=number in (1, 5, LAST))


def _number(turn: Turn | None, busy: bool) -> int:
    if turn is None:
        return 1
    if turn.phase in ("sent", "drafted", "previewed"):
        return 3 if turn.phase == "previewed" and not busy else 2
    if turn.phase == "responded":
        return 4
    return LAST if turn.learned_in is not None else 5


def _say(turn: Turn | None, key: Callable[[str], str]) -> str:
    return (
        "Write a line to the model below, something that matters to somebody, such as"
        f" “My daughter wants to quit the swim team.”, and press {key('composer.send')}."
    )


def _watch(turn: Turn | None, key: Callable[[str], str]) -> str:
    return (
        "What it wants to say is held back. First it writes a scene: what its words would do to"
        " somebody. Then you see both."
    )


def _take(turn: Turn | None, key: Callable[[str], str]) -> str:
    return (
        f"Scene and response are here. {key('converse.take')} takes the response. If it should not"
        f" be said, tab goes to it: {key('turn.reroll')} writes another, {key('turn.edit')} lets"
        f" you change it, {key('turn.beside')} opens one beside it."
    )


def _write(turn: Turn | None, key: Callable[[str], str]) -> str:
    return (
        "Now write what really happened, as a scene: the box was empty, so that the prediction does"
        f" not lead you. {key('author.landing')} marks how it landed, {key('author.save')} saves."
    )


def _surprise(turn: Turn | None, key: Callable[[str], str]) -> str:
    if turn is None or turn.surprise is None:
        return "It is saved. How surprising your scene was is measured before anything is learned."
    return (
        f"Your scene surprised it by {turn.surprise:.2f} nats per token. Now it is learned in the"
        " background: the line at the bottom shows how far. You can go on talking."
    )


def _live(turn: Turn | None, key: Callable[[str], str]) -> str:
    learned = turn.learned_in if turn is not None else None
    return (
        f"Generation {learned} is what answers from now on, and you can go back to any other."
        f" {key('app.go')} goes to the other places, {key('app.help')} lists"
        " all keys. That was all."
    )


_WORDS: dict[int, tuple[str, Callable[[Turn | None, Callable[[str], str]], str]]] = {
    1: ("Say something", _say),
    2: ("The scene comes before the response", _watch),
    3: ("Take it, or do not", _take),
    4: ("Witness it", _write),
    5: ("Its surprise", _surprise),
    6: ("It has learned", _live),
}


def is_first_time(home: Path) -> bool:
    """Whether nobody has been shown the tour in this home."""
    return not tour_mark(home).exists()


def remember(home: Path) -> None:
    """It has been shown: it does not open by itself again."""
    tour_mark(home).touch(mode=0o600)
