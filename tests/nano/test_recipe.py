"""The recipe gives the same model again, whatever happens to it on the way."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tear_core.nano import checkpoint
from tear_core.nano.export import export_run
from tear_core.nano.loop import train
from tear_core.nano.options import Options
from tear_core.nano.tokenizer import VOCABULARY_ROWS
from tests.nano.conftest import TINY_SOURCES, tiny_options


class Killed(Exception):
    """Stands for a kill -9 right after a checkpoint."""


def trained(options: Options, kill_at: frozenset[int] = frozenset()) -> dict[str, Tensor]:
    """Weights after a run that is killed at the given steps, each time begun again."""
    waiting = set(kill_at)

    def log(line: str) -> None:
        step = int(line.split()[1].split("/")[0]) if line.startswith("step ") else -1
        if step in waiting:
            waiting.remove(step)
            raise Killed

    options = replace(options, save_every_seconds=0.0 if kill_at else 1e9)
    while True:
        try:
            train(options, TINY_SOURCES, log)
            return checkpoint.load_weights(options.out)
        except Killed:
            # What a save that was cut short leaves behind must not matter.
            (options.out / f".{checkpoint.FILE}.partial").write_bytes(b"half a file")


def same(one: dict[str, Tensor], two: dict[str, Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.fixture(scope="module")
def finished(
    corpus: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Options, dict[str, Tensor]]:
    """A run of eight steps that nothing disturbed, and its weights."""
    options = tiny_options(corpus, tmp_path_factory.mktemp("finished"))
    return options, trained(options)


def test_the_same_seed_and_steps_give_the_same_weights_bit_for_bit(
    finished: tuple[Options, dict[str, Tensor]], options: Options
) -> None:
    assert same(trained(options), finished[1])


def test_a_run_killed_twice_ends_with_the_weights_of_one_never_killed(
    finished: tuple[Options, dict[str, Tensor]], options: Options
) -> None:
    # The turn of the schedule is at step 5: one kill on each side of it.
    assert same(trained(options, kill_at=frozenset({3, 6})), finished[1])


def test_another_seed_gives_other_weights(
    finished: tuple[Options, dict[str, Tensor]], options: Options
) -> None:
    assert not same(trained(replace(options, seed=8)), finished[1])


def test_a_finished_run_has_nothing_left_to_do(
    finished: tuple[Options, dict[str, Tensor]],
) -> None:
    options, before = finished
    assert train(options, TINY_SOURCES, log=str).step == options.steps
    assert same(before, checkpoint.load_weights(options.out))


def test_a_run_refuses_to_go_on_with_another_seed(
    finished: tuple[Options, dict[str, Tensor]],
) -> None:
    with pytest.raises(SystemExit, match="another seed"):
        train(replace(finished[0], seed=8), TINY_SOURCES, log=str)


def test_training_teaches_what_was_held_out(options: Options) -> None:
    progress = train(replace(options, steps=20), TINY_SOURCES, log=str)
    (_, _, held_out) = progress.curve[-1]
    assert held_out is not None and held_out < math.log(VOCABULARY_ROWS) - 1


def test_a_budget_in_minutes_is_kept_and_its_rate_falls_to_zero(options: Options) -> None:
    # The model is tiny; 0.03 minutes are some dozens of steps on any machine.
    progress = train(replace(options, steps=None, minutes=0.03), TINY_SOURCES, log=str)
    assert progress.step == progress.plan.total
    assert progress.plan.scale(progress.step) == 0.0
    assert progress.seconds < 30


def test_export_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no checkpoint"):
        export_run(tmp_path, tmp_path / "model")
