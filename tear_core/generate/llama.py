"""The forward pass of Llama-shaped decoders, for reading and writing only.

RMS norms, rotary positions, grouped attention, a gated SiLU: Llama, Mistral, Qwen2 and Qwen3 are
all of this shape. transformers' own pass spends most of a small model's time between its
kernels: masks, caches, a dozen calls for each layer. This one is a list of matrix products.
Every tree's is held against transformers' own logits before it is used (`decoder_for`);
a model of another shape is read by transformers.

Sources: Touvron et al., arXiv 2302.13971; Qwen3, arXiv 2505.09388 (norms of queries and keys).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tear_core.generate.key_values import KeyValues, Shape
from tear_core.generate.one_thread import one_is_enough, one_thread
from tear_core.generate.projections import Projection, head, project
from tear_core.model.tree import Tree

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
ROTATIONS = ("default", "linear", "llama3", "yarn")
"""Those whose angles depend on the position alone, not on how long the text is by now."""


@dataclass(frozen=True)
class Layer:
    """One block. `norms` [heads + kv heads, size] or None: of queries and keys."""

    before_attention: Tensor
    qkv: Projection
    norms: Tensor | None
    out: Projection
    before_gate: Tensor
    gate_up: Projection
    down: Projection


class LlamaDecoder:
    """ids -> logits after the last of them, over `KeyValues`."""

    def __init__(self, tree: Tree) -> None:
        config, decoder = tree.causal_lm.config, tree.decoder
        self._embed = tree.causal_lm.get_input_embeddings()  # its hook adds the delimiters' deltas
        self._rotary: Any = decoder.rotary_emb
        self._norm: Tensor = decoder.norm.weight  # type: ignore[union-attr, assignment]
        self._eps = float(config.rms_norm_eps)
        self._heads, self._kv_heads = config.num_attention_heads, config.num_key_value_heads
        self._layers = [_layer(tree, block, self._kv_heads) for block in decoder.layers]  # type: ignore[union-attr]
        self._head = head(tree)
        self._size = int(decoder.layers[0].self_attn.head_dim)  # type: ignore[union-attr, index]
        self._context = tree.base.context
        self._alone = one_is_enough(tree)
        self._cos = self._sin = torch.empty(0)

    @property
    def shape(self) -> Shape:
        """Of the keys and values that this decoder needs."""
        weight = self._embed.weight
        return Shape(
            *(len(self._layers), self._kv_heads, self._size, self._context),
            *(self._norm.dtype, weight.device),
        )

    def refresh(self) -> None:
        """The tree's adapter has changed."""
        for layer in self._layers:
            for projection in (layer.qkv, layer.out, layer.gate_up, layer.down):
                projection.refresh()
        self._head.refresh()

    def read(
        self, ids: Tensor, memory: KeyValues, give_way: Callable[[], None] = lambda: None
    ) -> Tensor:
        """Read [rows, n] ids after what the memory holds: logits [rows, vocabulary] of the last.

        `give_way` is called before each layer.
        """
        n = ids.shape[1]
        memory.make_room(n)
        self._turn_to(memory.capacity)
        columns = torch.arange(memory.length, memory.length + n, device=ids.device)
        looks = _looks(memory, columns) if n > 1 or memory.begins is not None else None
        with one_thread() if self._alone and n == 1 else nullcontext():
            logits = self._forward(ids, columns, looks, memory, give_way)
        memory.length += n
        return logits

    def step(self, ids: Tensor, memory: KeyValues) -> Tensor:
        """Read [rows, 1] ids into `memory.column`: shapes do not depend on how much was read.

        The caller has made room and counts `memory.length`.
        """
        column = memory.column
        assert column is not None
        return self._forward(ids, column, _looks_up_to(memory, column), memory)

    def prepare(self, memory: KeyValues) -> tuple[Tensor, Tensor]:
        """Make ready for `step` on this memory. Whoever captures it must hold what is returned."""
        self._turn_to(memory.capacity)
        return self._cos, self._sin

    def _forward(
        self,
        ids: Tensor,
        columns: Tensor,
        looks: Tensor | None,
        memory: KeyValues,
        give_way: Callable[[], None] = lambda: None,
    ) -> Tensor:
        x = self._embed(ids)  # [rows, n, hidden]
        cos, sin = self._angles(columns, memory)
        for number, layer in enumerate(self._layers):
            give_way()
            y = F.rms_norm(x, x.shape[-1:], layer.before_attention, self._eps)
            x = x + layer.out(self._attend(layer, number, y, cos, sin, looks, memory))
            y = F.rms_norm(x, x.shape[-1:], layer.before_gate, self._eps)
            gate, up = layer.gate_up(y).chunk(2, -1)
            x = x + layer.down(F.silu(gate) * up)
        last = F.rms_norm(x[:, -1:], x.shape[-1:], self._norm, self._eps)
        return self._head(last)[:, 0]

    def _attend(
        self,
        layer: Layer,
        number: int,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        looks: Tensor | None,
        memory: KeyValues,
    ) -> Tensor:
        rows, n, _ = x.shape
        heads, kv = self._heads, self._kv_heads
        every = layer.qkv(x).view(rows, n, heads + 2 * kv, self._size)
        qk, values = every[:, :, : heads + kv], every[:, :, heads + kv :]
        if layer.norms is not None:
            qk = F.rms_norm(qk, (self._size,), None, self._eps) * layer.norms
        qk = torch.addcmul(qk * cos, qk.roll(self._size // 2, -1), sin)
        queries, keys = qk[:, :, :heads].transpose(1, 2), qk[:, :, heads:].transpose(1, 2)
        keys, values = memory.write(number, keys, values.transpose(1, 2))
        if n == 1:  # one query: the heads of a group are its rows
            queries = queries.reshape(rows, kv, heads // kv, self._size)
            scores = queries @ keys.transpose(2, 3) * self._size**-0.5
            if looks is not None:
                scores = scores + looks
            found = scores.softmax(-1, dtype=torch.float32).to(values.dtype) @ values
            return found.view(rows, 1, -1)
        keys, values = (each.repeat_interleave(heads // kv, 1) for each in (keys, values))
        found = F.scaled_dot_product_attention(queries, keys, values, attn_mask=looks)
        return found.transpose(1, 2).reshape(rows, n, -1)

    def _angles(self, columns: Tensor, memory: KeyValues) -> tuple[Tensor, Tensor]:
        """Cosines and sines [rows or 1, n, 1, size]."""
        places = columns[None]
        if memory.begins is not None:
            places = (places - memory.begins[:, None]).clamp(min=0)
        return self._cos[places][:, :, None], self._sin[places][:, :, None]

    def _turn_to(self, capacity: int) -> None:
        """Angles of so many positions; sines are signed: a rotation is a roll and two products."""
        if len(self._cos) >= capacity:
            return
        places = torch.arange(capacity, device=self._norm.device)[None]
        cos, sin = self._rotary(self._norm[None, None], places)
        half = self._size // 2
        self._cos = cos[0].clone()
        self._sin = torch.cat([-sin[0, :, :half], sin[0, :, half:]], -1)


def decoder_for(tree: Tree) -> LlamaDecoder | None:
    """This tree's own decoder, or None where only transformers knows how it is read."""
    if not _is_llama_shaped(tree.causal_lm.config):
        return None
    decoder = LlamaDecoder(tree)
    return decoder if _agrees(decoder, tree) else None


def _is_llama_shaped(config: Any) -> bool:
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None) is not None
    windowed = window and getattr(config, "use_sliding_window", True)
    rotation = (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default")
    return (
        config.model_type in FAMILIES
        and config.hidden_act == "silu"
        and kinds == {"full_attention"}
        and not windowed
        and rotation in ROTATIONS
    )


@torch.inference_mode()
def _agrees(decoder: LlamaDecoder, tree: Tree) -> bool:
    """Read at once, and then one by one: are these the logits that transformers finds?"""
    ids = torch.arange(1, 12, device=tree.base.device)[None]
    memory = KeyValues(decoder.shape)
    ours = [decoder.read(part, memory) for part in (ids[:, :9], ids[:, 9:10], ids[:, 10:])]
    theirs = tree.causal_lm(input_ids=ids, use_cache=False).logits[0, [8, 9, 10]].float()
    apart = (torch.cat(ours).float() - theirs).abs().max()
    tolerance = 1e-3 if tree.base.dtype == torch.float32 else 5e-2
    return bool(apart <= tolerance * theirs.abs().max())


def _layer(tree: Tree, block: Any, kv_heads: int) -> Layer:
    attention, mlp = block.self_attn, block.mlp
    norms = None
    if hasattr(attention, "q_norm"):
        heads = tree.causal_lm.config.num_attention_heads
        each = [attention.q_norm.weight] * heads + [attention.k_norm.weight] * kv_heads
        norms = torch.stack(each)
    return Layer(
        before_attention=block.input_layernorm.weight,
        qkv=project(tree, attention.q_proj, attention.k_proj, attention.v_proj),
        norms=norms,
        out=project(tree, attention.o_proj),
        before_gate=block.post_attention_layernorm.weight,
        gate_up=project(tree, mlp.gate_proj, mlp.up_proj),
        down=project(tree, mlp.down_proj),
    )


def _looks(memory: KeyValues, columns: Tensor) -> Tensor:
    """[rows or 1, 1, n, columns so far]: 0 where each of n new tokens may look, else -inf.

    What stands before a row's beginning looks at itself, so that it is no division by nothing.
    """
    until = torch.arange(memory.length + len(columns), device=columns.device)
    looks = (until <= columns[:, None])[None, None]
    if memory.begins is not None:
        inside = until >= memory.begins[:, None, None, None]
        looks = looks & (inside | (until == columns[:, None]))
    return _added(looks, memory)


def _looks_up_to(memory: KeyValues, column: Tensor) -> Tensor:
    """[rows or 1, 1, 1, capacity]: the same for one token, computed from `column` on its device."""
    every = torch.arange(memory.capacity, device=column.device)
    looks = (every <= column)[None, None, None]
    if memory.begins is not None:
        looks = looks & (every >= memory.begins[:, None, None, None])
    return _added(looks, memory)


def _added(looks: Tensor, memory: KeyValues) -> Tensor:
    """What is added to scores, made once for all layers."""
    none = torch.zeros(looks.shape, dtype=memory.keys[0].dtype, device=looks.device)
    return none.masked_fill_(~looks, -torch.inf)
