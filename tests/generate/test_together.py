"""Many wishes at once say what each of them says alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tear_core.evaluate.gate.canaries import GREEDY, answer
from tear_core.evaluate.gate.probe_set import shipped
from tear_core.generate.cache import ReadingCache
from tear_core.generate.key_values import KeyValues
from tear_core.generate.llama import LlamaDecoder
from tear_core.generate.plain_reading import PlainReading
from tear_core.generate.speaker import Speaker
from tear_core.generate.together import Sections, write_many
from tear_core.generate.wish import Wish, prompt_of
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, Tree, grow
from tear_core.triples import Exchange
from tests.generate.test_own_reading import learned, tiny

SAID = Exchange("hello there", "I am here with you")
SHORT: dict[str, Any] = {"max_response_tokens": 12, "max_scene_tokens": 9}
WISHES = [
    Wish("hello there", seed=1, **SHORT),
    Wish("hello there", seed=2, **SHORT),
    Wish("and then?", (SAID,), seed=3, order="reflect", **SHORT),
    Wish("what happened then, she says", order="before", seed=4, **SHORT),
    Wish("hello there", response="I am here with you", seed=5, **SHORT),
    Wish("so", seed=6, draw=GREEDY, max_response_tokens=30, max_scene_tokens=30),
    Wish("so", seed=7, max_response_tokens=1, max_scene_tokens=1),
]


def alone(tree: Tree, wish: Wish, plain: bool = False) -> Sections:
    cache = ReadingCache(tree, PlainReading(tree)) if plain else None
    told = Speaker(tree, cache).speak(wish)
    return {each["event"]: each for each in told if each["event"] != "token"}


def words(sections: Sections) -> list[tuple[Any, ...]]:
    keys = ("event", "text", "tokens", "stopped", "prefill_tokens")
    later = list(sections.values())[1:]  # how much of the prompt was cached is each speaker's own
    return [tuple(s[k] for k in keys[:4]) for s in sections.values()] + [
        (s["prefill_tokens"],) for s in later
    ]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return tiny(tmp_path)


@pytest.mark.parametrize("family", ["qwen3", "llama", "pythia"])
@pytest.mark.parametrize("strategy", ["rows", "text"])
def test_each_says_what_it_says_alone(family: str, strategy: Any, tmp_path: Path) -> None:
    tree = tiny(tmp_path, family, delimiters=strategy)
    together = dict(write_many(tree, WISHES))
    assert sorted(together) == list(range(len(WISHES)))
    for number, wish in enumerate(WISHES):
        assert words(together[number]) == words(alone(tree, wish, plain=True))


@pytest.mark.parametrize("at_once", [1, 2, 3, 64])
def test_how_many_are_written_at_once_makes_no_difference(tree: Tree, at_once: int) -> None:
    written = dict(write_many(tree, WISHES, at_once=at_once))
    assert all(words(written[n]) == words(alone(tree, wish)) for n, wish in enumerate(WISHES))


def test_the_same_prompt_is_read_once(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[int, ...]] = []
    whole = LlamaDecoder.read

    def counted(self: LlamaDecoder, ids: Tensor, *more: Any) -> Tensor:
        read.append(tuple(ids.shape))
        return whole(self, ids, *more)

    asked = "What happened then? A person says hello, and somebody answers."
    wishes = [Wish(asked, seed=seed, **SHORT) for seed in range(4)]
    expected = [words(alone(tree, wish)) for wish in wishes]
    monkeypatch.setattr(LlamaDecoder, "read", counted)
    written = dict(write_many(tree, wishes))
    assert [words(written[n]) for n in range(4)] == expected
    prompts = [shape for shape in read if shape[1] > 11]  # a decoder is tried on eleven ids
    assert len(prompts) == 1 and prompts[0][0] == 1


def test_what_is_too_long_is_empty_and_the_others_are_written(tree: Tree) -> None:
    wishes = [WISHES[0], Wish("hello there " * 300, **SHORT), WISHES[1]]
    written = dict(write_many(tree, wishes))
    assert written[1] == {} and written[0]["draft"]["tokens"] and written[2]["scene"]["tokens"]
    assert list(write_many(tree, [])) == []


def test_it_gives_way_before_every_step_and_ends_where_it_is_stopped(tree: Tree) -> None:
    class Stopped(Exception):
        pass

    asked: list[int] = []

    def give_way() -> None:
        asked.append(1)
        if len(asked) == 6:
            raise Stopped

    with pytest.raises(Stopped):
        list(write_many(tree, WISHES[:2], give_way))
    assert len(asked) == 6


def test_it_gives_way_between_layers_while_prompts_are_read(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    layers, read = tree.causal_lm.config.num_hidden_layers, LlamaDecoder.read

    def marked(self: LlamaDecoder, ids: Tensor, memory: KeyValues, *more: Any) -> Tensor:
        asked.append(f"{len(ids[0])} ids")
        return read(self, ids, memory, *more)

    monkeypatch.setattr(LlamaDecoder, "read", marked)
    written = dict(write_many(tree, WISHES[:2], lambda: asked.append("way")))
    begin = asked.index("way")  # before it a decoder is tried
    length = len(prompt_of(tree.base, WISHES[0]))
    assert asked[begin : begin + 3 + layers] == ["way", f"{length} ids", *["way"] * layers, "way"]
    whole = dict(write_many(tree, WISHES[:2]))
    assert [words(written[n]) for n in range(2)] == [words(whole[n]) for n in range(2)]


def test_the_gates_answers_are_those_of_a_speaker_that_transformers_reads() -> None:
    torch.set_num_threads(1)
    tree = learned(grow(load_base("nano"), LoraShape()))
    with torch.no_grad():
        for name, tensor in tree.adapter().items():
            tensor.mul_(0.02 if "lora_B" in name else 1.0)
    inputs = dict(list(shipped().canaries.items())[:2])
    limits: dict[str, Any] = {"max_response_tokens": 32, "max_scene_tokens": 32}
    said = answer(tree, inputs)
    for name, text in inputs.items():
        told = alone(tree, Wish(text, draw=GREEDY, **limits), plain=True)
        assert said[name].response == told["draft"]["text"]
        assert said[name].scene == told["scene"]["text"]
