"""Two generations on the same words, side by side. No widgets, no engine.

Blind: which of them stands on the left is drawn at random and not said before somebody has
chosen. Both get the same seed, so that they differ in what they have learned and in nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from tear_core.engine.messages import EngineError, Sampling, SpeakRequest
from tear_core.store.comparisons import Choice, Comparison
from tear_core.triples import Exchange, Order
from tear_tui.conversing.looks import SECTIONS
from tear_tui.conversing.speech import Speech

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
Verdict = Literal["left", "even", "right"]

SEEDS = 2**31
_by_chance = random.SystemRandom().randrange


@dataclass(frozen=True, slots=True)
class Asked:
    """What both are asked, and what was said before it."""

    input: str
    context: tuple[Exchange, ...] = ()
    order: Order = "after"


@dataclass
class Duel:
    """One round: the same words to both, and what each of them says.

    Attributes:
        left, right: the generations (0: the base).
        blind: they are not named before `verdict` is there.
    """

    asked: Asked
    left: int
    right: int
    seed: int
    blind: bool
    verdict: Verdict | None = None
    speeches: dict[Side, Speech] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether it may be said which is which."""
        return not self.blind or self.verdict is not None

    @property
    def whole(self) -> bool:
        """Whether both have said all they had to say, so that a choice between them is fair."""
        both = self.speeches.values()
        return len(both) == 2 and all(
            each.ended and not each.error and not each.stopping for each in both
        )

    @property
    def error(self) -> EngineError | None:
        """What went wrong on either side."""
        return next((each.error for each in self.speeches.values() if each.error), None)

    def number(self, side: Side) -> int:
        return self.left if side == "left" else self.right

    def begin(self, side: Side, sampling: Sampling) -> Speech:
        """The request for one side."""
        request = SpeakRequest(
            input=self.asked.input,
            context=self.asked.context,
            order=self.asked.order,
            seed=self.seed,
            sampling=sampling,
            generation=str(self.number(side)) if self.number(side) else "base",
            request_id=uuid4().hex,
        )
        self.speeches[side] = Speech(request, 0, 0)
        return self.speeches[side]

    def drain(self) -> bool:
        """Take in what has been read; whether anything changed."""
        changed = [speech.drain() for speech in self.speeches.values()]
        return any(changed)

    def text(self, side: Side) -> tuple[str, str]:
        """What a side says, and the scene it foresees, as far as they are written."""
        speech = self.speeches.get(side)
        if speech is None:
            return "", ""
        written = {name: each.text for name, each in speech.writing.sections.items()}
        said = written.get("response") or written.get("draft") or ""
        return said, written.get("scene", "")


def drawn(
    asked: Asked,
    one: int,
    other: int,
    blind: bool,
    seed: int | None = None,
    draw: Callable[[int], int] = _by_chance,
) -> Duel:
    """A round of `one` against `other`: in the order given, or blind with the sides drawn.

    `draw(n)` gives a number below n by chance.
    """
    left, right = (other, one) if blind and draw(2) else (one, other)
    return Duel(asked, left, right, draw(SEEDS) if seed is None else seed, blind)


def as_comparison(duel: Duel, base: str) -> Comparison:
    """The choice as it is kept: the left one is the one, the right one the other.

    Raises:
        ValueError: nobody has chosen, or it was no blind choice.
    """
    if duel.verdict is None or not duel.blind:
        raise ValueError("only a blind choice is kept")
    choices: dict[Verdict, Choice] = {"left": "one", "even": "tie", "right": "other"}
    return Comparison(
        base=base,
        one=duel.left,
        other=duel.right,
        shown_first=duel.left,
        input=duel.asked.input,
        shown={
            "one": _shown(duel, "left"),
            "other": _shown(duel, "right"),
            "seed": duel.seed,
            "order": duel.asked.order,
            "context": [[past.input, past.response] for past in duel.asked.context],
        },
        choice=choices[duel.verdict],
    )


def _shown(duel: Duel, side: Side) -> dict[str, Any]:
    """What a side said, section by section."""
    written = duel.speeches[side].writing.sections
    return {name: written[name].text for name in SECTIONS if name in written}
