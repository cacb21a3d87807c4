"""Attention of the usual kind as one function, from the layer's input to what the heads found.

The layers of transformers project the input three times, and norm, rotate, scale and transpose
queries and keys in a pass each, forward and backward. Here the three projections and their LoRA are
one product, queries and keys are normed and rotated together, and of what lies in between only
the projections are kept. Norms and rotations stay float32: less is rounded than there.

It is used where attention with rounded products is (see `rounded`), in families whose layers are
known to be like that; where one is not, transformers' own forward stays.

Source of the rotation: RoPE (arXiv 2104.09864) with halves, as in Llama.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tear_core.model import rounded
from tear_core.model.blocks import Block, Blocks, rounds_here
from tear_core.model.lora import ADAPTER, is_plain
from tear_core.model.rounded_weights import weight_in

KNOWN = ("LlamaAttention", "Qwen2Attention", "Qwen3Attention")
"""Layers that do nothing else, but for windows, which are asked about."""


@dataclass(frozen=True)
class Frozen:
    """What one pass through a layer needs beside its input and what it learns.

    Attributes:
        weights: bfloat16, of queries, keys and values: [heads x d, in], twice [kv heads x d, in].
        bias: of all of them, or None.
        norm: [heads + kv heads, d] float32, of queries and keys; None where they are not normed.
        cos, sin: [L, d] float32, by which they are rotated.
        scale: of the scores; `lora_scale` of each LoRA.
    """

    weights: tuple[Tensor, ...]
    bias: Tensor | None
    norm: Tensor | None
    epsilon: float
    cos: Tensor
    sin: Tensor
    width: int
    scale: float
    lora_scale: tuple[float, ...]
    pieces: tuple[Block, ...]

    @property
    def heads(self) -> tuple[int, int]:
        """Of queries; of keys, and of values."""
        return self.weights[0].shape[0] // self.width, self.weights[1].shape[0] // self.width


def quicken_attention(network: nn.Module) -> None:
    """Let every attention layer of the kinds `KNOWN` compute as above where it can."""
    module: Any
    for module in network.modules():
        if type(module).__name__ in KNOWN and all(map(is_plain, _projections(module))):
            module.forward = MethodType(_forward, module)


def _forward(
    self: Any,
    hidden_states: Tensor,
    position_embeddings: tuple[Tensor, Tensor],
    attention_mask: Tensor | None = None,
    past_key_values: Any = None,
    blocks: Blocks | None = None,
    **others: Any,
) -> tuple[Tensor, Tensor | None]:
    if past_key_values is not None or blocks is None or not _can(self, hidden_states, blocks):
        found: tuple[Tensor, Tensor | None] = type(self).forward(
            self,
            hidden_states,
            position_embeddings=position_embeddings,
            attention_mask=attention_mask,
            past_key_values=past_key_values,
            **({} if blocks is None else {"blocks": blocks}),
            **others,
        )
        return found
    learned = [
        each.weight
        for layer in _projections(self)
        for each in (layer.lora_A[ADAPTER], layer.lora_B[ADAPTER])
    ]
    with torch.no_grad():
        frozen = _frozen(self, position_embeddings, blocks)
    seen: Tensor = _Attention.apply(hidden_states[0], frozen, *learned)
    return self.o_proj(seen[None]), None


def _can(layer: Any, states: Tensor, blocks: Blocks) -> bool:
    return (
        rounds_here(states.device)
        and blocks.short
        and not (layer.training and layer.attention_dropout)
        and getattr(layer, "sliding_window", None) is None
    )


def _projections(layer: Any) -> list[Any]:
    return [layer.q_proj, layer.k_proj, layer.v_proj]


def _frozen(layer: Any, rotation: tuple[Tensor, Tensor], blocks: Blocks) -> Frozen:
    projections = _projections(layer)
    bases = [each.base_layer for each in projections]
    weights = tuple(weight_in(each, torch.bfloat16) for each in bases)
    bias = None if bases[0].bias is None else torch.cat([each.bias for each in bases])
    norm, epsilon = None, 0.0
    if (of_queries := getattr(layer, "q_norm", None)) is not None:
        of_keys, epsilon = layer.k_norm, of_queries.variance_epsilon
        heads = [len(weight) // layer.head_dim for weight in weights]
        norm = torch.cat(
            [
                of_queries.weight.float().expand(heads[0], -1),
                of_keys.weight.float().expand(heads[1], -1),
            ]
        )
    cos, sin = (each[0].float() for each in rotation)
    return Frozen(
        weights,
        None if bias is None else bias.to(torch.bfloat16),
        norm,
        epsilon,
        cos,
        sin,
        layer.head_dim,
        layer.scaling,
        tuple(each.scaling[ADAPTER] for each in projections),
        blocks.pieces,
    )


class _Attention(torch.autograd.Function):
    """x [L, in], and a [r, in] and b [out, r] of three LoRA: [L, heads x d] bfloat16."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, frozen: Frozen, *learned: Tensor) -> Tensor:
        ctx.frozen, ctx.kind = frozen, x.dtype
        with torch.autocast(x.device.type, enabled=False):
            x = x.to(torch.bfloat16)
            down, up = _lora(learned, frozen)
            low = x @ down.t()
            projected = F.linear(x, torch.cat(frozen.weights), frozen.bias).addmm_(low, up.t())
            both, value = _heads(projected, frozen)
            (query, key), rates = _turned(both, frozen)
            found, kept = rounded.look(query, key, value.transpose(0, 1), frozen.pieces)
        ctx.save_for_backward(x, low, projected, rates, *learned, *kept)
        return found.flatten(1)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        frozen: Frozen = ctx.frozen
        x, low, projected, rates, *others = ctx.saved_tensors
        learned, kept = others[:6], others[6:]
        slope = slope.unflatten(1, (-1, frozen.width))
        to_query, to_key, to_value = rounded.slopes_of(slope, kept, frozen.pieces)
        both, _ = _heads(projected, frozen)
        to_projected = torch.empty_like(projected)
        to_both, of_value = _heads(to_projected, frozen)
        to_both.copy_(_turned_back(to_query, to_key, both, rates, frozen))
        of_value.copy_(to_value.transpose(0, 1))
        down, up = _lora(learned, frozen)
        to_low = to_projected @ up
        to_x = None
        if ctx.needs_input_grad[0]:
            to_x = (to_projected @ torch.cat(frozen.weights)).addmm_(to_low, down).to(ctx.kind)
        to_down, to_up = to_low.t() @ x, to_projected.t() @ low
        return to_x, None, *_to_learned(to_down, to_up, learned, frozen)


