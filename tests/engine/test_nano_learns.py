"""The embedded model with its own defaults: sixteen scenes, and back again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tear_core.corpus.dataset import read_triples
from tear_core.engine.messages import LearnRequest, SurpriseRequest, TripleText
from tear_core.engine.service import Service
from tear_core.settings import load_settings
from tear_core.store import generations, triples
from tear_core.store.database import open_store

SIXTEEN = Path(__file__).parents[1] / "fixtures" / "sixteen.jsonl"


@pytest.mark.slow
def test_sixteen_scenes_surprise_it_less_by_a_third_and_the_base_comes_back_exactly(
    tmp_path: Path,
) -> None:
    torch.set_num_threads(2)
    service = Service(tmp_path, load_settings())
    scenes = read_triples(SIXTEEN)
    texts = tuple(TripleText(t.input, t.response, t.consequence, t.landing) for t in scenes)

    def surprise(generation: str = "live") -> float:
        score: float = service.surprise(SurpriseRequest(texts, generation))["nats_per_token"]
        return score

    with open_store(tmp_path) as store:
        for triple in scenes:
            triples.add(store, triple, source="test", status="pending")
    base = surprise()
    *_, row = service.learn(LearnRequest())
    assert row["triples"] == 16
    learned = surprise()
    assert learned < 0.7 * base
    with open_store(tmp_path) as store:
        generations.use(store, "nano", 0, "test")
    assert surprise() == base
    with open_store(tmp_path) as store:
        generations.use(store, "nano", 1, "test")
    assert surprise() == learned
