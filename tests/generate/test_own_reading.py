"""Our own decoder reads as transformers does: at once, in pieces, one by one, in rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import MistralConfig

from tear_core.generate import projections
from tear_core.generate.cache import ReadingCache, reading_of
from tear_core.generate.key_values import KeyValues
from tear_core.generate.llama import LlamaDecoder, _is_llama_shaped, decoder_for
from tear_core.generate.own_reading import OwnReading
from tear_core.generate.plain_reading import PlainReading
from tear_core.generate.step_graph import StepGraph
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, Tree, grow
from tests.tiny import save_tiny

OWN = ("qwen3", "qwen3_untied", "llama")
IDS = list(range(20, 60))


def learned(tree: Tree, seed: int = 0) -> Tree:
    """With an adapter that changes every logit."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, tensor in tree.adapter().items():
            tensor.normal_(0, 0.3 if "lora_B" in name else 0.05)
    return tree


def tiny(folder: Path, family: str = "qwen3", **how: Any) -> Tree:
    torch.set_num_threads(1)
    return learned(grow(load_base(str(save_tiny(folder, family)), **how), LoraShape(rank=4)))


def decoder_of(tree: Tree) -> LlamaDecoder:
    decoder = decoder_for(tree)
    assert decoder is not None
    return decoder