def _lora(learned: tuple[Tensor, ...], frozen: Frozen) -> tuple[Tensor, Tensor]:
    """All three as one: [3 r, in], and [out, 3 r] in which each reaches its own rows alone."""
    scaled = [scale * b for scale, b in zip(frozen.lora_scale, learned[1::2], strict=True)]
    return torch.cat(learned[::2]).to(torch.bfloat16), torch.block_diag(*scaled).to(torch.bfloat16)


def _to_learned(
    to_down: Tensor, to_up: Tensor, learned: tuple[Tensor, ...], frozen: Frozen
) -> list[Tensor]:
    """The slopes at each a and b from those at `_lora`'s two."""
    found: list[Tensor] = []
    row = column = 0
    for a, b, scale in zip(learned[::2], learned[1::2], frozen.lora_scale, strict=True):
        rows, columns = slice(row, row + len(b)), slice(column, column + len(a))
        found += [to_down[columns].to(a.dtype), to_up[rows, columns].to(b.dtype) * scale]
        row, column = rows.stop, columns.stop
    return found


def _heads(projected: Tensor, frozen: Frozen) -> tuple[Tensor, Tensor]:
    """Views of what was projected: [L, heads + kv heads, d] and the values, [L, kv heads, d]."""
    heads, others = frozen.heads
    return projected.unflatten(1, (-1, frozen.width)).split((heads + others, others), 1)


def _turned(both: Tensor, frozen: Frozen) -> tuple[tuple[Tensor, Tensor], Tensor | None]:
    """Queries [heads, L, d] and keys [kv heads, L, d] normed and rotated, the keys scaled too; and
    1 / rms of each head at each token, [L, heads + kv heads, 1]. float32."""
    wide, rates = both.float(), None
    if frozen.norm is not None:
        rates = torch.linalg.vector_norm(wide, dim=-1, keepdim=True)
        rates.square_().div_(frozen.width).add_(frozen.epsilon).rsqrt_()
        wide.mul_(rates).mul_(frozen.norm)
    wide, half = wide.transpose(0, 1), frozen.width // 2
    turned = torch.empty(wide.shape)
    torch.mul(wide, frozen.cos, out=turned)
    turned[..., :half].addcmul_(wide[..., half:], frozen.sin[:, :half], value=-1)
    turned[..., half:].addcmul_(wide[..., :half], frozen.sin[:, half:])
    query, key = turned.split(frozen.heads)
    return (query, key.mul_(frozen.scale)), rates


def _turned_back(
    to_query: Tensor, to_key: Tensor, both: Tensor, rates: Tensor | None, frozen: Frozen
) -> Tensor:
    """The slope at `both` from those at what `_turned` gave: [L, heads + kv heads, d] float32."""
    found, half = torch.empty(both.shape), frozen.width // 2
    cos, sin = frozen.cos[:, None], frozen.sin[:, None]
    slopes = to_query, to_key.mul_(frozen.scale)
    for slope, to in zip(slopes, found.split(frozen.heads, 1), strict=True):
        slope = slope.transpose(0, 1)
        torch.mul(slope, cos, out=to)
        to[..., :half].addcmul_(slope[..., half:], sin[..., half:])
        to[..., half:].addcmul_(slope[..., :half], sin[..., :half], value=-1)
    if frozen.norm is None or rates is None:
        return found
    found.mul_(frozen.norm)
    normed = both * rates
    along = (found * normed).mean(-1, keepdim=True)
    return found.addcmul_(normed, along, value=-1).mul_(rates)
