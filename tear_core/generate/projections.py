"""A tree's weight matrices, as reading wants them: one call for all that read the same input.

A small float32 base is copied: the adapter is added into the weights, matrices with one input
stand side by side, and each lies as [in, out], which a single row is multiplied with fastest.
Anything else goes through the base's own modules, with the adapters beside them. Copies of a
large base would cost its memory again, and in bfloat16 adding the adapter in would round away
what a small update has learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from tear_core.model.delimiters import DelimiterRows
from tear_core.model.tree import Tree

SMALL = 256 << 20
"""Bytes of weights up to which a float32 base is copied."""


class Projection(Protocol):
    """[..., in] -> [..., out]."""

    def __call__(self, x: Tensor) -> Tensor: ...

    def refresh(self) -> None:
        """The tree's adapter has changed."""


class Copied:
    """Linear modules with the same input as one matrix of our own, adapters and deltas in it.

    `refresh` writes into the same tensors: whoever holds their addresses goes on.
    """

    def __init__(self, modules: Sequence[Any], rows: DelimiterRows | None = None) -> None:
        self._modules = [(each, _plain(each)) for each in modules]
        self._rows = rows
        ends = [plain.weight for _, plain in self._modules]
        self._weight = ends[0].new_empty(ends[0].shape[1], sum(len(w) for w in ends))
        self._bias: Tensor | None = None
        if any(plain.bias is not None for _, plain in self._modules):
            self._bias = torch.cat([_bias(plain) for _, plain in self._modules])
        self.refresh()

    @torch.no_grad()
    def refresh(self) -> None:
        start = 0
        for module, plain in self._modules:
            weight = plain.weight
            if module is not plain:
                weight = weight + module.get_delta_weight("default")
            self._weight[:, start : start + len(weight)].copy_(weight.t())
            start += len(weight)
        if self._rows is not None:
            self._weight.index_add_(1, self._rows.ids, self._rows.head_delta.t())

    def __call__(self, x: Tensor) -> Tensor:
        out = x @ self._weight
        return out if self._bias is None else out + self._bias


class Beside:
    """The tree's own linear modules with the same input; their adapters as one small product.

    [in, Σ rank] and then, block by block, [Σ rank, Σ out], in the base's precision, as
    `model.lora` computes them.
    """

    def __init__(self, modules: Sequence[Any], dtype: torch.dtype) -> None:
        self._adapted = [each for each in modules if _plain(each) is not each]
        self._plain = [_plain(each) for each in modules]
        outs = [int(plain.out_features) for plain in self._plain]
        self._starts = [sum(outs[:n]) for n, each in enumerate(modules) if each in self._adapted]
        if not self._adapted:
            return
        down = _adapter(self._adapted[0])[0]
        ranks = sum(len(_adapter(each)[0]) for each in self._adapted)
        self._down = down.new_empty(down.shape[1], ranks, dtype=dtype)
        self._up = down.new_zeros(ranks, sum(outs), dtype=dtype)
        self.refresh()

    @torch.no_grad()
    def refresh(self) -> None:
        row = 0
        for module, start in zip(self._adapted, self._starts, strict=True):
            down, up, scale = _adapter(module)
            rows = slice(row, row + len(down))
            self._down[:, rows].copy_(down.t())
            self._up[rows, start : start + len(up)].copy_(up.t() * scale)
            row += len(down)

    def __call__(self, x: Tensor) -> Tensor:
        each = [plain(x) for plain in self._plain]
        out: Tensor = each[0] if len(each) == 1 else torch.cat(each, -1)
        if self._adapted:
            rows = x.reshape(-1, x.shape[-1]).to(self._down.dtype)
            out.view(len(rows), -1).addmm_(rows @ self._down, self._up)
        return out


class Whole:
    """A module of the tree as it stands, with its hooks."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def refresh(self) -> None:
        pass  # it is the tree's

    def __call__(self, x: Tensor) -> Tensor:
        out: Tensor = self._module(x)
        return out


def copies(tree: Tree) -> bool:
    """Whether this tree's weights are copied rather than shared."""
    base = tree.base
    if base.quantized or base.dtype != torch.float32:
        return False
    return weight_bytes(tree) <= SMALL


def weight_bytes(tree: Tree) -> int:
    """Of the base, as it lies in memory."""
    return sum(p.numel() * p.element_size() for p in tree.base.network.parameters())


def project(tree: Tree, *modules: Any) -> Projection:
    """What several linear modules of a tree make of one input, side by side."""
    return Copied(modules) if copies(tree) else Beside(modules, tree.base.dtype)


def head(tree: Tree) -> Projection:
    """Hidden states to logits, the delimiters' deltas included."""
    module = tree.causal_lm.get_output_embeddings()
    return Copied([module], tree.delimiters) if copies(tree) else Whole(module)


def _plain(module: Any) -> Any:
    """The linear module under an adapter, or the module itself."""
    return module.base_layer if hasattr(module, "base_layer") else module


def _adapter(module: Any) -> tuple[Tensor, Tensor, float]:
    """Of an adapted module: A [rank, in], B [out, rank], and what their product is scaled by."""
    name = "default"
    return (
        module.lora_A[name].weight,
        module.lora_B[name].weight,
        float(module.scaling[name]),
    )


def _bias(plain: nn.Linear) -> Tensor:
    return plain.weight.new_zeros(plain.out_features) if plain.bias is None else plain.bias
