"""A corpus of a few lines, and a model of a few numbers, for the recipe to run on."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch

from tear_core.nano.model import Shape
from tear_core.nano.options import Options
from tear_core.nano.sources import Source

TINY_SHAPE = Shape(
    hidden=32, layers=1, intermediate=64, heads=2, kv_heads=1, head_size=16, context=64
)
TINY_SOURCES: Mapping[str, Source] = {
    "tales": Source("tales", "text", "ours", "ours", 0.5, 0.2, separator="\n\n\n"),
    "deeds": Source("deeds", "triples", "ours", "ours", 0.5, 0.8),
}


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """Matrices this small are slower on two threads, much slower when the cores are shared."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(folder of text, folder of triples)."""
    tmp_path = tmp_path_factory.mktemp("corpus")
    text, triples = tmp_path / "text", tmp_path / "triples"
    text.mkdir()
    triples.mkdir()
    animals = ("fox", "crow", "hen", "wolf", "hare", "owl", "frog", "mole")
    tales = [f"A {one} met a {two}. They shared bread." for one in animals for two in animals]
    (text / "tales.txt").write_text("\n\n\n".join(tales))
    rows = [
        {
            "input": f"The {animal} is hungry.",
            "response": f"I give the {animal} {food}.",
            "consequence": f"The {animal} eats the {food} and sleeps.",
            "split": "dev" if animal in ("owl", "mole") else "train",
        }
        for animal in animals
        for food in ("bread", "a pear")
    ]
    (triples / "deeds.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return text, triples


@pytest.fixture
def options(corpus: tuple[Path, Path], tmp_path: Path) -> Options:
    return tiny_options(corpus, tmp_path / "run")


def tiny_options(corpus: tuple[Path, Path], out: Path) -> Options:
    return Options(*corpus, out, TINY_SHAPE, batch_tokens=128, steps=8, seed=7)


def short_texts(patch: pytest.MonkeyPatch) -> None:
    """Let a model that never learned to stop write four tokens and no more."""
    patch.setattr("tear_core.nano.samples.RESPONSE_TOKENS", 4)
    patch.setattr("tear_core.nano.samples.SCENE_TOKENS", 4)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder with one archive: a story, a note about it, and a licence file."""
    folder, story = tmp_path / "archives", tmp_path / "tales"
    folder.mkdir()
    story.mkdir()
    (story / "one.txt").write_text("The hen walked home.")
    (story / "_about.txt").write_text("Terms of use.")
    (story / "README_LICENSE.md").write_text("Licence.")
    with tarfile.open(folder / "tales.tar.xz", "w:xz") as tar:
        tar.add(story, "tales")
    return folder
