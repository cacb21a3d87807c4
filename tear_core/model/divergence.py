"""How far one tree's next-token distributions have moved from another's."""

from __future__ import annotations

import torch
from torch import Tensor

from tear_core.model.head import chunk_for
from tear_core.model.packing import Pack
from tear_core.model.scoring import of_each, supervised_hidden
from tear_core.model.tree import Tree


@torch.no_grad()
def token_kl(reference: Tree, other: Tree, pack: Pack, chunk: int | None = None) -> Tensor:
    """KL(reference ‖ other) in nats at every supervised position of a pack: [n] float32.

    Both trees stand on the same base. Logits exist for one chunk of positions at a time.
    Source: forward KL to the base on the new task's inputs predicts forgetting (RL's Razor,
    arXiv 2509.04259).
    """
    one, two = supervised_hidden(reference, pack), supervised_hidden(other, pack)
    chunk = chunk or chunk_for(reference.head_weight)
    found = torch.empty(len(pack.targets), dtype=torch.float32, device=one.device)
    for start in range(0, len(found), chunk):
        part = slice(start, start + chunk)
        before = _log_probabilities(reference, one[part])
        after = _log_probabilities(other, two[part])
        found[part] = (before.exp() * (before - after)).sum(-1)
    return of_each(found, pack)


def _log_probabilities(tree: Tree, hidden: Tensor) -> Tensor:
    """[m, hidden] -> [m, vocabulary], the delimiters' deltas included."""
    logits = (hidden @ tree.head_weight.t()).float()
    if tree.delimiters is not None:
        logits.index_add_(1, tree.delimiters.ids, tree.delimiters.head_columns(hidden).float())
    return logits.log_softmax(-1)
