"""A shape is chosen by what short runs of equal cost end with, once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tear_core.nano import pretrain
from tear_core.nano.compare import Candidate, choose, parse_candidates
from tear_core.nano.model import SHAPES, build_model
from tear_core.nano.options import Options
from tear_core.nano.prepare import Prepared, prepare
from tear_core.nano.token_files import write_tokens
from tests.nano.conftest import TINY_SHAPE, TINY_SOURCES

SMALL = Candidate("small", TINY_SHAPE, 1.0)
USELESS = Candidate("small", TINY_SHAPE, 1e-9)


@pytest.fixture
def data(corpus: tuple[Path, Path], options: Options) -> Prepared:
    options.out.mkdir()
    return prepare(*corpus, options.out, options.seed, 64, TINY_SOURCES)


def test_the_candidate_that_learned_wins_and_is_remembered(
    options: Options, data: Prepared
) -> None:
    options = replace(options, steps=40)
    lines: list[str] = []
    chosen = choose(options, [USELESS, SMALL], 1.0, data, TINY_SOURCES, lines.append)
    assert chosen == SMALL and lines[-1] == "chosen: small@1"
    record = json.loads((options.out / "compare.json").read_text())
    assert record["held_out"]["small@1"] < record["held_out"]["small@1e-09"]
    lines.clear()
    assert choose(options, [USELESS, SMALL], 1.0, data, TINY_SOURCES, lines.append) == SMALL
    assert lines == []


def test_a_larger_shape_gets_fewer_steps_of_the_same_budget(
    options: Options, data: Prepared
) -> None:
    larger = Candidate("larger", replace(TINY_SHAPE, hidden=96), 1.0)
    lines: list[str] = []
    choose(replace(options, steps=12), [SMALL, larger], 1.0, data, TINY_SOURCES, lines.append)
    tokens = [int(line.split(" after ")[1].split()[0].replace(",", "")) for line in lines[:2]]
    assert tokens[0] == 6 * options.batch_tokens
    weights = [build_model(each.shape, 0, 0).num_parameters() for each in (SMALL, larger)]
    assert tokens[1] * weights[1] == pytest.approx(tokens[0] * weights[0], rel=0.35)
    assert tokens[1] < tokens[0]


def test_a_choice_made_among_others_is_not_taken(options: Options, data: Prepared) -> None:
    choose(replace(options, steps=2), [SMALL], 1.0, data, TINY_SOURCES, str)
    with pytest.raises(SystemExit, match="not among the candidates"):
        choose(replace(options, steps=2), [USELESS], 1.0, data, TINY_SOURCES, str)


def test_candidates_are_named_with_their_rate() -> None:
    found = parse_candidates("medium, deep@0.5")
    assert [candidate.label for candidate in found] == ["medium@1", "deep@0.5"]


@pytest.mark.parametrize(
    ("listed", "complaint"), [("huge", "no shape is called 'huge'"), ("deep@-1", "deep@0.5")]
)
def test_a_candidate_that_is_none_is_named(listed: str, complaint: str) -> None:
    with pytest.raises(SystemExit, match=complaint):
        parse_candidates(listed)


def test_the_whole_recipe_runs_from_token_files_to_a_model_and_goes_on_where_it_was(
    data: Prepared,
    options: Options,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(SHAPES, "small", TINY_SHAPE)
    monkeypatch.setattr(pretrain, "ALL_SOURCES", TINY_SOURCES)
    write_tokens(data, options.out, options.seed, 64, log=str)
    run = tmp_path / "gpu"
    command = ["--corpus", str(options.out), "--out", str(run), "--steps", "20", "--seed", "7"]
    command += ["--compare", "small,small@0.5", "--batch-tokens", "128", "--device", "cpu"]
    pretrain.main(command)
    told = capsys.readouterr().out
    assert "chosen: small@" in told and "step 16/16" in told
    assert (run / "model" / "model.safetensors").exists()
    weights = (run / "model" / "model.safetensors").read_bytes()
    pretrain.main(command)
    assert "going on from step 16" in capsys.readouterr().out
    assert (run / "model" / "model.safetensors").read_bytes() == weights


def test_a_gpu_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="no GPU that torch can use"):
        pretrain.main(["--corpus", "x", "--out", str(tmp_path), "--device", "cuda"])


@pytest.mark.parametrize("name", ["medium", "deep", "wide"])
def test_the_shapes_for_a_gpu_fit_in_forty_megabytes(name: str) -> None:
    with torch.device("meta"):
        count = build_model(SHAPES[name], eos=0, seed=0).num_parameters()
    assert 15e6 <= count <= 19.5e6
    assert SHAPES[name].context >= 1024
