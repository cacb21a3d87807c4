"""What can be done now: the one rule behind keys, footer and command palette. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from tear_core.turn import Candidate, Turn
from tear_tui.conversing.choosing import Choice

SAID = ("responded", "authored", "learned")


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the screen stands.

    Attributes:
        bottom: what is below the conversation: "composer", "author" or "edit".
        reading: the keys go to the conversation, not to a box.
        aside: they go to the list of sessions, or to the line in which words are looked for.
        covered: that list stands where the conversation was.
        box: they go to a box, and "prompt", "consequence" or "edit" says to which.
        folded: a long paste stands in that box as one word.
        at: the turn under the cursor; `open` is the one nothing has been said in yet.
        authoring: the turn whose consequence is being written.
        busy: the model is writing or about to; `stopping`: it has been asked to stop.
        found: words were looked for and found somewhere.
        places: the names of the places that there are to go to.
    """

    bottom: str = "composer"
    reading: bool = False
    aside: bool = False
    covered: bool = False
    box: str = ""
    folded: bool = False
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
    found: bool = False
    places: frozenset[str] = frozenset()

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
    return now.bottom == "composer" and not now.aside


def _looking_at_places(now: Situation) -> bool:
    """Whether somebody steps through what was found: esc ends that before anything else."""
    return now.reading and now.found


def _here(now: Situation) -> bool:
    """Whether esc is about the open turn."""
    return _home(now) and not now.elsewhere and not _looking_at_places(now)


def _on_words(now: Situation) -> bool:
    """Whether the turn under the cursor has words that were said, or could be."""
    turn = now.at
    if not now.reading or turn is None or (now.busy and not now.elsewhere):
        return False
    return turn.said is not None or (turn.phase != "cancelled" and now.chosen is not None)


def _may_sample(now: Situation) -> bool:
    """Scenes are sampled for words that are there, and never behind a veil."""
    turn = now.at
    if now.busy or turn is None or not _on_words(now):
        return False
    words = turn.said.words if turn.said is not None else (now.chosen or Candidate()).words
    return bool(words.strip()) and not (turn.blind and turn.consequence is None)


_TESTS = {
    "take": lambda now: now.on_open and now.can_take,
    "go_on": lambda now: not now.aside and (now.bottom != "composer" or now.can_take),
    "reroll": lambda now: now.on_open,
    "edit": lambda now: now.on_open and now.chosen is not None,
    "alternative": lambda now: now.on_open and now.chosen is not None,
    "browse": lambda now: now.on_open and now.open is not None and len(now.open.candidates) > 1,
    "alone": lambda now: now.on_open and now.choice.right is not None,
    "first_draft": _has_first_draft,
    "witness": lambda now: _home(now) and now.at is not None and now.at.phase in SAID,
    "witness_latest": lambda now: _home(now) and not now.reading and now.unwitnessed,
    "take_prediction": _can_take_prediction,
    "copy": lambda now: now.reading and now.at is not None,
    "provenance": _on_words,
    "samples": _may_sample,
    "fork": lambda now: now.reading and now.at is not None,
    "replay": lambda now: now.reading and now.at is not None and "replay" in now.places,
    "find": lambda now: _home(now) and now.turns > 0,
    "find_step": lambda now: now.found,
    "find_end": lambda now: now.aside or (_home(now) and _looking_at_places(now)),
    "write": lambda now: now.reading and _home(now),
    "earlier": lambda now: now.box == "consequence",
    "recall": lambda now: now.box in ("prompt", "consequence"),
    "outside": lambda now: now.box != "",
    "unfold": lambda now: now.folded,
    "sessions": lambda now: now.bottom == "composer",
    "select": lambda now: now.bottom == "composer" and not now.covered and now.turns > 0,
    "stop": lambda now: _here(now) and now.busy and not now.stopping,
    "drop": lambda now: _here(now) and now.open is not None and (now.stopping or not now.busy),
    "back": lambda now: (
        not now.aside
        and (now.bottom != "composer" or (now.elsewhere and not _looking_at_places(now)))
    ),
    "new": lambda now: _home(now) and not now.busy and now.turns > 0,
    "order": _home,
    "blind": _home,
    "start_engine": lambda now: now.engine_away,
}
