"""Generations out of generations: what a merge is near to, what a negation is exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tear_core.learn.entering import enter
from tear_core.learn.learner import Learner
from tear_core.learn.making import Mixture, merged, negated
from tear_core.learn.merging import CannotMerge
from tear_core.learn.replay import Reservoir
from tear_core.model.base import Base
from tear_core.model.tree import adapter_copy, grow
from tear_core.store import generations
from tear_core.store.database import Store, StoreError, open_store
from tear_core.store.lineage import carried
from tests.learn.making import PLAN, adapter, add, learn, lineage, tensors_of, weights

SCALE = 2.0  # alpha 8 on rank 4


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def branches(rows_base: Base, store: Store) -> list[list[str]]:
    """Generation 1, and two that grew from it: 2 and 3."""
    learner = Learner(rows_base, PLAN)
    ids = lineage(learner, store, (3, 2))
    generations.use(store, rows_base.name, 1, "test")
    ids.append(add(store, 20, 2))
    learn(learner, store)
    return ids


def far(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    whole = sum(float(t.square().sum()) for t in other.values()) ** 0.5
    return sum(float((one[n] - other[n]).square().sum()) for n in other) ** 0.5 / whole


def sum_of(store: Store, parts: dict[int, float]) -> dict[str, torch.Tensor]:
    each = {number: weights(adapter(store, number), SCALE) for number in parts}
    names = next(iter(each.values()))
    return {n: sum(w * each[k][n] for k, w in parts.items()) for n in names}  # type: ignore[misc]


@pytest.mark.parametrize("method", ["cat", "svd", "linear", "ties", "dare_linear", "dare_ties"])
def test_a_merge_says_how_far_it_is_from_the_weighted_sum(
    rows_base: Base, store: Store, branches: list[list[str]], method: str
) -> None:
    made, error = merged(
        store,
        rows_base,
        [2, 3],
        Mixture(method, (0.7, 0.3)),  # type: ignore[arg-type]
    )
    scale = made.tree.shape.alpha / made.tree.shape.rank
    measured = far(weights(tensors_of(made.tree), scale), sum_of(store, {2: 0.7, 3: 0.3}))
    assert error == pytest.approx(measured, abs=1e-4)
    assert made.tree.shape.rank == (8 if method == "cat" else 4)
    if method == "cat":
        assert error < 1e-6
    if method == "svd":
        linear = merged(store, rows_base, [2, 3], Mixture("linear", (0.7, 0.3)))[1]
        assert error <= linear


def test_delimiters_are_merged_linearly(
    rows_base: Base, store: Store, branches: list[list[str]]
) -> None:
    made, _ = merged(store, rows_base, [2, 3], Mixture("ties", (0.5, 0.5)))
    start = adapter_copy(grow(rows_base, PLAN.shape))["delimiters.delta"]
    one, two = (adapter(store, n)["delimiters.delta"] for n in (2, 3))
    wanted = start + 0.5 * (one - start) + 0.5 * (two - start)
    assert torch.allclose(tensors_of(made.tree)["delimiters.delta"], wanted, atol=1e-6)


def test_dare_is_the_same_with_the_same_seed(
    rows_base: Base, store: Store, branches: list[list[str]]
) -> None:
    def drawn(seed: int) -> dict[str, torch.Tensor]:
        made, _ = merged(store, rows_base, [2, 3], Mixture("dare_ties", seed=seed))
        return tensors_of(made.tree)

    one, again, other = drawn(1), drawn(1), drawn(2)
    assert all(torch.equal(one[n], again[n]) for n in one)
    assert any(not torch.equal(one[n], other[n]) for n in one)


def test_a_merged_generation_can_be_entered_used_and_learned_on(
    rows_base: Base, store: Store, branches: list[list[str]]
) -> None:
    made, _ = merged(store, rows_base, [2, 3], Mixture("cat"), "both")
    row = enter(store, made, make_live=False)
    assert (row.number, row.parent, row.kind, row.sources) == (4, 2, "merged", (2, 3))
    assert row.label == "both" and generations.live(store, rows_base.name) == 3
    everything = {each for part in branches for each in part}
    assert set(made.state.reservoir.ids) == everything
    assert {4} <= set(carried(store, branches[2][0])[0].grown), "it carries what 3 was shown"
    generations.use(store, rows_base.name, 4, "test")
    add(store, 40, 2)
    told = learn(Learner(rows_base, PLAN), store)
    assert (told["parent"], told["live"]) == (4, 5)
    assert told["replayed"] > 0


def test_a_negation_is_exact_and_turns_the_parent_away_from_the_branch(
    rows_base: Base, store: Store, branches: list[list[str]]
) -> None:
    made = negated(store, rows_base, 2, of=1, weight=0.5)
    scale = made.tree.shape.alpha / made.tree.shape.rank
    assert far(weights(tensors_of(made.tree), scale), sum_of(store, {1: 1.5, 2: -0.5})) < 1e-5
    start = adapter_copy(grow(rows_base, PLAN.shape))["delimiters.delta"]
    one, two = (adapter(store, n)["delimiters.delta"] for n in (1, 2))
    assert torch.allclose(
        tensors_of(made.tree)["delimiters.delta"], one - 0.5 * (two - one), atol=1e-5
    )
    assert start.shape == one.shape
    row = enter(store, made, make_live=False)
    assert (row.parent, row.kind, row.sources) == (1, "negated", (2,))
    assert set(made.state.reservoir.ids) == set(branches[0]), "what was taken away is not replayed"
    assert row.number in carried(store, branches[1][0])[0].grown


def test_taking_all_of_it_from_the_base_and_adding_it_again_is_the_base(
    rows_base: Base, store: Store, branches: list[list[str]]
) -> None:
    enter(store, negated(store, rows_base, 1, of=0, weight=1.0), make_live=False)
    made, _ = merged(store, rows_base, [1, 4], Mixture("cat", (1.0, 1.0)))
    scale = made.tree.shape.alpha / made.tree.shape.rank
    left = weights(tensors_of(made.tree), scale)
    assert max(float(t.abs().max()) for t in left.values()) < 1e-6


def test_what_cannot_be_merged_is_said(
    rows_base: Base, store: Store, branches: list[list[str]]
) -> None:
    for numbers, mixture, why in (
        ([2], Mixture(), "two generations or more"),
        ([2, 2], Mixture(), "each of them once"),
        ([2, 0], Mixture(), "the base has no adapter"),
        ([2, 3], Mixture(weights=(1.0,)), "2 generations need 2 weights"),
    ):
        with pytest.raises(StoreError, match=why):
            merged(store, rows_base, numbers, mixture)
    with pytest.raises(CannotMerge, match="a density"):
        merged(store, rows_base, [2, 3], Mixture("ties", density=0.0))
    with pytest.raises(StoreError, match="nothing to take away"):
        negated(store, rows_base, 2, of=2, weight=1.0)
    generations.remove(store, 2)
    with pytest.raises(StoreError, match="was removed"):
        merged(store, rows_base, [2, 3], Mixture())


def test_ranks_that_differ_need_a_method_that_takes_any(rows_base: Base, store: Store) -> None:
    lineage(Learner(rows_base, PLAN), store, (2,))
    generations.use(store, rows_base.name, 0, "test")
    add(store, 9, 2)
    learn(Learner(rows_base, replace(PLAN, shape=replace(PLAN.shape, rank=2, alpha=4))), store)
    with pytest.raises(CannotMerge, match="linear needs equal ranks, and these have 2, 4"):
        merged(store, rows_base, [1, 2], Mixture())
    made, error = merged(store, rows_base, [1, 2], Mixture("cat"))
    assert made.tree.shape.rank == 6 and error < 1e-6


def test_what_both_lineages_learned_is_in_the_reservoir_once() -> None:
    one = Reservoir(("a", "b"), 2, 3)
    two = Reservoir(("b", "c", "d"), 9, 3)
    joined = one.joined(two, 0)
    assert len(set(joined.ids)) == 3 and set(joined.ids) <= set("abcd")
    assert joined.seen == 10 and joined == one.joined(two, 0)
    assert one.joined(Reservoir(("b",), 1, 3), 0).ids == ("a", "b")
