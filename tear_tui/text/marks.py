"""What the anti-judge found in a text, ready to be shown beside it. Pure: a text in, spans out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tear_core.evaluate.anti_judge import Category, Finding, findings
from tear_tui.text.safe_text import safe_text

LABELS: dict[Category, str] = {
    "sycophancy": "flattery",
    "moralizing": "lecture",
    "minimization": "belittling",
    "authority": "authority",
    "mind-reading": "mind-reading",
    "absolutism": "absolute",
    "false urgency": "urgency",
    "persona theatre": "theatre",
    "harm encouragement": "harm",
}
"""One word for each category, short enough for the margin."""


@dataclass(frozen=True, slots=True)
class Mark:
    """start:end in the *safe* form of the text, what kind of thing stands there, in one word."""

    start: int
    end: int
    category: Category
    label: str


@lru_cache(maxsize=256)
def marks(text: str) -> tuple[Mark, ...]:
    """The marks of a text, in the order of its words. Spans count in `safe_text(text)`.

    Kept for the texts asked for last: a screen asks again whenever it paints. Give it whole texts,
    not each piece of one that is still being written.
    """
    return tuple(_mark(found) for found in findings(safe_text(text)))


def labels(text: str) -> tuple[str, ...]:
    """The words for a text's marks, each once, in the order of their first span."""
    return tuple(dict.fromkeys(mark.label for mark in marks(text)))


def _mark(found: Finding) -> Mark:
    return Mark(found.start, found.end, found.category, LABELS[found.category])
