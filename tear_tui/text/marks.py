"""What the anti-judge found in a text, ready to be shown beside it. Pure: a text in, spans out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tear_tui.text.safe_text import safe_text

if TYPE_CHECKING:
    from tear_core.evaluate.anti_judge import Category, Finding

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
    from tear_core.evaluate.anti_judge import findings

    return tuple(_mark(found) for found in findings(safe_text(text)))


def mark_ahead(texts: Iterable[str]) -> None:
    """Read the patterns, and mark these texts ahead of their being shown.

    For a thread: the patterns are compiled at the first call, which takes many frames.
    """
    for text in ("", *texts):
        marks(text)


def labels(text: str) -> tuple[str, ...]:
    """The words for a text's marks, each once, in the order of their first span."""
    return tuple(dict.fromkeys(mark.label for mark in marks(text)))


def _mark(found: Finding) -> Mark:
    return Mark(found.start, found.end, found.category, LABELS[found.category])
