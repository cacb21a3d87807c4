"""What is drafted, foreseen and said: in order, from one cache, reproducibly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core.generate.cache import ReadingCache
from tear_core.generate.sampling import Draw
from tear_core.generate.speaker import Speaker, TooLong, Wish
from tear_core.model.base import Base
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, Tree, grow
from tear_core.triples import Exchange
from tests.tiny import FAMILIES, save_tiny

WISH = Wish("hello there", seed=3, max_response_tokens=12, max_scene_tokens=12)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    torch.set_num_threads(1)
    return load_base(str(save_tiny(tmp_path_factory.mktemp("tiny"))))


@pytest.fixture
def tree(base: Base) -> Tree:
    return grow(base, LoraShape(rank=4))


@pytest.fixture
def speaker(tree: Tree) -> Speaker:
    return Speaker(tree)


def sections(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [t for t in told if t["event"] != "token"]


@pytest.mark.parametrize(
    ("order", "events"),
    [
        ("after", ["draft", "scene", "response"]),
        ("before", ["scene", "response"]),
        ("reflect", ["draft", "scene", "response"]),
    ],
)
def test_sections_come_in_the_order_in_which_they_are_written(
    speaker: Speaker, order: Any, events: list[str]
) -> None:
    told = sections(list(speaker.speak(replace(WISH, order=order))))
    assert [t["event"] for t in told] == events
    if order == "after":
        assert told[2]["text"] == told[0]["text"]


@pytest.mark.parametrize("order", ["after", "before", "reflect"])
def test_every_later_section_reads_two_delimiters_and_nothing_else(
    speaker: Speaker, order: Any
) -> None:
    told = sections(list(speaker.speak(replace(WISH, order=order))))
    for before, later in pairwise(told):
        # a section cut off by its length has one more token that was drawn and not yet read
        assert later["prefill_tokens"] <= (2 if before["stopped"] == "end" else 3)


def test_pieces_add_up_to_their_section(speaker: Speaker) -> None:
    told = list(speaker.speak(replace(WISH, order="reflect")))
    for section in ("draft", "scene", "response"):
        pieces = "".join(t["text"] for t in told if t.get("section") == section)
        assert pieces == next(t["text"] for t in told if t["event"] == section)


def test_the_same_seed_says_the_same_and_another_seed_does_not(speaker: Speaker) -> None:
    def said(seed: int) -> list[str]:
        return [t["text"] for t in sections(list(speaker.speak(replace(WISH, seed=seed))))]

    assert said(3) == said(3)
    assert said(3) != said(4)


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize("strategy", ["rows", "text"])
def test_words_from_the_cache_are_the_words_without_it(
    family: str, strategy: Any, tmp_path: Path
) -> None:
    tree = grow(load_base(str(save_tiny(tmp_path, family)), delimiters=strategy), LoraShape(rank=4))
    cache = ReadingCache(tree)
    ids = tree.base.format.prompt((Exchange("hi", "yes"),), "hello there")
    others = [ids[:5], ids, [*ids, 7, 8, 9], [*ids[:8], 3, 4], ids]
    for each in others:
        logits, read = cache.read(each)
        with torch.no_grad():
            plain = tree.causal_lm(input_ids=torch.tensor([each]), use_cache=False).logits[0, -1]
        torch.testing.assert_close(logits, plain, rtol=1e-4, atol=1e-4)
        assert 1 <= read <= len(each)
    assert cache.read([*ids, 7])[1] == 1


def test_the_next_turn_reads_only_what_is_new(speaker: Speaker) -> None:
    list(speaker.speak(replace(WISH, response="I am here with you")))
    said = Exchange(WISH.input, "I am here with you")
    nexts = sections(list(speaker.speak(replace(WISH, input="and then?", context=(said,)))))
    new = [*speaker.tree.base.format.span("input", "and then?"), "opening delimiter"]
    assert nexts[0]["prefill_tokens"] == len(new)


def test_a_forgotten_cache_is_read_again(speaker: Speaker) -> None:
    first = sections(list(speaker.speak(WISH)))
    speaker.forget()
    again = sections(list(speaker.speak(WISH)))
    assert again[0]["prefill_tokens"] == first[0]["prefill_tokens"] > 3
    assert again[0]["text"] == first[0]["text"]


def test_cancelling_stops_within_a_token_and_keeps_what_is_written(speaker: Speaker) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 4

    told = list(speaker.speak(WISH, cancelled))
    assert told[-1]["event"] == "draft" and told[-1]["stopped"] == "cancelled"
    assert told[-1]["tokens"] == 4
    assert sections(list(speaker.speak(WISH)))[-1]["event"] == "response"


def test_a_scene_is_foreseen_for_words_that_are_given(speaker: Speaker) -> None:
    wish = replace(WISH, response="I am here with you", order="before")
    (scene,) = sections(list(speaker.speak(wish)))
    assert scene["event"] == "scene" and scene["tokens"] > 0


def test_no_spare_row_and_no_delimiter_is_ever_written(base: Base) -> None:
    """Rows that were never trained may be likely by accident; they are not words."""
    tree = grow(base, LoraShape(rank=4))
    with torch.no_grad():
        tree.delimiters.head_delta.mul_(50)  # type: ignore[union-attr]
    speaker = Speaker(tree)
    section = None
    for told in speaker.speak(replace(WISH, draw=Draw(temperature=3.0, top_p=1.0))):
        section = told if told["event"] == "draft" else section
        assert "<|" not in told["text"]
    assert section is not None


def test_greedy_is_the_likeliest_token(tree: Tree) -> None:
    wish = replace(WISH, draw=Draw(temperature=0.0, repetition_penalty=1.0))
    draft = next(t for t in Speaker(tree).speak(wish) if t["event"] == "draft")
    ids = tree.base.format.prompt((), WISH.input)
    allowed = [*range(len(tree.base.tokenizer)), *tree.base.format.close("response")]
    written: list[int] = []
    while len(written) < draft["tokens"]:
        with torch.no_grad():
            logits = tree.causal_lm(input_ids=torch.tensor([ids + written])).logits[0, -1]
        if not written:
            logits[[tree.base.format.eos, *tree.base.format.close("response")]] = -torch.inf
        written.append(max(allowed, key=lambda i: float(logits[i])))
    assert tree.base.decode(written) == draft["text"]


def test_characters_of_several_bytes_are_never_shown_in_part(base: Base) -> None:
    """A tiny random model writes half characters all the time."""
    speaker = Speaker(grow(base, LoraShape(rank=4)))
    for seed in range(5):
        for told in speaker.speak(replace(WISH, seed=seed, draw=Draw(temperature=2.0, top_p=1.0))):
            assert not told["text"].endswith("\ufffd")


def test_a_conversation_that_is_too_long_drops_its_oldest_turns(speaker: Speaker) -> None:
    context = tuple(Exchange(f"hello {i}", "I am here with you") for i in range(40))
    told = sections(list(speaker.speak(replace(WISH, context=context))))
    assert told[-1]["event"] == "response"


def test_an_input_that_does_not_fit_is_refused_in_a_sentence(speaker: Speaker) -> None:
    def all_of(told: Iterator[Any]) -> None:
        for _ in told:
            pass

    with pytest.raises(TooLong, match=r"has \d+ tokens; this model has room for \d+"):
        all_of(speaker.speak(replace(WISH, input="hello there " * 300)))
