"""Several candidates of one request: written together, and the same as one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core.engine.messages import Reply, Sampling, SpeakRequest
from tear_core.engine.service import Service
from tear_core.settings import load_settings
from tests.tiny import save_tiny

SEEDS = (3, 4, 5, 6)
SHORT = Sampling(max_response_tokens=8, max_scene_tokens=8)
ASKED = SpeakRequest("hello there", sampling=SHORT, request_id="r")
FACTS = ("text", "tokens", "stopped", "generation", "seed", "base")


@pytest.fixture
def service(tmp_path: Path) -> Service:
    torch.set_num_threads(1)
    settings = load_settings({"base": str(save_tiny(tmp_path / "model"))})
    return Service(tmp_path / "home", settings)


def sections(told: list[Reply], seed: int) -> list[tuple[Any, ...]]:
    mine = [each for each in told if each["event"] not in ("token", "done")]
    return [(r["event"], *(r[f] for f in FACTS)) for r in mine if r["seed"] == seed]


@pytest.mark.parametrize("response", [None, "I am here with you"])
def test_each_seed_says_what_it_says_alone(service: Service, response: str | None) -> None:
    asked = replace(ASKED, response=response)
    told = list(service.speak(replace(asked, seeds=SEEDS)))
    assert told[-1]["event"] == "done" and not any(r["event"] == "token" for r in told)
    for seed in SEEDS:
        alone = sections(list(service.speak(replace(asked, seed=seed))), seed)
        assert sections(told, seed) == alone and alone


def test_cancelled_they_end_at_the_next_step(service: Service) -> None:
    long = Sampling(max_response_tokens=2, max_scene_tokens=100)
    asked = replace(ASKED, seeds=SEEDS, sampling=long)
    service.load()
    service.cancel("r")
    told = list(service.speak(asked))
    assert [r["event"] for r in told] == ["done"]
    assert not service.floor.taken


def test_an_input_that_is_too_long_is_said_once(service: Service) -> None:
    told = list(service.speak(replace(ASKED, input="hello there " * 300, seeds=SEEDS)))
    assert [r["event"] for r in told] == ["error"]
    assert "this model has room for" in told[0]["message"]
