"""The learning rate rises, holds, and ends at zero when the budget does."""

from __future__ import annotations

import pytest

from tear_core.nano.schedule import Plan


def test_a_plan_of_steps_rises_holds_and_falls_to_zero() -> None:
    plan = Plan.of_steps(1000)
    scales = [plan.scale(step) for step in range(1001)]
    assert scales[0] < 0.1 and scales[300] == 1.0 and scales[1000] == 0.0
    assert scales[650:] == sorted(scales[650:], reverse=True)


@pytest.mark.parametrize("steps", [1, 2, 3, 10])
def test_even_a_very_short_plan_trains_at_every_step(steps: int) -> None:
    plan = Plan.of_steps(steps)
    assert all(0 < plan.scale(step) <= 1 for step in range(steps))


def test_an_open_plan_holds_until_the_time_says_turn() -> None:
    assert Plan().scale(10**6) == 1.0


def test_fitting_again_bends_the_line_but_never_breaks_it() -> None:
    plan = Plan().fitted(650, seconds_left=350, seconds_per_step=1.0)
    slower = plan.fitted(800, seconds_left=200, seconds_per_step=2.0)
    assert plan.total == 1000 and slower.total == 900
    assert slower.turn == plan.turn == 650
    assert slower.scale(800) == pytest.approx(plan.scale(800))
    assert slower.scale(900) == 0.0


def test_time_that_has_run_out_leaves_one_last_step() -> None:
    plan = Plan().fitted(10, seconds_left=-5, seconds_per_step=1.0)
    assert plan.total == 11
