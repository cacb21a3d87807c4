"""A run can begin with the weights of another one: a warm restart with a plan of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tear_core.nano import checkpoint, pretrain
from tear_core.nano.checkpoint import Progress
from tear_core.nano.export import export_run
from tear_core.nano.loop import train
from tear_core.nano.model import SHAPES
from tear_core.nano.options import Options
from tear_core.nano.start import weights_digest
from tear_core.nano.troubles import RecipeError
from tests.nano.conftest import TINY_SHAPE, TINY_SOURCES, tiny_options


@pytest.fixture(scope="module")
def first(corpus: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Options:
    options = tiny_options(corpus, tmp_path_factory.mktemp("first"))
    train(options, TINY_SOURCES, log=str)
    export_run(options.out, options.out / "model")
    return options


def restarted(first: Options, out: Path, **changes: object) -> tuple[Options, Progress]:
    chosen = {"start": first.out, "rate": 0.4, "turn": 0.25, **changes}
    options = replace(first, out=out, **chosen)  # type: ignore[arg-type]
    return options, train(options, TINY_SOURCES, log=str)


def test_it_begins_where_the_other_ended_and_with_its_tokenizer(
    first: Options, tmp_path: Path
) -> None:
    options, progress = restarted(first, tmp_path / "second", rate=1e-12)
    before, after = checkpoint.load_weights(first.out), checkpoint.load_weights(options.out)
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in before)
    assert (options.out / "tokenizer.json").read_bytes() == (
        first.out / "tokenizer.json"
    ).read_bytes()
    assert progress.earlier["steps"] == 8 and progress.earlier["tokens"] == 8 * 128


def test_its_plan_is_its_own_and_ends_at_zero(first: Options, tmp_path: Path) -> None:
    options, progress = restarted(first, tmp_path / "second")
    assert progress.step == 8 and progress.plan.turn == 2
    assert progress.plan.scale(progress.step) == 0.0
    assert weights_digest(options.out) != weights_digest(first.out)


def test_it_can_be_stopped_and_goes_on_to_the_same_end(first: Options, tmp_path: Path) -> None:
    straight, _ = restarted(first, tmp_path / "straight")

    class Stopped(Exception):
        pass

    def log(line: str) -> None:
        if line.startswith("step 3/"):
            raise Stopped

    options = replace(straight, out=tmp_path / "broken", save_every_seconds=0.0)
    with pytest.raises(Stopped):
        train(options, TINY_SOURCES, log)
    assert train(options, TINY_SOURCES, log=str).earlier["steps"] == 8
    assert weights_digest(options.out) == weights_digest(straight.out)


def test_a_finished_model_will_do_as_a_beginning(first: Options, tmp_path: Path) -> None:
    options = replace(first, out=tmp_path / "second", start=first.out / "model", rate=0.4)
    progress = train(options, TINY_SOURCES, log=str)
    assert progress.step == 8 and progress.earlier == {}


def test_a_run_that_began_otherwise_is_not_gone_on_with(first: Options, tmp_path: Path) -> None:
    options, _ = restarted(first, tmp_path / "second")
    with pytest.raises(SystemExit, match="another rate, start"):
        train(replace(options, start=None, rate=1.0), TINY_SOURCES, log=str)


def test_weights_of_another_shape_are_refused(first: Options, tmp_path: Path) -> None:
    other = replace(TINY_SHAPE, intermediate=96)
    options = replace(first, out=tmp_path / "second", start=first.out, shape=other)
    with pytest.raises(SystemExit, match="another shape"):
        train(options, TINY_SOURCES, log=str)


def test_a_folder_without_weights_says_so(first: Options, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "tokenizer_config.json").write_text("{}")
    with pytest.raises(SystemExit, match="neither a checkpoint nor"):
        weights_digest(tmp_path)
    with pytest.raises(RecipeError, match="there is no such folder"):
        train(replace(first, out=tmp_path / "b", start=tmp_path / "c"), TINY_SOURCES, log=str)


def test_a_restart_is_gentler_than_a_first_run_unless_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Options] = []
    monkeypatch.setattr(pretrain, "train", lambda options, *rest, **more: seen.append(options))
    monkeypatch.setattr(pretrain, "export_run", lambda run, folder: None)
    common = ["--text", "t", "--triples", "j", "--out", str(tmp_path), "--steps", "2"]
    pretrain.main(common)
    pretrain.main([*common, "--from", "earlier"])
    pretrain.main([*common, "--from", "earlier", "--rate", "0.2", "--turn", "0.1"])
    assert [(o.rate, o.turn) for o in seen] == [(1.0, 0.65), (0.4, 0.65), (0.2, 0.1)]
    assert seen[0].start is None and seen[1].start == Path("earlier")
    assert seen[0].shape in SHAPES.values()
