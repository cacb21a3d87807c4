"""The key-value cache of one tree: what it has read, so that nothing is read twice."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache

from tear_core.model.tree import Tree


class ReadingCache:
    """Keys and values of the ids that the tree has read, and how to read on from there.

    Must be dropped when the tree's adapter changes: old keys belong to old weights.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._ids: list[int] = []
        self._cache = DynamicCache(config=tree.causal_lm.config)

    def drop(self) -> None:
        """Forget everything that was read."""
        self._ids = []
        self._cache = DynamicCache(config=self._tree.causal_lm.config)

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
            self._cache.crop(-surplus)
            del self._ids[shared:]
        return self.extend(ids[shared:]), len(ids) - shared

    @torch.inference_mode()
    def extend(self, ids: Sequence[int]) -> Tensor:
        """Read more ids after those in the cache. Returns logits [vocabulary] after the last."""
        fresh = torch.tensor([list(ids)], dtype=torch.long, device=self._tree.base.device)
        start = len(self._ids)
        positions = torch.arange(start, start + len(ids), device=fresh.device)[None]
        try:
            out = self._tree.causal_lm(
                input_ids=fresh,
                position_ids=positions,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        except BaseException:
            self.drop()  # half-written layers must never be read from
            raise
        self._ids.extend(ids)
        logits: Tensor = out.logits[0, -1]
        return logits


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """Length of the common beginning."""
    for index, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return index
    return min(len(a), len(b))
