"""A command of the recipe that cannot go on ends with one sentence: what, which, and what to do."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tear_core.nano import export, measure, pretrain, screen, token_files
from tear_core.nano.checkpoint import FILE

Main = Callable[[list[str]], None]


@pytest.fixture
def given(corpus: tuple[Path, Path], tmp_path: Path) -> Path:
    """A folder with things that are not what they should be, by name."""
    for name in ("empty", "text", "triples", "corpus", "run"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "text" / "tatoeba_en.txt").write_text("A hen walks home.\nThe hen is glad.")
    (tmp_path / "triples" / "casino.jsonl.xz").write_text("not xz at all")
    weights = Path(token_files.__file__).parent / "weights"
    for name in ("tokenizer.json", "tokenizer_config.json"):
        for folder in ("corpus", "run"):
            shutil.copyfile(weights / name, tmp_path / folder / name)
    about = {"seed": 0, "context": 1024, "train": ["casino"], "held_out": []}
    (tmp_path / "corpus" / token_files.ABOUT).write_text(json.dumps(about))
    (tmp_path / "run" / FILE).write_text("not a checkpoint")
    return tmp_path


def sentence(main: Main, given: Path, *asked: str) -> str:
    """What a command says on its way out. `@NAME` stands for something in `given`."""
    with pytest.raises(SystemExit) as ended:
        main([str(given / each[1:]) if each.startswith("@") else each for each in asked])
    said = ended.value.code
    assert isinstance(said, str), "a number would print nothing"
    assert "\n" not in said
    return said


READ = [token_files.main, ["--to", "@to"]], [pretrain.main, ["--out", "@out", "--steps", "1"]]


@pytest.mark.parametrize(("main", "other"), READ, ids=["token_files", "pretrain"])
@pytest.mark.parametrize(
    ("text", "triples", "expected"),
    [
        ("@no", "@triples", r"no: there is no such folder.*--text .* text archives"),
        ("@file", "@triples", r"file: it is not a folder.*--text"),
        ("@empty", "@triples", r"empty: it holds none of .*african_storybook_en.*--text"),
        ("@text", "@no", r"no: there is no such folder.*--triples .*\.jsonl"),
        ("@text", "@empty", r"empty: it holds none of .*moral_stories.*--triples"),
        ("@text", "@triples", r"casino\.jsonl\.xz.*cannot be read"),
    ],
)
def test_a_folder_that_is_not_what_it_should_be(
    given: Path, main: Main, other: list[str], text: str, triples: str, expected: str
) -> None:
    said = sentence(main, given, *other, "--text", text, "--triples", triples)
    assert re.search(expected, said), said
    assert not (given / "out" / FILE).exists()


def test_nothing_is_made_where_nothing_can_be_read(given: Path) -> None:
    for main, other in READ:
        sentence(main, given, *other, "--text", "@no", "--triples", "@no")
    assert not (given / "to").exists() and not (given / "out").exists()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["--corpus", "@no"], "no: there is no such folder"),
        (["--corpus", "@file"], "file: it is not a folder"),
        (["--corpus", "@empty"], "empty has no tokenizer.json"),
        (["--corpus", "@corpus"], "casino.train.xz cannot be read"),
        (["--from", "@no", "--corpus", "@corpus"], "no: there is no such folder"),
        (["--from", "@file", "--corpus", "@corpus"], "file: it is not a folder"),
        (["--threads", "-3", "--corpus", "@corpus"], "--threads -3"),
        (["--device", "flux", "--corpus", "@corpus"], "--device flux"),
    ],
)
def test_a_run_says_what_it_lacks(given: Path, asked: list[str], expected: str) -> None:
    said = sentence(pretrain.main, given, "--out", "@out", "--steps", "1", *asked)
    assert expected in said and "Errno" not in said


@pytest.mark.parametrize("about", ["{not json", "[]", "{}", '{"seed": "x"}'])
def test_a_corpus_with_a_damaged_table_says_so(given: Path, about: str) -> None:
    (given / "corpus" / token_files.ABOUT).write_text(about)
    said = sentence(pretrain.main, given, "--out", "@out", "--steps", "1", "--corpus", "@corpus")
    assert "corpus.json is damaged" in said and "token_files" in said


def test_a_damaged_tokenizer_is_named(given: Path) -> None:
    (given / "corpus" / "tokenizer.json").write_text("{}")
    (given / "corpus" / token_files.ABOUT).write_text(
        json.dumps({"seed": 0, "context": 1024, "train": [], "held_out": []})
    )
    said = sentence(pretrain.main, given, "--out", "@out", "--steps", "1", "--corpus", "@corpus")
    assert "tokenizer.json cannot be read" in said


def test_a_place_that_cannot_be_written_is_named(given: Path) -> None:
    common = ["--text", "@text", "--triples", "@triples"]
    assert "file" in sentence(token_files.main, given, "--to", "@file", *common)
    said = sentence(pretrain.main, given, "--out", "@file", "--steps", "1", "--corpus", "@corpus")
    assert "file" in said and "Errno" not in said


def test_a_damaged_checkpoint_is_named(given: Path) -> None:
    said = sentence(export.main, given, "--run", "@run", "--to", "@model")
    assert FILE in said and "cannot be read" in said


def test_a_triples_file_that_is_no_text_is_named(given: Path) -> None:
    (given / "triples" / "casino.jsonl.xz").unlink()
    (given / "triples" / "casino.jsonl").write_bytes(b'\n{"input": "\xff\xfe"}\n')
    common = ["--to", "@to", "--text", "@text", "--triples", "@triples"]
    assert "casino.jsonl cannot be read" in sentence(token_files.main, given, *common)


def test_the_other_commands_of_the_recipe_say_it_too(given: Path) -> None:
    assert "no: there is no such folder" in sentence(screen.main, given, "--text", "@no")
    assert "pg_children_bundle" in sentence(screen.main, given, "--text", "@empty")
    assert "no is not a model folder" in sentence(
        measure.main, given, "@no", "--text", "@text", "--triples", "@triples"
    )
