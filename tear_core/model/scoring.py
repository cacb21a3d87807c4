"""The one place that computes per-token log-probabilities.

Training loss, surprise, evaluation and ranking all call `token_nll`. Logits exist only at
supervised positions, and only for one chunk of them at a time.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tear_core.model.packing import Pack
from tear_core.model.tree import Tree

CHUNK = 256
"""Supervised positions whose logits exist at once: 256 x 151,936 floats are 0.16 GB."""


def token_nll(tree: Tree, pack: Pack, chunk: int = CHUNK) -> Tensor:
    """Negative log-likelihood in nats of every supervised token of a pack: [n] float32.

    Differentiable in the tree's adapter. With `torch.no_grad()` it is a plain score.
    """
    hidden = tree.decoder(
        input_ids=pack.ids,
        attention_mask=pack.mask,
        position_ids=pack.positions,
        use_cache=False,
    ).last_hidden_state[0]
    hidden = hidden.index_select(0, pack.rows)  # [n, hidden]
    rows = tree.delimiters
    delta, ids = (None, None) if rows is None else (rows.head_delta, rows.ids)
    nll = _FrozenHeadNll.apply(hidden, tree.head_weight, delta, ids, pack.targets, chunk)
    return torch.as_tensor(nll)


class _FrozenHeadNll(torch.autograd.Function):
    """Cross-entropy per token under a frozen head with a few trained delta rows.

    The head needs no gradient, so d nll/d hidden is computed chunk by chunk in the forward
    pass, while the chunk's logits are there, and scaled by the incoming weights in the
    backward pass: nothing of size [n, vocabulary] is kept and nothing is computed twice.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,  # [n, h]
        weight: Tensor,  # [v, h]
        delta: Tensor | None,  # [k, h]
        ids: Tensor | None,  # [k]
        targets: Tensor,  # [n]
        chunk: int,
    ) -> Tensor:
        wants_hidden, wants_delta = ctx.needs_input_grad[0], ctx.needs_input_grad[2]
        nll = torch.empty(len(targets), dtype=torch.float32, device=hidden.device)
        d_hidden = torch.empty_like(hidden) if wants_hidden else None
        d_columns = None
        if wants_delta and ids is not None:
            d_columns = torch.empty(len(targets), len(ids), device=hidden.device)
        for start in range(0, len(targets), chunk):
            part = slice(start, start + chunk)
            logits = (hidden[part] @ weight.t()).float()
            if delta is not None and ids is not None:
                logits.index_add_(1, ids, hidden[part].to(delta.dtype) @ delta.t())
            target = targets[part, None]
            log_z = logits.logsumexp(1, keepdim=True)
            nll[part] = (log_z - logits.gather(1, target))[:, 0]
            if d_hidden is None and d_columns is None:
                continue
            slope = logits.sub_(log_z).exp_()  # softmax, in place
            slope.scatter_add_(1, target, torch.full_like(log_z, -1.0))
            if d_columns is not None and ids is not None:
                d_columns[part] = slope[:, ids]
            if d_hidden is not None:
                d_hidden[part] = slope.to(weight.dtype) @ weight
                if delta is not None and ids is not None:
                    d_hidden[part] += (slope[:, ids] @ delta).to(hidden.dtype)
        ctx.save_for_backward(hidden if d_columns is not None else None, d_hidden, d_columns)
        return nll

    @staticmethod
    def backward(ctx: Any, weight: Tensor) -> tuple[Tensor | None, ...]:
        hidden, d_hidden, d_columns = ctx.saved_tensors
        to_hidden = None
        if d_hidden is not None:  # scaled in float32: 1/N has few digits in bfloat16
            to_hidden = (d_hidden.float() * weight[:, None]).to(d_hidden.dtype)
        to_delta = None
        if d_columns is not None:
            to_delta = (d_columns * weight[:, None]).t() @ hidden.float()
        return to_hidden, None, to_delta, None, None, None
