"""Near duplicates by MinHash (Broder, 1997): what only changes a few words is no new triple."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tear_core.triples import Triple

SAME_ENOUGH = 0.7
"""Jaccard similarity of word triples from which on two texts count as one."""
_PERMUTATIONS = 128
_LOOSER = 0.5
"""The index finds by chance what is near its threshold; what it finds is then measured."""


class NearDuplicates:
    """Knows the texts it was given, and finds the one that a new text repeats."""

    def __init__(self) -> None:
        from datasketch import MinHashLSH  # type: ignore[import-untyped]

        self._index = MinHashLSH(threshold=_LOOSER, num_perm=_PERMUTATIONS)
        self._sketches: dict[str, Any] = {}

    def add(self, name: str, triple: Triple) -> str | None:
        """Take a triple in under a name. Returns the name of one it repeats, and then does not."""
        sketch = _sketch(triple)
        for found in sorted(self._index.query(sketch)):
            if sketch.jaccard(self._sketches[found]) >= SAME_ENOUGH:
                return str(found)
        self._index.insert(name, sketch)
        self._sketches[name] = sketch
        return None


def _sketch(triple: Triple) -> Any:
    from datasketch import MinHash

    sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
    for shingle in _shingles(f"{triple.response} {triple.consequence}"):
        sketch.update(shingle.encode())
    return sketch


def _shingles(text: str) -> Iterator[str]:
    words = text.lower().split()
    for at in range(max(1, len(words) - 2)):
        yield " ".join(words[at : at + 3])
