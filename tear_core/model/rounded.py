"""Attention in blocks whose products are bfloat16, on a CPU, as one function.

torch's own kernel for a CPU is slow on sequences as short as these, and slower still in bfloat16.
Here blocks come in pieces of a few rows, so that little of what lies in a row's future is
computed, and each piece is a handful of batched products. What queries and keys give, the softmax
and all that is summed up over pieces stay float32; the other factors are rounded. The weights of a
piece are kept for the backward pass: of short blocks they are smaller than what gave them.

The sides of rounded products are filled up to a multiple of `ALIKE`, since a CPU makes and keeps a
kernel for every shape that it meets. They are filled with the row's next tokens, which weigh 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from tear_core.model.blocks import Block

ALIKE = 32
PIECE = 192
"""Rows of a block to a piece."""

LONGEST = 512
"""Keys that a block may have: weights grow with the square."""


def attend_rounded(
    query: Tensor, key: Tensor, value: Tensor, scale: float, pieces: tuple[Block, ...]
) -> Tensor:
    """[heads, L, d] and twice [kv heads, L, d]: [L, heads, d] bfloat16.

    Pieces have at most `PIECE` rows and cover the row in order.
    """
    found: Tensor = _Rounded.apply(query, key, value, scale, pieces)
    return found


class _Rounded(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float, pieces: tuple[Block, ...]
    ) -> Tensor:
        ctx.pieces, ctx.scale, ctx.kinds = pieces, scale, (query.dtype, key.dtype, value.dtype)
        found, kept = look(query.float(), key.float() * scale, value, pieces)
        ctx.save_for_backward(*kept)
        return found

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        to_q, to_k, to_v = slopes_of(slope, ctx.saved_tensors, ctx.pieces)
        found = zip((to_q, to_k.mul_(ctx.scale), to_v), ctx.kinds, strict=True)
        return *(each.to(kind) for each, kind in found), None, None


def look(
    query: Tensor, key: Tensor, value: Tensor, pieces: tuple[Block, ...]
) -> tuple[Tensor, list[Tensor]]:
    """What queries find, and what the way back needs of it.

    `query` [heads, L, d] and `key` [kv heads, L, d] are float32, and either is scaled; `value`
    [kv heads, L, d]. Found is [L, heads, d] bfloat16.
    """
    heads, length, width = query.shape
    q, k, v = _rounded(query), _rounded(key), _rounded(value)
    key, many = _as_many(key, heads), _as_many(v, heads)
    found = torch.empty(length, heads, width, dtype=torch.bfloat16)
    kept = [q, k, v]
    for piece in pieces:
        rows = slice(piece.start, piece.stop)
        weights = _filled(_weights(query[:, rows], _columns(key, piece, piece.width)))
        values = _columns(many, piece, weights.shape[2])
        found[rows] = torch.bmm(weights, values)[:, : len(piece)].transpose(0, 1)
        kept.append(weights)
    return found, kept


def slopes_of(
    slope: Tensor, kept: Sequence[Tensor], pieces: tuple[Block, ...]
) -> tuple[Tensor, Tensor, Tensor]:
    """From the slope at what was found, [L, heads, d], to those at `query`, `key` and `value` as
    `look` was given them, float32."""
    q, k, v, *each_weights = kept
    heads, groups = q.shape[0], q.shape[0] // k.shape[0]
    slope, k, v = _rounded(slope.transpose(0, 1)), _as_many(k, heads), _as_many(v, heads)
    to_q, to_k, to_v = torch.empty(q.shape), torch.zeros(q.shape), torch.zeros(q.shape)
    for piece, weights in zip(pieces, each_weights, strict=True):
        _, height, width = weights.shape
        rows = slice(piece.start, piece.start + height)
        to_weights = torch.bmm(slope[:, rows], _columns(v, piece, width).transpose(1, 2))
        to_scores = torch._softmax_backward_data(to_weights, weights, -1, torch.bfloat16)
        to_q[:, rows] = torch.bmm(to_scores, _columns(k, piece, width))
        _add(to_k, piece, torch.bmm(to_scores.transpose(1, 2), q[:, rows]))
        _add(to_v, piece, torch.bmm(weights.transpose(1, 2), slope[:, rows]))
    to_q, to_k, to_v = (each[:, :-ALIKE] for each in (to_q, to_k, to_v))
    return to_q, _as_few(to_k, groups), _as_few(to_v, groups)


def _weights(query: Tensor, key: Tensor) -> Tensor:
    """[heads, n, d] and [heads, m, d]: [heads, n, m]. The last n keys are those of the queries."""
    scores = torch.bmm(query, key.transpose(1, 2))
    rows = scores.shape[1]
    scores[:, :, -rows:] += _future(PIECE)[:rows, :rows]
    return torch.softmax(scores, -1)


@cache
def _future(size: int) -> Tensor:
    return torch.full((size, size), -torch.inf).triu_(1)


def _rounded(tensor: Tensor) -> Tensor:
    """[heads, L, d] in bfloat16, and some rows of zeros that a last product may reach into."""
    heads, length, width = tensor.shape
    found = torch.empty(heads, length + ALIKE, width, dtype=torch.bfloat16)
    found[:, :length] = tensor
    found[:, length:] = 0
    return found


def _filled(weights: Tensor) -> Tensor:
    """[heads, n, m] in bfloat16, with zeros up to a multiple of `ALIKE` rows and columns."""
    _, rows, columns = weights.shape
    return F.pad(weights.to(torch.bfloat16), (0, -columns % ALIKE, 0, -rows % ALIKE))


def _as_many(tensor: Tensor, heads: int) -> Tensor:
    groups = heads // tensor.shape[0]
    return tensor if groups == 1 else tensor.repeat_interleave(groups, 0)


def _columns(tensor: Tensor, piece: Block, width: int) -> Tensor:
    """The keys of a piece and, up to `width`, what comes after them: [heads, width, d]."""
    spans = piece.runs
    more = width - piece.width
    if len(spans) == 1:
        return tensor[:, spans[0][0] : spans[0][1] + more]
    *others, (start, stop) = spans
    return torch.cat([*(tensor[:, a:b] for a, b in others), tensor[:, start : stop + more]], 1)


def _as_few(tensor: Tensor, groups: int) -> Tensor:
    return tensor if groups == 1 else tensor.unflatten(0, (-1, groups)).sum(1)


def _add(total: Tensor, piece: Block, found: Tensor) -> None:
    """Add to the columns of a piece what was found there."""
    at = 0
    for start, stop in piece.runs:
        total[:, start:stop] += found[:, at : at + stop - start]
        at += stop - start
