"""What one tree has read, so that nothing is read twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from tear_core.generate.llama import decoder_for
from tear_core.generate.own_reading import OwnReading
from tear_core.generate.plain_reading import PlainReading
from tear_core.model.tree import Tree


class Reading(Protocol):
    """Reads ids one after the other, and can take the last ones back."""

    def go_on(self, ids: Sequence[int]) -> Tensor:
        """Read more ids. Returns logits [vocabulary] after the last."""
        ...

    def take_back(self, count: int) -> None:
        """Become as if the last so many ids had not been read."""
        ...

    def drop(self) -> None:
        """Forget everything; the weights may have changed."""
        ...


class ReadingCache:
    """The ids that the tree has read, and how to read on from there.

    Must be dropped when the tree's adapter changes: old keys belong to old weights.
    """

    def __init__(self, tree: Tree, reading: Reading | None = None) -> None:
        """`reading`: how; by default the fastest way that this tree can be read, made ready when
        something is first read: many a tree is only scored."""
        self._tree = tree
        self._ids: list[int] = []
        self._reading = reading

    def drop(self) -> None:
        """Forget everything that was read."""
        self._ids = []
        if self._reading is not None:
            self._reading.drop()

    @torch.inference_mode()
    def read(self, ids: Sequence[int], anew: int = 0) -> tuple[Tensor, int]:
        """Make the cache hold exactly `ids`. Returns logits [vocabulary] after the last one,
        and how many ids had to be read for it (what was cached before is not read again, but
        for the last `anew` of them).
        """
        shared = _common(self._ids, ids)
        # the last id is always read: its logits are wanted
        shared = max(0, min(shared, len(ids) - max(anew, 1)))
        if surplus := len(self._ids) - shared:
            self._ready().take_back(surplus)
            del self._ids[shared:]
        return self.extend(ids[shared:]), len(ids) - shared

    @torch.inference_mode()
    def extend(self, ids: Sequence[int]) -> Tensor:
        """Read more ids after those in the cache. Returns logits [vocabulary] after the last."""
        try:
            logits = self._ready().go_on(ids)
        except BaseException:
            self.drop()  # half-written layers must never be read from
            raise
        self._ids.extend(ids)
        return logits

    def _ready(self) -> Reading:
        if self._reading is None:
            self._reading = reading_of(self._tree)
        return self._reading


def reading_of(tree: Tree) -> Reading:
    """Our own decoder where the tree is of its shape, else transformers."""
    decoder = decoder_for(tree)
    return PlainReading(tree) if decoder is None else OwnReading(decoder)


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """Length of the common beginning."""
    for index, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return index
    return min(len(a), len(b))
