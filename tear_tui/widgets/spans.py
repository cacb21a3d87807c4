"""A text with styles on parts of it, as the parts that `Plain` shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tear_tui.widgets.plain import Part

Span = tuple[int, int, str]
"""From a character up to another one, and the style between them."""


def spanned(text: str, spans: Sequence[Span]) -> list[Part]:
    """The (safe) text cut where styles begin and end; where two meet, both hold."""
    cuts = sorted({0, len(text), *(_within(edge, text) for span in spans for edge in span[:2])})
    parts: list[Part] = []
    for start, end in pairwise(cuts):
        styles = [style for first, last, style in spans if first <= start and end <= last]
        piece = text[start:end]
        parts.append((piece, " ".join(styles)) if styles else piece)
    return parts


def _within(edge: int, text: str) -> int:
    return min(max(edge, 0), len(text))
