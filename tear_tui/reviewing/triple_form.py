"""What stands in the boxes of a triple that is being edited, and the edit that it makes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tear_core.store.edits import NOTED, WORDS, Edit
from tear_core.store.triples import StoredTriple
from tear_tui.text.safe_text import safe_line, safe_text

BOXES = (*WORDS, *NOTED)
"""The fields that are written in a box; the landing is marked."""

TITLES: Mapping[str, str] = {
    "input": "you said",
    "response": "the model said",
    "consequence": "what happened",
    "theme": "theme",
    "difficulty": "difficulty, 1 obvious to 4 subtle",
    "culture": "culture",
    "licence": "licence",
    "consent": "consent",
}


def texts(stored: StoredTriple) -> dict[str, str]:
    """The text of each box as the triple has it, safe to show."""
    noted = asdict(stored.notes)
    words = {name: safe_text(getattr(stored.triple, name)) for name in WORDS}
    return words | {name: safe_line(str(noted[name] or "")) for name in NOTED}


def fixed(stored: StoredTriple) -> frozenset[str]:
    """The boxes that cannot be written in: what was said in a session was said."""
    return frozenset({"input", "response"}) if stored.session else frozenset()


def edited(
    stored: StoredTriple, before: Mapping[str, str], written: Mapping[str, str], landing: str
) -> Edit:
    """What is to be different. A box that says what it said leaves the triple's own text alone,
    which may have more in it than a box shows.

    Args:
        before: what the boxes said when they were filled with the triple's texts.

    Raises:
        ValueError: a difficulty that is none; says what it can be.
    """
    changed: dict[str, Any] = {name: text for name, text in written.items() if text != before[name]}
    if landing != stored.triple.landing:
        changed["landing"] = landing
    if "difficulty" in changed:
        if changed["difficulty"] not in ("1", "2", "3", "4"):
            raise ValueError("the difficulty is 1 to 4: obvious to subtle")
        changed["difficulty"] = int(changed["difficulty"])
    return Edit(**changed)


def clashing(before: StoredTriple, now: StoredTriple, wanted: Edit) -> list[str]:
    """What is to be different here and has become different elsewhere, since `before` was read."""
    asked = [name for name, value in asdict(wanted).items() if value is not None]
    return [name for name in asked if _says(before, name) != _says(now, name)]


def _says(stored: StoredTriple, name: str) -> object:
    return getattr(stored.notes if name in NOTED else stored.triple, name)
