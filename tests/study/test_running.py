"""A whole study on a tiny model: run, killed, gone on with, and the same again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core.settings import Settings, load_settings
from tear_core.study import design as designs
from tear_core.study.design import Design, StudyError
from tear_core.study.running import run
from tests.tiny import save_tiny


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    torch.set_num_threads(1)
    folder = save_tiny(tmp_path / "model")
    return load_settings({"base": str(folder), "learning_rate": 0.01, "rank": 4, "threads": 1})


@pytest.fixture
def items(tmp_path: Path) -> Path:
    """A part of a dataset: 40 inputs to learn and 36 to score, a pair each."""
    folder = tmp_path / "part"
    folder.mkdir()
    for split, start, count in (("train", 0, 40), ("dev", 100, 36)):
        rows = [
            {
                "id": f"{n}{kind}",
                "pair": f"p-{n}",
                "input": f"hello {n}",
                "response": f"{kind} {n}",
                "consequence": f"it was {kind} for {n}",
                "landing": "healed",
            }
            for n in range(start, start + count)
            for kind in ("soft", "loud")
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{split}.jsonl").write_text(text)
    return folder / "dev.jsonl"


def design(items: Path, settings: Settings, **changes: Any) -> Design:
    given: dict[str, Any] = {
        "name": "small", "base": settings.base, "items": (str(items),), "seeds": 1,
        "triples": 12, "held_out": 8, "pairs": 6, "epochs": 1,
    }  # fmt: skip
    return Design(**{**given, **changes})


def test_every_arm_is_run_once_and_compared(
    tmp_path: Path, settings: Settings, items: Path
) -> None:
    asked = design(items, settings, sweep=(0.0, 0.3, 1.0))
    told = list(run(tmp_path / "home", asked, settings))
    cells = [each for each in told if each["event"] == "cell"]
    names = ["base", "adapter", "lambda-0", "placebo", "lambda-1"]
    assert [each["arm"] for each in cells] == names
    found = told[-1]
    assert found["event"] == "findings" and found["complete"]
    assert [arm["arm"] for arm in found["arms"]] == names
    by = {arm["arm"]: arm for arm in found["arms"]}
    assert by["adapter"]["learned"][0]["steps"] == by["placebo"]["learned"][0]["steps"] > 0
    assert by["adapter"]["surprise"]["mean"] != by["lambda-0"]["surprise"]["mean"]
    assert by["adapter"]["awareness"]["verdict"] == "insufficient"  # 6 pairs are no measurement
    folder = designs.folder_of(tmp_path / "home", "small")
    assert not list((folder / "work").iterdir())
    again = list(run(tmp_path / "home", asked, settings))
    assert [each["event"] for each in again] == ["study", "findings"]
    assert again[-1]["arms"] == found["arms"]


def test_the_same_design_finds_the_same_figures(
    tmp_path: Path, settings: Settings, items: Path
) -> None:
    asked = design(items, settings, arms=("adapter", "placebo"))
    one, two = (list(run(tmp_path / name, asked, settings))[-1] for name in ("one", "two"))
    assert [a["surprise"] for a in one["arms"]] == [a["surprise"] for a in two["arms"]]


def test_a_seed_may_be_added_and_another_design_may_not(
    tmp_path: Path, settings: Settings, items: Path
) -> None:
    home = tmp_path / "home"
    list(run(home, design(items, settings, arms=("adapter",)), settings))
    more = list(run(home, design(items, settings, arms=("adapter",), seeds=2), settings))
    assert [each["seed"] for each in more if each["event"] == "cell"] == [1]
    assert more[-1]["arms"][0]["seeds"] == [0, 1]
    with pytest.raises(StudyError, match="another design"):
        list(run(home, design(items, settings, lambda_=0.7), settings))


def test_a_changed_file_makes_old_cells_stale(
    tmp_path: Path, settings: Settings, items: Path
) -> None:
    home, asked = tmp_path / "home", design(items, settings, arms=("base",))
    list(run(home, asked, settings))
    train = items.with_name("train.jsonl")
    train.write_text("".join(train.read_text().splitlines(keepends=True)[2:]))
    told = list(run(home, asked, settings))
    assert [each["event"] for each in told] == ["study", "measuring", "cell", "findings"]


def test_what_cannot_be_is_said(tmp_path: Path, settings: Settings, items: Path) -> None:
    with pytest.raises(StudyError, match="no arm"):
        list(run(tmp_path, design(items, settings, arms=("magic",)), settings))
    with pytest.raises(StudyError, match="cannot be read"):
        list(run(tmp_path, design(items.with_name("none.jsonl"), settings), settings))
    with pytest.raises(StudyError, match="cannot be a study's name"):
        design(items, settings, name="../up")
    items.with_name("train.jsonl").unlink()
    with pytest.raises(StudyError, match="nothing to learn"):
        list(run(tmp_path, design(items, settings), settings))


CHILD = """
import sys
from pathlib import Path
from tear_core.settings import load_settings
from tear_core.study import design as designs
from tear_core.study.running import run
home = Path(sys.argv[1])
settings = load_settings(
    {"base": sys.argv[2], "learning_rate": 0.01, "rank": 4, "threads": 1})
for told in run(home, designs.load(home, "small"), settings):
    print(told["event"], flush=True)
"""


def test_a_killed_study_goes_on_where_it_was(
    tmp_path: Path, settings: Settings, items: Path
) -> None:
    home = tmp_path / "home"
    asked = design(items, settings, seeds=2)
    folder = designs.keep(home, asked)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home), settings.base], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == "cell" and len(list(folder.glob("cell-*.json"))) == 2:
            child.send_signal(signal.SIGKILL)
    child.wait()
    kept = {path.name: path.read_bytes() for path in folder.glob("cell-*.json")}
    assert 2 <= len(kept) < 7
    told = list(run(home, asked, settings))
    assert told[0]["done"] == len(kept) and told[-1]["complete"]
    assert all((folder / name).read_bytes() == text for name, text in kept.items())
