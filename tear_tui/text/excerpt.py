"""Of a very long text, the part that is shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LINES, CHARACTERS = 60, 6_000
"""Most of one text that stands on the screen: a paste of a book must not slow the talk."""

LEAD = 3
"""Lines that are shown before a place that is looked for."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text from character `start` on, and what is said of what is left out."""

    text: str
    start: int = 0
    before: str = ""
    after: str = ""


def excerpt(text: str, at: int = 0) -> Excerpt:
    """The text itself if it is not too long, else a part of it in which character `at` stands."""
    if len(text) <= CHARACTERS and text.count("\n") < LINES:
        return Excerpt(text)
    start = _start(text, at)
    shown = text[start : start + CHARACTERS]
    shown = "\n".join(shown.split("\n")[:LINES])
    return Excerpt(
        shown, start, _left_out(text[:start], "earlier"), _left_out(text[start + len(shown) :])
    )


def _start(text: str, at: int) -> int:
    """Where a part that has `at` in it begins: at a line's beginning, if one is near."""
    start = 0 if text.count("\n", 0, at) < LINES and at < CHARACTERS else at
    for _ in range(LEAD if start else 0):
        start = text.rfind("\n", 0, max(start - 1, 0)) + 1
    return max(start, at - CHARACTERS // 2, 0)


def _left_out(text: str, which: str = "more") -> str:
    if not text:
        return ""
    lines = text.count("\n")
    said = f"{lines:,} {which} lines" if lines > 1 else f"{len(text):,} {which} characters"
    return f"… {said} …"