@torch.no_grad()
def plain(tree: Tree, ids: list[int]) -> Tensor:
    logits: Tensor = tree.causal_lm(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
    return logits


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return tiny(tmp_path)


@pytest.mark.parametrize("family", OWN)
@pytest.mark.parametrize("strategy", ["rows", "text"])
@pytest.mark.parametrize("small", [True, False])
def test_logits_are_those_of_transformers_however_the_reading_is_divided(
    family: str, strategy: Any, small: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not small:
        monkeypatch.setattr(projections, "SMALL", 0)
    tree = tiny(tmp_path, family, delimiters=strategy)
    reading = OwnReading(decoder_of(tree))
    ids = [*IDS, *tree.base.format.open("witness"), 7, 8]
    with torch.inference_mode():
        for start, end in ((0, 20), (20, 21), (21, 22), (22, 24), (24, len(ids))):
            found = reading.go_on(ids[start:end])
            torch.testing.assert_close(found, plain(tree, ids[:end]), rtol=1e-4, atol=1e-4)


def test_every_target_and_bfloat16_are_read_too(tmp_path: Path) -> None:
    base = load_base(str(save_tiny(tmp_path)), dtype="bfloat16")
    tree = learned(grow(base, LoraShape(rank=4, targets="all-linear")))
    with torch.inference_mode():
        found = OwnReading(LlamaDecoder(tree)).go_on(IDS).float()
    theirs = plain(tree, IDS).float()
    assert (found - theirs).abs().max() < 0.05 * theirs.abs().max()


@pytest.mark.parametrize("family", ["pythia", "ministral3"])
def test_a_model_of_another_shape_is_left_to_transformers(family: str, tmp_path: Path) -> None:
    assert isinstance(reading_of(tiny(tmp_path, family)), PlainReading)


def test_a_window_that_slides_is_left_to_transformers() -> None:
    def config(**more: Any) -> MistralConfig:
        return MistralConfig(num_hidden_layers=1, hidden_size=8, **more)

    assert _is_llama_shaped(config(sliding_window=None))
    assert not _is_llama_shaped(config(sliding_window=16))
    rope = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}
    assert not _is_llama_shaped(config(sliding_window=None, rope_parameters=rope))


def test_a_decoder_that_disagrees_is_not_used(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    assert decoder_for(tree) is not None
    monkeypatch.setattr(tree.causal_lm.config, "rms_norm_eps", 10.0)
    assert decoder_for(tree) is None


def test_what_was_learned_is_read_after_a_drop_from_the_same_tensors(tree: Tree) -> None:
    decoder = decoder_of(tree)
    reading = OwnReading(decoder)
    cache = ReadingCache(tree, reading)
    before, _ = cache.read(IDS)
    held = [decoder._head._weight, *decoder._layers[0].qkv._weight]  # type: ignore[attr-defined]
    places = [each.data_ptr() for each in (*held, *reading._memory.keys)]
    learned(tree, seed=1)
    cache.drop()
    after, read = cache.read(IDS)
    assert read == len(IDS) and not torch.allclose(before, after)
    torch.testing.assert_close(after, plain(tree, IDS), rtol=1e-4, atol=1e-4)
    held = [decoder._head._weight, *decoder._layers[0].qkv._weight]  # type: ignore[attr-defined]
    assert places == [each.data_ptr() for each in (*held, *reading._memory.keys)]


def test_room_grows_without_a_trace(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy, tight = OwnReading(decoder_of(tree)), OwnReading(decoder_of(tree))
    with torch.inference_mode():
        wide = [roomy.go_on([each]) for each in IDS]
        monkeypatch.setattr("tear_core.generate.key_values.LEAST", 4)
        narrow = [tight.go_on([each]) for each in IDS]
    assert tight._memory.capacity < roomy._memory.capacity
    assert all(torch.equal(a, b) for a, b in zip(wide, narrow, strict=True))


def test_the_whole_context_can_be_read_and_is_never_all_held_at_first(tree: Tree) -> None:
    ids = [20 + n % 200 for n in range(tree.base.context)]
    reading = OwnReading(decoder_of(tree))
    with torch.inference_mode():
        reading.go_on(ids[:-1])
        last = reading.go_on(ids[-1:])
    torch.testing.assert_close(last, plain(tree, ids), rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_rows_of_different_lengths_do_not_see_each_other(tree: Tree) -> None:
    decoder = decoder_of(tree)
    rows = [IDS[:30], IDS[10:15], IDS[3:21]]
    memory = KeyValues(decoder.shape, [30 - len(row) for row in rows])
    padded = torch.tensor([[99] * (30 - len(row)) + row for row in rows])
    found = decoder.read(padded, memory)
    for logits, row in zip(found, rows, strict=True):
        torch.testing.assert_close(logits, plain(tree, row), rtol=1e-4, atol=1e-4)
    memory.keep([2, 0, 2])
    found = decoder.read(torch.tensor([[7], [8], [9]]), memory)
    for logits, ids in zip(found, ([*rows[2], 7], [*rows[0], 8], [*rows[2], 9]), strict=True):
        torch.testing.assert_close(logits, plain(tree, ids), rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def stepped(decoder: LlamaDecoder, step: Any, begins: tuple[int, ...]) -> list[Tensor]:
    """Ten tokens through the step whose shapes are fixed, as a captured graph runs it."""
    memory = KeyValues(decoder.shape, begins)
    decoder.read(torch.tensor([IDS[:20]] * len(begins)), memory)
    memory.make_room(10)
    decoder.prepare(memory)
    found = []
    for each in IDS[20:30]:
        memory.column = torch.tensor([memory.length])
        found.append(step(torch.tensor([[each]] * len(begins)), memory))
        memory.length += 1
    return found


@pytest.mark.parametrize("begins", [(0,), (0, 3, 12)])
def test_the_step_with_fixed_shapes_reads_what_the_other_one_reads(
    tree: Tree, begins: tuple[int, ...]
) -> None:
    decoder = decoder_of(tree)
    memory = KeyValues(decoder.shape, begins)
    with torch.inference_mode():
        decoder.read(torch.tensor([IDS[:20]] * len(begins)), memory)
        plainly = [
            decoder.read(torch.tensor([[each]] * len(begins)), memory) for each in IDS[20:30]
        ]
    for one, other in zip(stepped(decoder, decoder.step, begins), plainly, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_the_step_can_be_compiled_as_one_graph(tree: Tree) -> None:
    decoder = decoder_of(tree)
    compiled = torch.compile(decoder.step, backend="aot_eager", fullgraph=True, dynamic=False)
    eager = stepped(decoder, decoder.step, (0,))
    for one, other in zip(stepped(decoder, compiled, (0,)), eager, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_capture_that_fails_leaves_the_plain_step(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = decoder_of(tree)
    graph, memory, other = StepGraph(decoder), KeyValues(decoder.shape), KeyValues(decoder.shape)
    asked: list[int] = []

    def refused(memory: KeyValues) -> None:
        asked.append(1)
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(graph, "_wanted", True)
    monkeypatch.setattr(graph, "_capture", refused)
    with torch.inference_mode():
        for each in IDS[:5]:
            found = graph.read(torch.tensor([[each]]), memory)
            assert torch.equal(found, decoder.read(torch.tensor([[each]]), other))
    assert memory.length == 5 and len(asked) == 1


class _Replayed:
    """A CUDA graph as it looks from here: a replay runs the captured step on the same tensors."""

    captures = 0

    def __init__(self) -> None:
        type(self).captures += 1

    def replay(self) -> None:
        graph, memory = self.of, self.memory  # type: ignore[attr-defined]
        memory.column = graph._column
        graph._logits.copy_(graph._decoder.step(graph._ids, memory))
        memory.column = None


def test_a_captured_step_goes_on_through_growth_taking_back_and_learning(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What surrounds a graph, with a graph that needs no GPU."""
    decoder = decoder_of(tree)
    reading = OwnReading(decoder)
    graph, memory = reading._graph, reading._memory

    class Stream:
        def __init__(self, *_: Any) -> None: ...
        def wait_stream(self, *_: Any) -> None: ...

    @contextmanager
    def entered(what: Any, **_: Any) -> Iterator[None]:
        if isinstance(what, _Replayed):
            what.of, what.memory = graph, memory  # type: ignore[attr-defined]
        yield

    monkeypatch.setattr(graph, "_wanted", True)
    monkeypatch.setattr("tear_core.generate.key_values.LEAST", 16)
    for name, fake in (("Stream", Stream), ("current_stream", Stream), ("stream", entered)):
        monkeypatch.setattr(torch.cuda, name, fake)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", _Replayed)
    monkeypatch.setattr(torch.cuda, "graph", entered)
    _Replayed.captures = 0
    cache = ReadingCache(tree, reading)
    cache.read(IDS[:10])
    for end in range(11, 30):  # past 16 columns
        found = cache.extend(IDS[end - 1 : end]).clone()
        torch.testing.assert_close(found, plain(tree, IDS[:end]), rtol=1e-4, atol=1e-4)
    assert _Replayed.captures == 2
    back, read = cache.read([*IDS[:20], 9])
    assert read == 1
    torch.testing.assert_close(back, plain(tree, [*IDS[:20], 9]), rtol=1e-4, atol=1e-4)
    learned(tree, seed=1)
    cache.drop()
    cache.read(IDS[:10])
    found = cache.extend(IDS[10:11])
    torch.testing.assert_close(found, plain(tree, IDS[:11]), rtol=1e-4, atol=1e-4)
    assert _Replayed.captures == 2
