"""How much of a text has been said in it before."""

from __future__ import annotations


def repeated(text: str, size: int = 4) -> float:
    """The share of a text's word 4-grams that stood in it before; 0 for a shorter text."""
    words = text.casefold().split()
    grams = [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
