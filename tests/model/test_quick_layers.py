"""LoRA layers and norms as one function: what peft and transformers compute, to rounding."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from peft.tuners.lora import Linear
from torch import Tensor, nn

from tear_core.model.base import Base
from tear_core.model.lora import quicken_lora
from tear_core.model.norms import quicken_norms
from tear_core.model.tree import LoraShape, Tree, grow


@pytest.fixture
def moved(family_base: Base) -> Tree:
    tree = grow(family_base, LoraShape(rank=4))
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in tree.adapter().values():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return tree


def plain(module: nn.Module) -> Any:
    """The layer as its library wrote it, with the same tensors."""
    own = copy.copy(module)
    own.__dict__ = {k: v for k, v in module.__dict__.items() if k != "forward"}
    return own


def kinds(network: nn.Module) -> list[nn.Module]:
    """One quickened layer of each name, of those that take a tensor and nothing else."""
    quick = {n.rsplit(".", 1)[-1]: m for n, m in network.named_modules() if "forward" in vars(m)}
    return [module for name, module in quick.items() if name != "self_attn"]


def slopes(module: Any, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    x = x.clone().requires_grad_()
    y = module(x)
    wanted = [x, *(p for p in module.parameters() if p.requires_grad)]
    return y, list(
        torch.autograd.grad((y * torch.linspace(-1, 1, y.numel()).view_as(y)).sum(), wanted)
    )


def width(module: Any) -> int:
    module = getattr(module, "gate_proj", module)
    return int(module.in_features if hasattr(module, "in_features") else module.weight.shape[0])


def test_each_layer_computes_what_its_library_does(moved: Tree) -> None:
    layers = kinds(moved.network)
    assert any(isinstance(each, Linear) for each in layers)
    for layer in layers:
        x = torch.randn(2, 5, width(layer))
        for found, expected in zip(
            *map(flat, (slopes(layer, x), slopes(plain(layer), x))), strict=True
        ):
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def flat(both: tuple[Tensor, list[Tensor]]) -> list[Tensor]:
    return [both[0], *both[1]]


def test_in_bfloat16_only_factors_are_rounded(moved: Tree) -> None:
    for layer in kinds(moved.network):
        x = torch.randn(2, 5, width(layer))
        exact = slopes(layer, x)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = slopes(layer, x)
        assert all(each.dtype == torch.float32 for each in rounded[1])
        for found, expected in zip(flat(rounded), flat(exact), strict=True):
            assert found.dtype in (torch.float32, torch.bfloat16)
            assert float(((found.float() - expected).norm() / expected.norm()).detach()) < 0.02


def test_what_is_not_plain_keeps_its_librarys_layer(family_base: Base) -> None:
    tree = grow(family_base, LoraShape(rank=4, dropout=0.2))
    assert not any(isinstance(each, Linear) for each in kinds(tree.network))


def test_a_base_keeps_its_layers(family_base: Base) -> None:
    grow(family_base, LoraShape(rank=2))
    assert kinds(family_base.network) == []


def test_norms_that_are_named_like_one_and_are_another_stay(family_base: Base) -> None:
    class OddRMSNorm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.eps = nn.Parameter(torch.ones(4)), 1e-6

    odd = OddRMSNorm()
    quicken_norms(odd)
    quicken_lora(odd)
    assert "forward" not in vars(odd)
