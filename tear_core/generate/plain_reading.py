"""Reading as transformers does it: any family, adapters beside their weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache

from tear_core.model.tree import Tree


class PlainReading:
    """A tree's own modules over transformers' cache, which grows by a copy with each token."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.drop()

    def drop(self) -> None:
        self._length = 0
        self._cache = DynamicCache(config=self._tree.causal_lm.config)

    def take_back(self, count: int) -> None:
        self._cache.crop(-count)
        self._length -= count

    def go_on(self, ids: Sequence[int]) -> Tensor:
        fresh = torch.tensor([list(ids)], dtype=torch.long, device=self._tree.base.device)
        places = torch.arange(self._length, self._length + len(ids), device=fresh.device)
        out = self._tree.causal_lm(
            input_ids=fresh,
            position_ids=places[None],
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._length += len(ids)
        logits: Tensor = out.logits[0, -1]
        return logits
