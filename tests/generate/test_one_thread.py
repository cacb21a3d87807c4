"""A token of a small model is written on one thread; a prompt, and everybody else, keeps theirs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tear_core.generate import one_thread as one_thread_module
from tear_core.generate import projections
from tear_core.generate.key_values import KeyValues
from tear_core.generate.llama import LlamaDecoder, decoder_for
from tear_core.generate.one_thread import one_is_enough, one_thread
from tear_core.generate.together import write_many
from tear_core.generate.wish import Wish
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, Tree, grow
from tests.tiny import save_tiny


@pytest.fixture(autouse=True)
def three() -> Iterator[None]:
    """More threads than one, and another number than anybody would choose."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return grow(load_base(str(save_tiny(tmp_path))), LoraShape(rank=4))


def decoder_of(tree: Tree) -> LlamaDecoder:
    decoder = decoder_for(tree)
    assert decoder is not None
    return decoder


def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(tokens of each row, threads) of every forward pass from now on."""
    seen: list[tuple[int, int]] = []
    real: Callable[..., Tensor] = LlamaDecoder._forward

    def forward(self: LlamaDecoder, ids: Tensor, *given: object) -> Tensor:
        seen.append((ids.shape[1], torch.get_num_threads()))
        return real(self, ids, *given)

    monkeypatch.setattr(LlamaDecoder, "_forward", forward)
    return seen


@torch.inference_mode()
def read(decoder: LlamaDecoder, *pieces: int) -> Tensor:
    ids, memory = torch.arange(1, 1 + sum(pieces))[None], KeyValues(decoder.shape)
    return torch.cat([decoder.read(part, memory) for part in ids.split(list(pieces), 1)])


def test_a_token_is_written_on_one_thread_and_a_prompt_on_all(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = decoder_of(tree)
    seen = watched(monkeypatch)
    read(decoder, 9, 1, 1, 2, 1)
    assert seen == [(9, 3), (1, 1), (1, 1), (2, 3), (1, 1)]
    assert torch.get_num_threads() == 3


def test_so_are_several_answers_at_once(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    wishes = [Wish("hello", seed=n, max_response_tokens=4, max_scene_tokens=4) for n in range(3)]
    decoder_of(tree)
    seen = watched(monkeypatch)
    assert len(list(write_many(tree, wishes))) == 3
    steps = [threads for tokens, threads in seen[3:] if tokens == 1]  # the first are its own check
    assert steps and set(steps) == {1}


@pytest.mark.parametrize("how", ["large", "beside"])
def test_a_large_base_is_read_on_all_threads(
    how: str, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "large":
        monkeypatch.setattr(one_thread_module, "SMALL", 1)
    else:
        monkeypatch.setattr(projections, "SMALL", 1)
    assert not one_is_enough(tree)
    decoder = decoder_of(tree)
    seen = watched(monkeypatch)
    read(decoder, 9, 1)
    assert seen == [(9, 3), (1, 3)]


def test_the_words_do_not_depend_on_it(tree: Tree) -> None:
    decoder = decoder_of(tree)
    alone = read(decoder, 9, 1, 1, 1)
    decoder._alone = False
    torch.testing.assert_close(read(decoder, 9, 1, 1, 1), alone, rtol=1e-5, atol=1e-5)


def test_a_step_that_fails_gives_the_threads_back(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = decoder_of(tree)

    def broken(*_: object) -> Tensor:
        raise RuntimeError("no memory")

    monkeypatch.setattr(LlamaDecoder, "_forward", broken)
    with pytest.raises(RuntimeError, match="no memory"):
        read(decoder, 1)
    assert torch.get_num_threads() == 3


def test_nobody_else_works_alone_for_it() -> None:
    """A thread that is at work keeps its number while another one writes a token."""
    at_work, alone, found = threading.Event(), threading.Event(), []

    def learn() -> None:
        found.append(torch.get_num_threads())
        at_work.set()
        alone.wait(10)
        found.append(torch.get_num_threads())

    learner = threading.Thread(target=learn)
    learner.start()
    at_work.wait(10)
    with one_thread():
        alone.set()
        learner.join(10)
    assert found == [3, 3]
