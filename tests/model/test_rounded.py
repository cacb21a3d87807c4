"""Attention with rounded products: what the dense mask gives, to the rounding of its factors."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tear_core.model import blocks, rounded
from tear_core.model.blocks import Block, Blocks, attend
from tear_core.model.packing import pack
from tear_core.model.scoring import token_nll
from tear_core.model.tree import LoraShape, grow
from tear_core.witness_format import Tokens
from tests.model.test_blocks import TREE, Layer

CPU = torch.device("cpu")
SEVERAL = Blocks((Block(0, 37), Block(37, 90), Block(90, 96)), CPU)


def drawn(length: int, heads: int) -> Tensor:
    return torch.randn(1, heads, length, 16, requires_grad=True)


def apart(found: Tensor, expected: Tensor) -> float:
    return float(((found.float() - expected).norm() / expected.norm()).detach())


@pytest.mark.parametrize("piece", [5, 32, 192])
@pytest.mark.parametrize("laid", [TREE, SEVERAL], ids=["tree", "several"])
def test_it_is_attention_under_the_dense_mask(
    laid: Blocks, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounded, "PIECE", piece)
    laid, length = Blocks(laid.each, CPU), laid.each[-1].stop
    torch.manual_seed(0)
    query, key, value = drawn(length, 4), drawn(length, 2), drawn(length, 2)
    slope = torch.randn(1, length, 4, 16)
    wide = [each.repeat_interleave(2, 1) for each in (key, value)]
    plain = F.scaled_dot_product_attention(query, *wide, attn_mask=laid.mask(), scale=0.3)
    expected = torch.autograd.grad((plain.transpose(1, 2) * slope).sum(), (query, key, value))
    with torch.autocast("cpu", torch.bfloat16):
        found, _ = attend(Layer(), query, key, value, None, scaling=0.3, blocks=laid)
    assert found.dtype == torch.bfloat16
    assert apart(found, plain.transpose(1, 2)) < 0.005
    grads = torch.autograd.grad((found * slope).sum(), (query, key, value))
    for each, other in zip(grads, expected, strict=True):
        assert each.dtype == torch.float32 and apart(each, other) < 0.01


def test_a_sequence_is_blind_to_the_one_whose_tokens_fill_its_products() -> None:
    torch.manual_seed(0)
    query, key, value = (drawn(96, 2).detach() for _ in range(3))
    with torch.autocast("cpu", torch.bfloat16):
        before, _ = attend(Layer(), query, key, value, None, blocks=SEVERAL)
        key[:, :, 37:], value[:, :, 37:] = 50.0, -50.0
        after, _ = attend(Layer(), query, key, value, None, blocks=SEVERAL)
    assert torch.equal(after[:, :37], before[:, :37])
    assert not torch.equal(after[:, 37:], before[:, 37:])


def test_pieces_cover_a_row_in_order_and_see_what_their_block_sees() -> None:
    laid = Blocks(TREE.each, CPU)
    cut = Blocks(tuple(piece for block in laid.each for piece in block.cut(3)), CPU)
    assert [p.start for p in cut.each[1:]] == [p.stop for p in cut.each[:-1]]
    assert max(map(len, cut.each)) == 3
    assert torch.equal(cut.mask(), laid.mask())
    assert Block(12, 14, ((0, 4), (4, 6), (9, 12))).runs == ((0, 6), (9, 14))


@pytest.mark.parametrize("why", ["float32", "dropout", "long"])
def test_it_is_left_to_torch_where_nothing_is_rounded_or_it_would_cost_too_much(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> Tensor:
        raise AssertionError

    monkeypatch.setattr(rounded, "attend_rounded", never)
    if why == "long":
        monkeypatch.setattr(rounded, "LONGEST", 50)
    query, key, value = (drawn(96, 2) for _ in range(3))
    value = value.to(torch.bfloat16)  # as a linear layer leaves it
    with torch.autocast("cpu", torch.bfloat16, enabled=why != "float32"):
        found, _ = attend(
            Layer(),
            query,
            key,
            value,
            None,
            dropout=0.1 * (why == "dropout"),
            blocks=Blocks(SEVERAL.each, CPU),
        )
    assert found.dtype == torch.float32


def test_every_family_learns_with_it_as_without(
    family_base: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with another attention than ours, and in the same words to a part in fifty."""
    tree = grow(family_base, LoraShape(rank=4))
    sequences = [Tokens(list(range(3, 3 + n)), [1] * n) for n in (9, 30, 14)]
    (row,) = pack(sequences, 512, multiple=64)
    slopes = []
    for products in (None, torch.bfloat16):
        for parameter in tree.adapter().values():
            parameter.grad = None
        token_nll(tree, row, products=products).mean().backward()
        grads = [p.grad for p in tree.adapter().values() if p.grad is not None]
        slopes.append(torch.cat([each.flatten() for each in grads]))
    assert apart(slopes[1], slopes[0]) < 0.05
    assert blocks.rounds_here(CPU) is False
