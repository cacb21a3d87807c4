"""Cross-entropy per token under a frozen head, with logits of a few tokens at a time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

CHUNK = 256
"""Supervised positions whose logits exist at once: 256 x 151,936 floats are 0.16 GB."""

SMALL = 1 << 22
"""Numbers in a head that a CPU has in its cache."""

CHUNK_OF_SMALL = 64
"""Such a head costs nothing to be gone through more often, and fewer logits are in the cache too;
a larger one is read from memory for each chunk."""

MULTIPLE = 32


def frozen_head_nll(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    delta: Tensor | None = None,
    ids: Tensor | None = None,
    chunk: int | None = None,
) -> Tensor:
    """-log p(target) in nats: [n] float32, differentiable in `hidden` and `delta`.

    The head needs no gradient, so the slope at the hidden states is computed chunk by chunk in
    the forward pass, while the chunk's logits are there, and scaled by the incoming weights in
    the backward pass: nothing of size [n, vocabulary] is kept and nothing is computed twice.
    Products are computed in the dtype of `weight`, all that is summed up in float32.

    Args:
        hidden: [n, h].
        weight: [v, h], frozen.
        targets: [n] long.
        delta: [k, h], trained, added to the rows `ids` [k] of the weight.
        chunk: positions whose logits exist at once; None: what suits the head.
    """
    chunk = chunk or chunk_for(weight)
    return torch.as_tensor(_FrozenHeadNll.apply(hidden, weight, delta, ids, targets, chunk))


def chunk_for(weight: Tensor) -> int:
    """Positions whose logits exist at once, as suits a head [v, h] where it is."""
    small = weight.device.type == "cpu" and weight.numel() <= SMALL
    return CHUNK_OF_SMALL if small else CHUNK


class _FrozenHeadNll(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        delta: Tensor | None,
        ids: Tensor | None,
        targets: Tensor,
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
            found = _of_chunk(hidden[part], weight, delta, ids, targets[part, None])
            nll[part], slope = found
            if d_columns is not None and ids is not None:
                d_columns[part] = slope[:, ids]
            if d_hidden is not None:
                towards = _product(slope, weight)
                if delta is not None and ids is not None:
                    towards += slope[:, ids] @ delta
                d_hidden[part] = towards
            del found, slope  # else they stay while the next chunk's logits are made
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


def _of_chunk(
    hidden: Tensor, weight: Tensor, delta: Tensor | None, ids: Tensor | None, target: Tensor
) -> tuple[Tensor, Tensor]:
    """Of m positions: nll [m], and the slope at the logits [m, v]."""
    logits = _product(hidden, weight.t())
    if delta is not None and ids is not None:
        logits.index_add_(1, ids, hidden.to(delta.dtype) @ delta.t())
    highest, hit = logits.amax(1, keepdim=True), logits.gather(1, target)
    slope = torch.softmax(logits, 1, out=logits)  # in place
    nll = highest - slope.amax(1, keepdim=True).log() - hit  # log Z - hit: the highest is e^0 / Z
    return nll[:, 0], slope.scatter_add_(1, target, slope.new_full(target.shape, -1))


def _product(rows: Tensor, weight: Tensor) -> Tensor:
    """rows [n, i] @ weight [i, o] in the weight's dtype, then float32.

    In bfloat16 a CPU makes a kernel for every n that it meets, and keeps it: n is filled up.
    """
    count, rows = len(rows), rows.to(weight.dtype)
    missing = -count % MULTIPLE
    if missing and rows.device.type == "cpu" and rows.dtype == torch.bfloat16:
        rows = F.pad(rows, (0, 0, 0, missing))
    return (rows @ weight)[:count].float()
