"""The card says what was measured, whose texts were read, and shows samples nobody chose."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tear_core.nano import card as card_of
from tear_core.nano import checkpoint
from tear_core.nano.card import Words, attribution, write_card
from tear_core.nano.chat import TURNS
from tear_core.nano.export import export_run
from tear_core.nano.loop import train
from tear_core.nano.options import Options
from tests.nano.conftest import TINY_SOURCES, short_texts, tiny_options


@pytest.fixture(scope="module")
def card(corpus: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    tmp_path = tmp_path_factory.mktemp("card")
    options = tiny_options(corpus, tmp_path / "run")
    train(options, TINY_SOURCES, log=str)
    export_run(options.out, tmp_path / "model")
    with pytest.MonkeyPatch.context() as patch:
        short_texts(patch)
        _write(options, tmp_path / "model")
    return (tmp_path / "model" / "README.md").read_text()


def _write(options: Options, folder: Path) -> None:
    write_card(
        options.out,
        Path(str(options.text)),
        Path(str(options.triples)),
        folder,
        Words("one small core", "It rained."),
        sources=TINY_SOURCES,
        before=folder,
    )


def test_the_card_names_every_source_its_licence_and_the_held_out_loss(card: str) -> None:
    for source in TINY_SOURCES.values():
        assert f"| {source.name} | {source.licence} | {source.credit} |" in card
    assert "| deeds | 4 |" in card
    measured, _ = card.split("## Twenty first turns")
    assert "It rained." in measured
    assert "on one small core" in measured and "{" not in measured


def test_the_card_shows_twenty_turns_of_both_models_in_full(card: str) -> None:
    assert all(f"**{number}.** {turn}" in card for number, turn in enumerate(TURNS, start=1))
    assert card.count("> nano, response: ") == card.count("> before, scene: ") == 20


def test_the_card_of_a_restart_counts_the_runs_before_it(
    corpus: tuple[Path, Path], tmp_path: Path
) -> None:
    first = tiny_options(corpus, tmp_path / "first")
    train(first, TINY_SOURCES, log=str)
    second = replace(first, out=tmp_path / "second", start=first.out)
    train(second, TINY_SOURCES, log=str)
    export_run(second.out, tmp_path / "model")
    progress = checkpoint.load_progress(second.out)
    assert progress is not None
    told = card_of._head(progress, 1, tmp_path / "model", Words())
    assert "16 steps of 128 tokens: 2,048 tokens" in told
    assert "earlier ones, of 8 steps and 1,024 tokens" in told


def test_titles_and_authors_of_an_archive_are_credited(tmp_path: Path) -> None:
    credits = json.dumps([["one.md", "CC-BY", "The Hen", "Ada"], ["b.md", "CC0", "Owl", "Bo"]])
    with tarfile.open(tmp_path / "tales.tar.xz", "w:xz") as archive:
        entry = tarfile.TarInfo("tales/_attribution.json")
        entry.size = len(credits)
        archive.addfile(entry, io.BytesIO(credits.encode()))
    lines = list(attribution(tmp_path, TINY_SOURCES))
    assert "- The Hen, Ada" in lines and "- Owl, Bo (CC0)" in lines
