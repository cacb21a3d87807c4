"""A frozen gated MLP as one function: y = (silu(x·Gᵀ) * x·Uᵀ)·Dᵀ.

transformers' layer rounds x for each of two products and keeps what lies between its five steps;
here x is rounded once, and only the two products are kept for the way back. It is used where
nothing in the layer learns; where a projection has an adapter or 4-bit weights the library's
layer stays.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def quicken_gated(network: nn.Module) -> None:
    """Let every plain frozen gated MLP compute as above."""
    module: Any
    for module in network.modules():
        if type(module).__name__.endswith("MLP") and _is_plain(module):
            module.forward = MethodType(_forward, module)


def _is_plain(module: Any) -> bool:
    names = ("gate_proj", "up_proj", "down_proj")
    parts = [getattr(module, name, None) for name in names]
    frozen = all(
        type(each) is nn.Linear and each.bias is None and not each.weight.requires_grad
        for each in parts
    )
    act = getattr(module, "act_fn", None)
    return frozen and (isinstance(act, nn.SiLU) or type(act).__name__ == "SiLUActivation")


def _forward(self: Any, x: Tensor) -> Tensor:
    mixed = torch.is_autocast_enabled(x.device.type)
    kind = torch.get_autocast_dtype(x.device.type) if mixed else self.gate_proj.weight.dtype
    weights = (self.gate_proj.weight, self.up_proj.weight, self.down_proj.weight)
    found: Tensor = _GatedMlp.apply(x, *(each.to(kind) for each in weights))
    return found


class _GatedMlp(torch.autograd.Function):
    """x [..., h], gate and up [m, h], down [h, m], all frozen: [..., h] in the dtype of x.

    Products are computed in the dtype of the weights.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, gate: Tensor, up: Tensor, down: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            rows = x.reshape(-1, x.shape[-1]).to(gate.dtype)
            g, u = F.linear(rows, gate), F.linear(rows, up)
            found = F.linear(F.silu(g).mul_(u), down)
        ctx.save_for_backward(g, u, gate, up, down)
        ctx.shape, ctx.kind = x.shape, x.dtype
        return found.view(x.shape).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        g, u, gate, up, down = ctx.saved_tensors
        inner = slope.reshape(-1, slope.shape[-1]).to(down.dtype) @ down
        to_up = F.silu(g).mul_(inner)
        to_gate = torch.ops.aten.silu_backward(inner.mul_(u), g)
        found = (to_gate @ gate).addmm_(to_up, up)
        return found.view(ctx.shape).to(ctx.kind), None, None, None
