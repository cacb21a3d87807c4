"""A long paste stands in its box as one word, `[pasted 10,000 lines]`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

PASTE_LINES, PASTE_CHARACTERS = 20, 2_000
"""A paste longer than this is folded."""

MOST_LINES, MOST_CHARACTERS = 1_000, 60_000
"""A text longer than this is never unfolded in a box: it would be felt at every key."""

_CHIP = re.compile(r"\[pasted [\d,]+ (?:lines|characters)(?: #\d+)?\]")


def is_long(text: str) -> bool:
    """Whether a paste is too long to stand in the box as it is."""
    return len(text) > PASTE_CHARACTERS or text.count("\n") >= PASTE_LINES


def is_huge(text: str) -> bool:
    """Whether a text is too long for any box."""
    return len(text) > MOST_CHARACTERS or text.count("\n") >= MOST_LINES


def chip(text: str, taken: Mapping[str, str]) -> str:
    """A word for a folded text, other than those that are taken by other texts."""
    lines = len(text.splitlines())
    said = f"{lines:,} lines" if lines > 1 else f"{len(text):,} characters"
    number, name = 1, f"[pasted {said}]"
    while taken.get(name, text) != text:
        number += 1
        name = f"[pasted {said} #{number}]"
    return name


def unfold(text: str, pastes: Mapping[str, str]) -> str:
    """The text with every folded paste in full. A word that stands for nothing stays."""
    return _CHIP.sub(lambda found: pastes.get(found.group(), found.group()), text)


def standing(text: str, pastes: Mapping[str, str]) -> list[str]:
    """The folded pastes that stand in a text, in order."""
    return [name for name in _CHIP.findall(text) if name in pastes]


def chip_before(line: str, pastes: Mapping[str, str]) -> str:
    """The folded paste that a line ends with; empty if it ends with none."""
    found = re.search(rf"{_CHIP.pattern}$", line)
    return found.group() if found is not None and found.group() in pastes else ""


def chip_at(line: str, column: int, pastes: Mapping[str, str]) -> str:
    """The folded paste that `column` of a line is in, or at the edge of; empty: none."""
    for found in _CHIP.finditer(line):
        if found.start() <= column <= found.end() and found.group() in pastes:
            return found.group()
    return ""
