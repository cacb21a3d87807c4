"""The dataset that ships: it parses, its ids are its own, and no input is on both sides."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tear_core.corpus.import_jsonl import read_rows
from tear_core.corpus.records import Row
from tear_core.corpus.splitting import SPLITS

DATA = Path(__file__).parents[2] / "data"
FILES = sorted(path for path in DATA.glob("*/*.jsonl") if path.parent.name != "suites")


def rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        yield from read_rows(file)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_line_is_a_triple_with_an_id_of_its_own(path: Path) -> None:
    found = list(rows(path))
    assert [(row.line, row.reason) for row in found if row.triple is None] == []
    ids = [row.notes.origin for row in found]
    assert all(ids) and len(set(ids)) == len(ids)
    words = [row.triple.content_hash for row in found if row.triple]
    assert len(set(words)) == len(words)
    assert all(row.notes.difficulty and row.notes.theme for row in found)


def test_no_input_and_no_pair_is_in_two_splits() -> None:
    where: dict[str, set[str]] = {}
    for split in SPLITS:
        for path in DATA.glob(f"*/{split}.jsonl"):
            for row in rows(path):
                assert row.triple is not None
                keys = [f"input {' '.join(row.triple.input.casefold().split())}"]
                keys += [f"pair {path.parent.name} {row.notes.pair}"] if row.notes.pair else []
                for key in keys:
                    where.setdefault(key, set()).add(split)
    assert {key: splits for key, splits in where.items() if len(splits) > 1} == {}


def test_a_row_is_in_one_split_of_its_part() -> None:
    for part in {path.parent for path in FILES}:
        splits = [row.notes.origin for s in SPLITS for row in _maybe(part / f"{s}.jsonl")]
        assert len(set(splits)) == len(splits)


def _maybe(path: Path) -> Iterator[Row]:
    return rows(path) if path.exists() else iter(())
