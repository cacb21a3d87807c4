"""What was written once is written again bit for bit when its reading is divided as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from tear_core.generate.cache import ReadingCache
from tear_core.generate.speaker import Speaker, Wish
from tear_core.model.base import Base
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, grow
from tear_core.triples import Exchange
from tests.tiny import save_tiny

SAID = Exchange("hello there", "I am here with you, and I will stay until the rain is over")
WISHES = (
    Wish("hello there", seed=1, max_response_tokens=16, max_scene_tokens=16),
    Wish("hello there", seed=2, max_response_tokens=16, max_scene_tokens=16),
    Wish("and then?", (SAID,), seed=3, max_response_tokens=16, max_scene_tokens=16),
    Wish("who said so?", (SAID,), seed=4, max_response_tokens=16, max_scene_tokens=16),
)


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Base:
    torch.set_num_threads(1)
    return load_base(str(save_tiny(tmp_path_factory.mktemp("tiny"))), dtype=request.param)


def sections(told: Iterator[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(t["event"], t["text"], t["prefill_tokens"]) for t in told if t["event"] != "token"]


def test_the_last_ids_are_read_again_when_asked(base: Base) -> None:
    cache = ReadingCache(grow(base, LoraShape(rank=4)))
    ids = list(range(10, 30))
    assert cache.read(ids)[1] == 20
    assert [cache.read(ids, anew)[1] for anew in (0, 1, 7, 20, 99)] == [1, 1, 7, 20, 20]
    assert cache.read([*ids, 5, 6], 4)[1] == 4


def test_the_same_division_gives_the_same_logits_to_the_last_bit(base: Base) -> None:
    cache = ReadingCache(grow(base, LoraShape(rank=4)))
    ids = list(range(10, 60))
    whole, _ = cache.read(ids)
    cache.drop()
    cache.read(ids[:23])
    divided, _ = cache.read(ids)
    assert torch.equal(cache.read(ids, anew=27)[0], divided)
    assert torch.equal(cache.read(ids, anew=50)[0], whole)


def test_a_session_is_written_again_by_another_speaker_that_reads_as_was_read_then(
    base: Base,
) -> None:
    first = Speaker(grow(base, LoraShape(rank=4)))
    written = [sections(first.speak(wish)) for wish in WISHES]
    other = Speaker(grow(base, LoraShape(rank=4)))
    list(other.speak(Wish("something else", seed=9, max_response_tokens=4, max_scene_tokens=4)))
    list(other.speak(WISHES[2]))  # leaves more in the cache than there was then
    for wish, before in zip(WISHES, written, strict=True):
        again = replace(wish, read_anew=before[0][2])
        assert sections(other.speak(again)) == before
