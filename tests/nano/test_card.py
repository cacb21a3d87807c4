"""The card says what was measured, whose texts were read, and shows samples nobody chose."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from tear_core.nano.card import Words, attribution, first_situations, write_card
from tear_core.nano.corpus import Row
from tear_core.nano.export import export_run
from tear_core.nano.loop import train
from tests.nano.conftest import TINY_SOURCES, tiny_options


@pytest.fixture(scope="module")
def card(corpus: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    tmp_path = tmp_path_factory.mktemp("card")
    options = tiny_options(corpus, tmp_path / "run")
    train(options, TINY_SOURCES, log=str)
    export_run(options.out, tmp_path / "model")
    write_card(
        options.out,
        options.text,
        options.triples,
        tmp_path / "model",
        Words("one small core", "It rained."),
        sources=TINY_SOURCES,
        shown="deeds",
    )
    return (tmp_path / "model" / "README.md").read_text()


def test_the_card_names_every_source_its_licence_and_the_held_out_loss(card: str) -> None:
    for source in TINY_SOURCES.values():
        assert f"| {source.name} | {source.licence} | {source.credit} |" in card
    assert "| deeds | 4 |" in card
    measured, _ = card.split("## Samples")
    assert "It rained." in measured
    assert "on one small core" in measured and "{" not in measured


def test_the_card_quotes_held_out_situations_with_a_response_and_a_scene(card: str) -> None:
    assert "**1.** The owl is hungry." in card and "**2.** The mole is hungry." in card
    assert card.count("> response: ") == card.count("> scene: ") == 2


def test_samples_are_the_first_situations_in_file_order_each_once() -> None:
    rows = [Row(TINY_SOURCES["deeds"], text, "b", "c") for text in ("x", "x", "z", "y", "w")]
    assert [row.input for row in first_situations(rows, "deeds", 3)] == ["x", "z", "y"]


def test_titles_and_authors_of_an_archive_are_credited(tmp_path: Path) -> None:
    credits = json.dumps([["one.md", "CC-BY", "The Hen", "Ada"], ["b.md", "CC0", "Owl", "Bo"]])
    with tarfile.open(tmp_path / "tales.tar.xz", "w:xz") as archive:
        entry = tarfile.TarInfo("tales/_attribution.json")
        entry.size = len(credits)
        archive.addfile(entry, io.BytesIO(credits.encode()))
    lines = list(attribution(tmp_path, TINY_SOURCES))
    assert "- The Hen, Ada" in lines and "- Owl, Bo (CC0)" in lines
