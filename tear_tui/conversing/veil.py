"""The veil over words that are held back: it grows with their number. Pure."""

from __future__ import annotations

VEIL = "░"
_LENGTHS = (4, 2, 6, 3, 5, 7, 2, 4, 8, 3, 5, 1, 6, 4)
"""Lengths of veiled words, the same for every text, so that the veil leaks no shape."""


def veil(tokens: int) -> str:
    """A veiled paragraph of `tokens` blocks."""
    return " ".join(VEIL * _LENGTHS[i % len(_LENGTHS)] for i in range(tokens))
