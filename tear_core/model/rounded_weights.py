"""Frozen weights that are rounded once for several passes.

Where products are bfloat16 and weights float32, a frozen weight is rounded anew in every pass. It
never changes, so rounding it once for all passes of a step gives the same numbers, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MethodType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from tear_core.model.tree import Tree

_KEPT = "rounded"


@contextmanager
def rounded_once(tree: Tree, kind: torch.dtype | None) -> Iterator[None]:
    """Inside, the tree's frozen linear layers have their weights in `kind` at hand.

    They take half of the weights' memory again, as what a pass keeps for its way back would. None:
    nothing is rounded. Outside, and where autocast is off, a layer is as it was.
    """
    layers = [] if kind is None else [each for each in tree.causal_lm.modules() if _can(each)]
    layer: Any
    for layer in layers:
        setattr(layer, _KEPT, layer.weight.to(kind))
        layer.forward = MethodType(_forward, layer)
    try:
        yield
    finally:
        for layer in layers:
            delattr(layer, _KEPT)
            del layer.forward


def weight_in(layer: Any, kind: torch.dtype) -> Tensor:
    """The layer's weight in `kind`: what is at hand, or rounded now."""
    kept: Tensor | None = getattr(layer, _KEPT, None)
    return kept if kept is not None and kept.dtype == kind else layer.weight.to(kind)


def _can(layer: nn.Module) -> bool:
    return (
        type(layer) is nn.Linear
        and layer.weight.dtype == torch.float32
        and not layer.weight.requires_grad
        and "forward" not in vars(layer)
    )


def _forward(self: Any, x: Tensor) -> Tensor:
    mixed = torch.is_autocast_enabled(x.device.type)
    kind = torch.get_autocast_dtype(x.device.type) if mixed else self.weight.dtype
    return F.linear(x, weight_in(self, kind), self.bias)
