"""LoRA on a frozen linear layer as one function: y = x·Wᵀ + s·(x·Aᵀ)·Bᵀ.

peft's own layer widens x to float32, multiplies, scales and adds in passes of their own, forward
and backward, and keeps what lies in between. Here both products are added into the one result,
and only x and x·Aᵀ are kept. It is used where a layer is as plain as that; where it is not
(4-bit weights, dropout, a LoRA variant) peft's own layer stays.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor, nn
from torch.nn import functional as F

from tear_core.model.rounded_weights import weight_in

ADAPTER = "default"


def quicken_lora(network: nn.Module) -> None:
    """Let every plain LoRA layer of a peft model compute as above. Its tensors stay its own."""
    module: Any
    for module in network.modules():
        if is_plain(module):
            module.forward = MethodType(_forward, module)


def is_plain(module: Any) -> bool:
    return (
        type(module) is Linear
        and type(module.base_layer) is nn.Linear
        and not module.lora_variant
        and isinstance(module.lora_dropout[ADAPTER], nn.Identity)
        and module.lora_A[ADAPTER].bias is None
        and module.lora_B[ADAPTER].bias is None
    )


def _forward(self: Any, x: Tensor) -> Tensor:
    base = self.base_layer
    a, b = self.lora_A[ADAPTER].weight, self.lora_B[ADAPTER].weight
    mixed = torch.is_autocast_enabled(x.device.type)
    kind = torch.get_autocast_dtype(x.device.type) if mixed else base.weight.dtype
    weight = weight_in(base, kind)
    bias = None if base.bias is None else base.bias.to(kind)
    found: Tensor = _LoraLinear.apply(x, weight, bias, a, b, self.scaling[ADAPTER])
    return found if mixed else found.to(x.dtype)  # under autocast as any linear layer


class _LoraLinear(torch.autograd.Function):
    """x [..., in], weight [out, in] and bias [out] frozen, a [r, in], b [out, r]: [..., out].

    Products are computed in the dtype of `weight`, and so is what comes out.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float
    ) -> Tensor:
        kind = weight.dtype
        with torch.autocast(x.device.type, enabled=False):
            rows = x.reshape(-1, x.shape[-1]).to(kind)
            down = rows @ a.to(kind).t()
            found = F.linear(rows, weight, bias).addmm_(down, (scale * b).to(kind).t())
        ctx.save_for_backward(rows, down, weight, a, b)
        ctx.scale, ctx.shape, ctx.kind = scale, x.shape, x.dtype
        return found.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        rows, down, weight, a, b = ctx.saved_tensors
        slope = slope.reshape(-1, slope.shape[-1]).to(weight.dtype)
        up = slope @ (ctx.scale * b).to(weight.dtype)
        to_x = None
        if ctx.needs_input_grad[0]:
            to_x = (slope @ weight).addmm_(up, a.to(weight.dtype)).view(ctx.shape).to(ctx.kind)
        to_a = (up.t() @ rows).to(a.dtype)
        to_b = (slope.t() @ down).to(b.dtype) * ctx.scale
        return to_x, None, None, to_a, to_b, None
