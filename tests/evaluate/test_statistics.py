"""Intervals and tests by cluster, checked against scipy, and figures that are none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from tear_core.evaluate import statistics
from tear_core.evaluate.figures import Estimate, Unscored, figure, from_json, to_json

SEEDED = np.random.default_rng(7)


def value(estimate: Estimate, name: str = "value") -> float:
    found = getattr(estimate, name)
    assert isinstance(found, float)
    return found


@pytest.mark.parametrize(("successes", "trials"), [(0, 12), (6, 6), (11, 12), (59, 59), (130, 400)])
def test_shares_have_scipys_exact_bounds(successes: int, trials: int) -> None:
    found = statistics.rate(successes, trials)
    both = stats.binomtest(successes, trials).proportion_ci(0.95, method="exact")
    up = stats.binomtest(successes, trials, alternative="greater").proportion_ci(0.95, "exact")
    down = stats.binomtest(successes, trials, alternative="less").proportion_ci(0.95, "exact")
    assert (found.low, found.high) == pytest.approx((both.low, both.high), abs=1e-9)
    assert (found.at_least, found.at_most) == pytest.approx((up.low, down.high), abs=1e-9)


def test_59_of_59_is_what_it_takes_to_show_95_percent() -> None:
    assert statistics.rate(59, 59).shows_above(0.95)
    assert not statistics.rate(58, 58).shows_above(0.95)
    assert not statistics.rate(6, 6).shows_above(0.8)


@pytest.mark.parametrize(("a", "b"), [(0, 0), (5, 5), (12, 3), (0, 9), (40, 22)])
def test_mcnemar_is_scipys_binomial_test(a: int, b: int) -> None:
    expected = stats.binomtest(a, a + b).pvalue if a + b else 1.0
    assert statistics.mcnemar(a, b) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("count", [9, 25])
def test_sign_flips_agree_with_scipys_permutation_test(count: int) -> None:
    values = [float(v) for v in SEEDED.normal(0.4, 1, count)]
    ours = statistics.sign_flip(values, [str(i) for i in range(count)])
    theirs = stats.permutation_test(
        (np.asarray(values),),
        np.sum,
        permutation_type="samples",
        alternative="greater",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    ).pvalue
    assert ours == pytest.approx(theirs, abs=1e-12 if count == 9 else 0.01)


def test_the_bootstrap_is_scipys_when_every_item_is_its_own_cluster() -> None:
    values = SEEDED.normal(0.3, 1, 60)
    ours = statistics.mean([float(v) for v in values], [str(i) for i in range(60)])
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(2)
    ).confidence_interval
    assert value(ours) == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_saying_everything_ten_times_makes_nothing_surer() -> None:
    values = [float(v) for v in SEEDED.normal(0, 1, 40)]
    names = [str(i) for i in range(40)]
    once, often = statistics.mean(values, names), statistics.mean(values * 10, names * 10)
    assert (often.low, often.high) == pytest.approx((once.low, once.high), abs=1e-9)
    assert often.clusters == 40 and often.items == 400
    assert statistics.sign_flip(values, names) == statistics.sign_flip(values * 10, names * 10)


def test_items_of_a_cluster_do_not_pass_for_independent_ones() -> None:
    """A true null, ten alike items to an input: by item it is rejected often, by input seldom."""
    wrongly = {"item": 0, "input": 0}
    for _ in range(60):
        shared = SEEDED.normal(0, 1, 40)
        values = [float(v) for v in np.repeat(shared, 10) + SEEDED.normal(0, 0.5, 400)]
        for name, labels in (
            ("item", [str(i) for i in range(400)]),
            ("input", [str(i // 10) for i in range(400)]),
        ):
            found = statistics.mean(values, labels, draws=400)
            wrongly[name] += value(found, "low") > 0 or value(found, "high") < 0
    assert wrongly["item"] > 24 and wrongly["input"] < 9


def test_a_combination_weighs_parts_and_draws_whole_clusters() -> None:
    values = [1.0, 0.0] * 40
    names = [str(i // 2) for i in range(80)]
    parts = ["R", "W"] * 40
    found = statistics.combination(values, names, parts, {"R": 0.5, "W": 0.5})
    assert value(found) == value(found, "low") == value(found, "high") == 0.5
    assert value(statistics.combination(values, names, parts, {"W": 1.0})) == 0.0
    lacking = statistics.combination(values, names, parts, {"T": 1.0})
    assert isinstance(lacking.value, Unscored) and not lacking.shows_above(-9)


def test_a_part_with_few_clusters_makes_the_whole_one_of_few() -> None:
    parts = ["R"] * 50 + ["W"] * 10
    names = [str(i) for i in range(60)]
    found = statistics.combination([1.0] * 60, names, parts, {"R": 0.5, "W": 0.5})
    assert found.few and not found.shows_above(0.5)


def test_fewer_than_thirty_clusters_pass_no_bar() -> None:
    few = statistics.mean([1.0] * 29, [str(i) for i in range(29)])
    assert few.few and "29 clusters" in few.method and not few.shows_above(0.0)
    assert statistics.mean([1.0] * 30, [str(i) for i in range(30)]).shows_above(0.0)


def test_one_unscored_item_is_not_dropped() -> None:
    names = [str(i) for i in range(40)]
    values = [1.0] * 39 + [Unscored("too long")]
    strict = statistics.mean(values, names)
    assert isinstance(strict.value, Unscored) and strict.unscored == 1
    assert not strict.shows_above(-1) and not strict.shows_below(9)
    assert value(statistics.mean(values, names, missing=0.0)) == pytest.approx(39 / 40)
    assert isinstance(statistics.sign_flip(values, names), Unscored)
    assert statistics.mean([1.0, math.nan] * 20, names).unscored == 20
    assert isinstance(statistics.differences(values, [0.0] * 40)[39], Unscored)


def test_not_inferior_has_to_be_shown() -> None:
    names = [str(i) for i in range(40)]
    noisy = [(-1.0) ** i for i in range(40)]
    assert not statistics.non_inferior(statistics.mean(noisy, names), 0.02)
    assert statistics.non_inferior(statistics.mean([0.0] * 40, names), 0.02)
    assert not statistics.non_inferior(statistics.mean([0.0] * 12, names[:12]), 0.02)
    with pytest.raises(ValueError, match="margin"):
        statistics.non_inferior(statistics.mean(noisy, names), -1)


def test_icc_follows_from_the_analysis_of_variance() -> None:
    groups = [[float(v) for v in SEEDED.normal(m, 0.7, 6)] for m in SEEDED.normal(0, 1, 25)]
    f = stats.f_oneway(*groups).statistic
    assert statistics.icc(groups) == pytest.approx((f - 1) / (f - 1 + 6))
    assert isinstance(statistics.icc([[1.0, 1.0], [1.0, 1.0]]), Unscored)
    assert isinstance(statistics.icc([[1.0, Unscored("?")], [1.0, 2.0]]), Unscored)


def test_the_same_seed_gives_the_same_interval_and_leaves_the_global_generator_alone() -> None:
    np.random.seed(3)
    before = np.random.get_state()[1].tolist()  # type: ignore[index,union-attr]
    values, names = [float(v) for v in range(40)], [str(i) for i in range(40)]
    assert statistics.mean(values, names, seed=5) == statistics.mean(values, names, seed=5)
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index,union-attr]


@pytest.mark.parametrize("broken", [None, math.nan, math.inf, "0.3", True, [], {}])
def test_what_is_no_number_in_a_file_never_becomes_one(broken: object) -> None:
    assert isinstance(from_json(broken), Unscored)


def test_unscored_survives_json() -> None:
    for each in (Unscored("too long"), 0.25, figure(math.nan), figure(None)):
        assert from_json(json.loads(json.dumps(to_json(each)))) == each
    assert figure(np.float32(0.5)) == 0.5
    names = [str(i) for i in range(40)]
    for estimate in (
        statistics.mean([0.5] * 40, names),
        statistics.mean([Unscored("x")] * 40, names),
    ):
        assert Estimate.from_json(json.loads(json.dumps(estimate.as_json()))) == estimate
    empty = Estimate.from_json({})
    assert isinstance(empty.value, Unscored) and not empty.shows_above(-1)


def test_arguments_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        statistics.combination([1.0], ["a", "b"], ["x"], {"x": 1.0})
    with pytest.raises(ValueError, match="3 successes of 2"):
        statistics.rate(3, 2)
    assert isinstance(statistics.rate(0, 0).value, Unscored)
