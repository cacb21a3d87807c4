"""Tokens are drawn by transformers' rules, from the likeliest few, by one number each."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from transformers import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from tear_core.generate.sampling import (
    LIKELIEST,
    Draw,
    Sampler,
    candidates,
    enough,
    next_ids,
    penalised,
)

SIZE = 2 * LIKELIEST
DRAWS = [
    Draw(),
    Draw(temperature=1.0, top_p=0.5, repetition_penalty=1.0),
    Draw(temperature=0.3, top_k=20, top_p=1.0, repetition_penalty=1.5),
    Draw(temperature=1.3, top_k=200, top_p=0.9),
    Draw(temperature=5.0, top_p=0.99),  # flat: the likeliest few are not enough
    Draw(temperature=1.0, top_p=1.0, repetition_penalty=1.0),
]


def theirs(draw: Draw, scores: torch.Tensor, written: list[int]) -> torch.Tensor:
    """Probabilities [vocabulary] after transformers' own processors."""
    rules = LogitsProcessorList([RepetitionPenaltyLogitsProcessor(draw.repetition_penalty)])
    rules.append(TemperatureLogitsWarper(draw.temperature))
    if draw.top_k:
        rules.append(TopKLogitsWarper(draw.top_k))
    if draw.top_p < 1:
        rules.append(TopPLogitsWarper(draw.top_p))
    past: Any = torch.tensor([written])
    return rules(past, scores[None]).softmax(-1)[0]


def ours(draw: Draw, scores: torch.Tensor, written: list[int]) -> torch.Tensor:
    scores = penalised(scores[None], [written], [draw.repetition_penalty])[0] / draw.temperature
    shares, ids = scores.double().softmax(-1).sort(descending=True)
    if enough(shares[:LIKELIEST], draw, SIZE):
        ids, shares = ids[:LIKELIEST], shares[:LIKELIEST]
    kept = candidates(ids, shares, draw)
    found = torch.zeros(SIZE, dtype=torch.float64)
    found[kept[0]] = kept[1] / kept[1].sum()
    return found.float()


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("seed", range(4))
def test_probabilities_are_those_of_transformers(draw: Draw, seed: int) -> None:
    torch.manual_seed(seed)
    scores, written = torch.randn(SIZE) * 3, [5, 9, 9, 700]
    scores[50:60] = -torch.inf
    torch.testing.assert_close(
        ours(draw, scores, written), theirs(draw, scores, written), rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize("draw", DRAWS)
def test_tokens_come_as_often_as_they_are_likely(draw: Draw) -> None:
    torch.manual_seed(0)
    scores, many = torch.randn(SIZE) * 4, 1000
    sampler = Sampler(draw, 7)
    told = Counter(next_ids([sampler], scores[None], [[3]])[0] for _ in range(many))
    shares = theirs(draw, scores, [3])
    for token in shares.topk(5).indices.tolist():
        share = float(shares[token])
        assert abs(told[token] / many - share) < 4 * (share * (1 - share) / many) ** 0.5 + 1e-9
    assert all(float(shares[token]) > 0 for token in told)


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    torch.manual_seed(1)
    scores = torch.randn(len(DRAWS), SIZE)
    written: list[list[int]] = [[1, 2], [], [3], [4, 4, 5], [], [900]]
    together = [Sampler(draw, n) for n, draw in enumerate(DRAWS)]
    alone = [Sampler(draw, n) for n, draw in enumerate(DRAWS)]
    for _ in range(5):
        beside = next_ids(together, scores, written)
        each = [next_ids([alone[n]], scores[n : n + 1], [written[n]])[0] for n in range(len(DRAWS))]
        assert beside == each


def test_a_temperature_of_nothing_is_the_likeliest() -> None:
    scores = torch.randn(1, SIZE)
    draw = Draw(temperature=0.0, repetition_penalty=1.0)
    assert next_ids([Sampler(draw, 0)], scores, [[1]]) == [int(scores.argmax())]


@pytest.mark.parametrize("size", [2, LIKELIEST - 1, LIKELIEST, LIKELIEST + 1])
@pytest.mark.parametrize("draw", DRAWS)
def test_a_vocabulary_of_any_size_can_be_drawn_from(size: int, draw: Draw) -> None:
    scores = torch.full((1, size), -torch.inf)
    scores[0, [0, size - 1]] = 0.0
    sampler = Sampler(draw, 3)
    assert {next_ids([sampler], scores, [[]])[0] for _ in range(40)} == {0, size - 1}
