"""The dataset that ships: it parses, ids are its own, no input is on both sides, ties are ties."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tear_core.corpus.audit import audit
from tear_core.corpus.import_jsonl import read_rows
from tear_core.corpus.records import Row
from tear_core.corpus.splitting import SPLITS
from tear_core.evaluate import awareness
from tear_core.evaluate.awareness.sets import sets_of

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


def test_ties_are_for_judging_alone() -> None:
    """Two responses of one input that landed alike, and that are nowhere else in the dataset."""
    assert not (DATA / "ties" / "train.jsonl").exists()
    ties = [row for path in (DATA / "ties").glob("*.jsonl") for row in rows(path)]
    assert ties and {row.notes.origin[:-2] for row in ties} == {row.notes.pair for row in ties}
    pairs = [(row.triple.input, row.triple.landing) for row in ties if row.triple]
    assert set(Counter(pairs).values()) == {2}
    others = [path for path in FILES if path.parent.name != "ties"]
    heard = {row.triple.input for path in others for row in rows(path) if row.triple}
    assert not heard & {said for said, _ in pairs}


def test_the_surface_cannot_tell_ties_apart() -> None:
    """As many as a verdict needs, and none that length, valence or shared words would solve."""
    parts = ("ties", "siblings", "contrast")
    sets = sets_of([DATA / part / f"{split}.jsonl" for part in parts for split in ("dev", "gate")])
    surface = awareness.fit_surface(sets.train)
    tied = {item.id for item in sets.items if surface.stratum(item) == "T"}
    for split, least in (("dev", 45), ("gate", 70)):
        pairs = {row.notes.pair for row in rows(DATA / "ties" / f"{split}.jsonl")}
        assert len(pairs & tied) >= least
    found = audit(row for path in (DATA / "ties").glob("*.jsonl") for row in rows(path))
    told = {measure.name: measure.right or 1.0 for measure in found.table}
    assert found.siblings == 141 and found.alone == 0
    assert told["word overlap"] <= 0.55 and told["length"] < 0.60
    assert told["bag of words, consequence alone"] < 0.65 and told["question mark"] < 0.60


def _maybe(path: Path) -> Iterator[Row]:
    return rows(path) if path.exists() else iter(())
