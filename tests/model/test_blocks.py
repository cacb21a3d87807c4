"""Attention in blocks: the same as under the dense mask, and never without isolation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tear_core.model import blocks
from tear_core.model.base import Base
from tear_core.model.blocks import Block, Blocks, asking_for, attend
from tear_core.model.packing import pack
from tear_core.model.tree import LoraShape, grow
from tear_core.witness_format import Tokens

CPU = torch.device("cpu")
TREE = Blocks(
    (Block(0, 7), Block(7, 12, ((0, 4),)), Block(12, 14, ((0, 4), (7, 9))), Block(14, 20)), CPU
)


class Layer(torch.nn.Module):
    is_causal = True
    num_key_value_groups = 2


def drawn(length: int, heads: int = 4) -> Tensor:
    return torch.randn(1, heads, length, 8, requires_grad=True)


def test_a_mask_lets_a_token_see_its_block_so_far_and_its_path() -> None:
    mask = TREE.mask()[0, 0]
    assert mask[13].nonzero()[:, 0].tolist() == [0, 1, 2, 3, 7, 8, 12, 13]
    assert mask[14].nonzero()[:, 0].tolist() == [14]
    assert mask[6].nonzero()[:, 0].tolist() == list(range(7))


@pytest.mark.parametrize("on", ["one by one", "one call"])
def test_blocks_and_the_dense_mask_give_the_same(on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    query, key, value = drawn(20), drawn(20, 2), drawn(20, 2)
    slope = torch.randn(1, 20, 4, 8)
    wide = [each.repeat_interleave(2, 1) for each in (key, value)]
    plain = F.scaled_dot_product_attention(query, *wide, attn_mask=TREE.mask(), scale=0.3)
    expected = torch.autograd.grad((plain.transpose(1, 2) * slope).sum(), (query, key, value))
    if on == "one call":
        monkeypatch.setattr(blocks, "varlen_attn", as_documented)
        found = blocks._on_gpu(query, key, value, 0.3, TREE)
    else:
        found, _ = attend(Layer(), query, key, value, None, scaling=0.3, blocks=TREE)
    torch.testing.assert_close(found, plain.transpose(1, 2))
    grads = torch.autograd.grad((found * slope).sum(), (query, key, value))
    torch.testing.assert_close(grads, expected)


def as_documented(  # noqa: PLR0913 - torch's own arguments
    query: Tensor, key: Tensor, value: Tensor, cu_seq_q: Tensor, cu_seq_k: Tensor,
    max_q: int, max_k: int, *, scale: float, window_size: tuple[int, int], enable_gqa: bool,
) -> Tensor:  # fmt: skip
    """What `torch.nn.attention.varlen` says that it does, which needs a GPU to do it."""
    assert window_size == (-1, 0) and cu_seq_q.dtype == cu_seq_k.dtype == torch.int32
    found = []
    for n in range(len(cu_seq_q) - 1):
        q = query[cu_seq_q[n] : cu_seq_q[n + 1]]
        k, v = (each[cu_seq_k[n] : cu_seq_k[n + 1]] for each in (key, value))
        assert len(q) <= max_q and len(k) <= max_k
        corner = torch.ones(len(q), len(k), dtype=torch.bool).tril(len(k) - len(q))
        q, k, v = (each.transpose(0, 1)[None] for each in (q, k, v))
        found.append(
            F.scaled_dot_product_attention(
                q, k, v, attn_mask=corner, scale=scale, enable_gqa=enable_gqa
            )[0].transpose(0, 1)
        )
    return torch.cat(found)


def test_without_blocks_it_is_transformers_own_attention() -> None:
    query, key, value = drawn(9), drawn(9, 2), drawn(9, 2)
    found, _ = attend(Layer(), query, key, value, None, scaling=0.3)
    wide = [each.repeat_interleave(2, 1) for each in (key, value)]
    plain = F.scaled_dot_product_attention(query, *wide, is_causal=True, scale=0.3)
    torch.testing.assert_close(found, plain.transpose(1, 2))


def test_a_model_that_has_never_heard_of_blocks_fails_on_them(family_base: Base) -> None:
    """It must not go on with every sequence looking at the ones before it."""
    (row,) = pack([Tokens(list(range(1, 9)), [0] * 8), Tokens([9, 8, 7], [0] * 3)], 64)
    decoder = family_base.network.get_decoder()  # it has transformers' plain attention
    with pytest.raises((RuntimeError, ValueError, TypeError)):
        decoder(input_ids=row.ids, position_ids=row.positions, **asking_for(row.blocks))


def test_a_trees_attention_is_in_blocks_and_the_bases_stays_as_it_was(family_base: Base) -> None:
    tree = grow(family_base, LoraShape(rank=2))
    assert tree.in_blocks
    assert family_base.network.config._attn_implementation == "sdpa"


def test_rows_in_blocks_equal_rows_under_the_mask(family_base: Base) -> None:
    tree = grow(family_base, LoraShape(rank=2))
    sequences = [Tokens(list(range(3, 3 + n)), [1] * n) for n in (9, 30, 14)]
    (row,) = pack(sequences, 512, multiple=8)
    assert len(row) % 8 == 0
    hidden: list[Any] = []
    for one in (tree, replace(tree, in_blocks=False)):
        looking = asking_for(row.blocks) if one.in_blocks else {"attention_mask": row.mask}
        with torch.no_grad():
            hidden.append(
                one.decoder(
                    input_ids=row.ids, position_ids=row.positions, use_cache=False, **looking
                ).last_hidden_state
            )
    torch.testing.assert_close(hidden[0], hidden[1], rtol=1e-5, atol=1e-5)
