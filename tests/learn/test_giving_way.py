"""Learning gives way between the layers of a micro-batch, and learns the same as if it had not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor

from tear_core.evaluate.gate.probing import divergence
from tear_core.evaluate.surprise import scored
from tear_core.generate.speaker import Speaker
from tear_core.generate.wish import Wish
from tear_core.learn.optimizer import make_optimizer
from tear_core.learn.step import dual_step
from tear_core.model.base import Base
from tear_core.model.giving_way import between_layers
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, Tree, adapter_copy, grow
from tests.learn.test_dual_loss import TRIPLES, examples_of
from tests.tiny import FAMILIES, save_tiny

LAYERS = 2


def step(tree: Tree, **more: Any) -> None:
    """One step of one pack."""
    optimizer = make_optimizer(tree, "adamw", 0.01)
    dual_step(tree, optimizer, examples_of(tree, TRIPLES), lambda_=1.0, capacity=4096, **more)


class Stop(Exception):
    pass


def stopping_at(count: int) -> Callable[[], None]:
    left = iter(range(count, 0, -1))

    def give_way() -> None:
        if next(left, 1) == 1:
            raise Stop

    return give_way


@pytest.mark.parametrize("family", list(FAMILIES))
def test_way_is_given_before_each_layer_and_after_forward_and_back(
    family: str, tmp_path: Any
) -> None:
    tree = grow(load_base(str(save_tiny(tmp_path, family))), LoraShape(rank=4))
    forward: list[int] = []
    step(tree, give_way=lambda: forward.append(0))
    assert len(forward) == 1, "one micro-batch"
    with between_layers(tree, lambda: forward.append(1)), torch.no_grad():
        tree.decoder(input_ids=torch.arange(4)[None], use_cache=False)
    assert forward.count(1) == LAYERS + 1
    both: list[int] = []
    with between_layers(tree, lambda: both.append(1)):
        step(tree)
    # the first layer's input needs a gradient only where delimiters are learned
    assert len(both) - (LAYERS + 1) in (LAYERS, LAYERS + 1)


@pytest.mark.parametrize("precision", ["base", "bfloat16"])
def test_replies_between_layers_change_no_bit_of_what_is_learned(
    rows_base: Base, precision: Any
) -> None:
    def learned(interrupted: bool) -> dict[str, Tensor]:
        tree, live = (grow(rows_base, LoraShape(rank=4, dropout=0.1)) for _ in range(2))
        speaker, replies = Speaker(live), []

        def reply() -> None:
            torch.set_num_threads(1)
            replies.append(list(speaker.speak(Wish("hello", seed=1, max_response_tokens=2))))

        def give_way() -> None:
            other = threading.Thread(target=reply)
            other.start()
            other.join()

        with between_layers(tree, give_way) if interrupted else nullcontext():
            for seed in range(2):
                step(tree, seed=seed, precision=precision)
        assert len(replies) >= (4 * LAYERS + 2) * interrupted
        return adapter_copy(tree)

    alone, beside = learned(False), learned(True)
    assert all(torch.equal(alone[name], beside[name]) for name in alone)


@pytest.mark.parametrize("count", [1, LAYERS + 1, LAYERS + 2, 2 * LAYERS + 1])
def test_what_it_raises_ends_the_pass_and_leaves_nothing_behind(
    rows_base: Base, count: int
) -> None:
    """Forward and back. The tree computes afterwards as if nothing had been."""
    tree = grow(rows_base, LoraShape(rank=4))
    before = adapter_copy(tree)
    with pytest.raises(Stop), between_layers(tree, stopping_at(count)):
        step(tree)
    assert all(torch.equal(before[name], each) for name, each in adapter_copy(tree).items())
    assert not tree.network.training
    for parameter in tree.adapter().values():
        parameter.grad = None
    step(tree)
    other = grow(rows_base, LoraShape(rank=4))
    step(other)
    theirs = adapter_copy(other)
    assert all(torch.equal(theirs[name], each) for name, each in adapter_copy(tree).items())


def test_measuring_gives_way_between_layers_and_measures_the_same(rows_base: Base) -> None:
    tree, moved = grow(rows_base, LoraShape(rank=4)), grow(rows_base, LoraShape(rank=4))
    step(moved)
    sequences = [example.tokens for example in examples_of(tree, TRIPLES)]
    asked: list[int] = []

    def give_way() -> None:
        asked.append(1)

    assert scored(tree, sequences, 4096, give_way) == scored(tree, sequences, 4096)
    assert len(asked) == 1 + LAYERS + 1
    asked.clear()
    far = divergence(tree, moved, TRIPLES, 4096, give_way)
    assert far == divergence(tree, moved, TRIPLES, 4096)
    assert len(asked) == 1 + 2 * (LAYERS + 1)
