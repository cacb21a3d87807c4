"""The one place that computes per-token log-probabilities.

Training loss, surprise, evaluation and ranking all call `token_nll`. Logits exist only at
supervised positions, and only for one chunk of them at a time.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tear_core.model.blocks import asking_for
from tear_core.model.head import frozen_head_nll
from tear_core.model.packing import Pack
from tear_core.model.rounded_weights import weight_in
from tear_core.model.tree import Tree


def token_nll(
    tree: Tree, pack: Pack, chunk: int | None = None, products: torch.dtype | None = None
) -> Tensor:
    """Negative log-likelihood in nats of every supervised token of a pack: [n] float32.

    Differentiable in the tree's adapter. With `torch.no_grad()` it is a plain score.
    `products`: what matrices are multiplied in; None: what the base's weights are in.
    """
    hidden = supervised_hidden(tree, pack, products)
    rows = tree.delimiters
    delta, ids = (None, None) if rows is None else (rows.head_delta, rows.ids)
    weight = tree.head_weight if products is None else weight_in(tree.head, products)
    return of_each(frozen_head_nll(hidden, weight, pack.targets, delta, ids, chunk), pack)


def supervised_hidden(tree: Tree, pack: Pack, products: torch.dtype | None = None) -> Tensor:
    """Last hidden states where a target is predicted: [m, hidden], each shared one once."""
    looking = asking_for(pack.blocks) if tree.in_blocks else {"attention_mask": pack.mask}
    mixed = torch.autocast(pack.ids.device.type, products, enabled=products is not None)
    with mixed:
        hidden: Tensor = tree.decoder(
            input_ids=pack.ids, position_ids=pack.positions, use_cache=False, **looking
        ).last_hidden_state[0]
    return hidden.index_select(0, pack.rows)


def of_each(different: Tensor, pack: Pack) -> Tensor:
    """From what was measured once for sequences that share it to each of them: [m] -> [n]."""
    return different if pack.counted is None else different.index_select(0, pack.counted)
