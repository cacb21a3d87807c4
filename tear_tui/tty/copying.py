"""What of a turn can be copied out: all of it, one of its texts, or its triple. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from tear_core.triples import Triple
from tear_core.turn import Candidate, Turn
from tear_tui.conversing.choosing import Choice
from tear_tui.text.safe_text import safe_text


@dataclass(frozen=True, slots=True)
class Copy:
    """One thing to copy: the letter that asks for it, what it is called, and its words."""

    letter: str
    name: str
    text: str


def copies(turn: Turn, choice: Choice | None = None, triple: Triple | None = None) -> list[Copy]:
    """Everything of a turn that can be copied now, safe to show. A veiled scene is not offered.

    Args:
        choice: which candidate is meant while nothing has been said yet; None: none is.
        triple: the one that was written of this turn, if one was.
    """
    candidate = _meant(turn, choice)
    veiled = turn.blind and turn.consequence is None
    scene = candidate.scene if candidate is not None and not veiled else None
    texts = [
        ("i", "what you said", turn.input),
        ("r", "the response", candidate.words if candidate else None),
        ("s", "the predicted scene", scene),
        ("w", "what happened", turn.consequence),
        ("j", "the triple as JSON", as_json(triple) if triple else None),
    ]
    found = [Copy(letter, name, safe_text(text)) for letter, name, text in texts if text]
    return [Copy("y", "the whole turn", as_text(turn, choice)), *found]


def as_text(turn: Turn, choice: Choice | None = None) -> str:
    """A turn as text: what was said, foreseen and witnessed, safe to show."""
    said = _meant(turn, choice)
    hidden = turn.blind and turn.consequence is None
    parts = [
        ("you", turn.input),
        ("model", said.words if said else None),
        ("scene foreseen", said.scene if said and not hidden else None),
        (f"what happened ({turn.landing})", turn.consequence),
    ]
    return safe_text("\n\n".join(f"{name}:\n{text}" for name, text in parts if text))


def as_json(triple: Triple) -> str:
    """A triple as one line of JSON, as `import` reads it; escapes all a terminal could obey."""
    told = asdict(triple)
    if triple.draft is None:
        del told["draft"]
    return json.dumps(told)


def _meant(turn: Turn, choice: Choice | None) -> Candidate | None:
    if turn.said is not None or choice is None or choice.chosen >= len(turn.candidates):
        return turn.said
    return turn.candidates[choice.chosen]
