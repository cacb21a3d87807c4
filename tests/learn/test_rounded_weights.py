"""Weights rounded once for a step: the same adapter, bit for bit, and nothing left behind."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tear_core.learn import step as stepping
from tear_core.learn.optimizer import make_optimizer
from tear_core.learn.step import dual_step
from tear_core.model import rounded_weights
from tear_core.model.base import Base
from tear_core.model.load import load_base
from tear_core.model.rounded_weights import rounded_once
from tear_core.model.tree import LoraShape, Tree, adapter_copy, grow
from tests.learn.test_dual_loss import TRIPLES, examples_of
from tests.tiny import save_tiny


def learned(base: Base, shape: LoraShape) -> dict[str, Tensor]:
    """The adapter after three steps of several packs."""
    tree = grow(base, shape)
    optimizer = make_optimizer(tree, "adamw", 0.01)
    examples = examples_of(tree, TRIPLES)
    capacity = max(len(each.tokens) for each in examples)
    for seed in range(3):
        dual_step(
            tree, optimizer, examples, lambda_=1.0, capacity=capacity, seed=seed,
            precision="bfloat16",
        )  # fmt: skip
    return adapter_copy(tree)


@pytest.mark.parametrize(
    ("family", "shape"),
    [
        ("qwen3", LoraShape(rank=4)),
        ("pythia", LoraShape(rank=4)),  # biases, and a head of its own
        ("qwen3", LoraShape(rank=4, targets="all-linear")),
        ("qwen3", LoraShape(rank=4, dropout=0.1)),  # peft's own layers
    ],
    ids=["attention", "biases", "all-linear", "dropout"],
)
def test_a_step_learns_the_same_bits(
    tmp_path: Path, family: str, shape: LoraShape, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = load_base(str(save_tiny(tmp_path, family)))
    found = learned(base, shape)
    monkeypatch.setattr(stepping, "rounded_once", lambda tree, kind: nullcontext())
    expected = learned(base, shape)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_all_packs_of_a_step_find_the_weights_rounded(tmp_path: Path) -> None:
    tree = grow(load_base(str(save_tiny(tmp_path, "qwen3"))), LoraShape(rank=4))
    examples = examples_of(tree, TRIPLES)
    seen: list[list[int]] = []

    def look() -> None:
        kept = [each.rounded for each in linears(tree) if hasattr(each, "rounded")]
        seen.append([id(each) for each in kept])

    dual_step(
        tree, make_optimizer(tree, "adamw", 0.01), examples, lambda_=1.0, precision="bfloat16",
        capacity=max(len(each.tokens) for each in examples), give_way=look,
    )  # fmt: skip
    assert len(seen) > 1 and seen[0] and all(each == seen[0] for each in seen)
    assert not any(hasattr(each, "rounded") for each in linears(tree))


def linears(tree: Tree) -> list[nn.Module]:
    return [each for each in tree.causal_lm.modules() if type(each) is nn.Linear]


def test_each_frozen_layer_is_rounded_once_a_step_and_is_as_it_was_afterwards(
    tmp_path: Path,
) -> None:
    tree = grow(load_base(str(save_tiny(tmp_path, "qwen3"))), LoraShape(rank=4))
    before = [dict(vars(each)) for each in linears(tree)]
    with pytest.raises(ZeroDivisionError), rounded_once(tree, torch.bfloat16):
        held = [each for each in linears(tree) if hasattr(each, "rounded")]
        frozen = [each for each in linears(tree) if not each.weight.requires_grad]
        assert held == frozen and len(held) > 4
        assert all(each.rounded.dtype == torch.bfloat16 for each in held)
        x = torch.randn(2, held[0].weight.shape[1])
        assert torch.equal(held[0](x), nn.Linear.forward(held[0], x))  # type: ignore[arg-type]
        raise ZeroDivisionError
    assert [dict(vars(each)) for each in linears(tree)] == before


def test_nothing_is_rounded_where_products_are_the_bases_own(tmp_path: Path) -> None:
    tree = grow(load_base(str(save_tiny(tmp_path, "qwen3"))), LoraShape(rank=4))
    with rounded_once(tree, None):
        assert not any(hasattr(each, rounded_weights._KEPT) for each in linears(tree))
