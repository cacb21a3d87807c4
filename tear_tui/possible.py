"""What can be done now: the one rule behind keys, footer and command palette. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from tear_core.turn import Candidate, Turn
from tear_tui.choosing import Choice

SAID = ("responded", "authored", "learned")


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the screen stands.

    Attributes:
        bottom: what is below the conversation: "composer", "author" or "edit".
        reading: the keys go to the conversation, not to a box.
        at: the turn under the cursor; `open` is the one nothing has been said in yet.
        authoring: the turn whose consequence is being written.
        busy: the model is writing or about to; `stopping`: it has been asked to stop.
    """

    bottom: str = "composer"
    reading: bool = False
    at: Turn | None = None
    open: Turn | None = None
    authoring: Turn | None = None
    choice: Choice = field(default_factory=Choice)
    busy: bool = False
    stopping: bool = False
    can_take: bool = False
    unwitnessed: bool = False
    engine_away: bool = False
    turns: int = 0

    @property
    def on_open(self) -> bool:
        """Whether keys for the open turn apply: there is one, and it is not being written."""
        away = self.open is None or self.busy or self.elsewhere
        return self.bottom == "composer" and not away

    @property
    def elsewhere(self) -> bool:
        """Whether somebody reads another turn than the open one."""
        away = self.at is None or self.open is None or self.at.number != self.open.number
        return self.reading and away

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that a key would take."""
        candidates = self.open.candidates if self.open is not None else ()
        return candidates[self.choice.chosen] if self.choice.chosen < len(candidates) else None


def possible(action: str, now: Situation) -> bool:
    """Whether an action of the converse screen makes sense now; others always do."""
    test = _TESTS.get(action)
    return True if test is None else test(now)


def all_possible(now: Situation) -> frozenset[str]:
    """Every action that depends on the situation and makes sense in this one."""
    return frozenset(action for action, test in _TESTS.items() if test(now))


def _has_first_draft(now: Situation) -> bool:
    chosen = now.chosen
    if not now.on_open or chosen is None or chosen.edited:
        return False
    return None not in (chosen.draft, chosen.response) and chosen.draft != chosen.response


def _can_take_prediction(now: Situation) -> bool:
    turn = now.authoring
    if now.bottom != "author" or turn is None or turn.said is None:
        return False
    return bool(turn.said.scene) and not (turn.blind and turn.consequence is None)


def _home(now: Situation) -> bool:
    return now.bottom == "composer"


_TESTS = {
    "take": lambda now: now.on_open and now.can_take,
    "go_on": lambda now: not _home(now) or now.can_take,
    "reroll": lambda now: now.on_open,
    "edit": lambda now: now.on_open and now.chosen is not None,
    "alternative": lambda now: now.on_open and now.chosen is not None,
    "browse": lambda now: now.on_open and now.open is not None and len(now.open.candidates) > 1,
    "alone": lambda now: now.on_open and now.choice.right is not None,
    "first_draft": _has_first_draft,
    "witness": lambda now: _home(now) and now.at is not None and now.at.phase in SAID,
    "witness_latest": lambda now: _home(now) and not now.reading and now.unwitnessed,
    "take_prediction": _can_take_prediction,
    "copy": lambda now: now.at is not None,
    "write": lambda now: now.reading and _home(now),
    "select": lambda now: _home(now) and now.turns > 0,
    "stop": lambda now: _home(now) and now.busy and not now.stopping and not now.elsewhere,
    "drop": lambda now: (
        _home(now) and now.open is not None and not now.elsewhere and (now.stopping or not now.busy)
    ),
    "back": lambda now: not _home(now) or now.elsewhere,
    "new": lambda now: _home(now) and not now.busy and now.turns > 0,
    "order": _home,
    "blind": _home,
    "start_engine": lambda now: now.engine_away,
}
