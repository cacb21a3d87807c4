"""Splitting: whole, deterministic, and nothing on both sides."""

import json
from pathlib import Path

import pytest

from tear_core.corpus.splits import main, split_folder
from tear_core.corpus.splitting import SPLITS, split_of

DATA = Path(__file__).parents[2] / "data"


def row(part: str, number: int, letter: str = "a", **more: object) -> dict[str, object]:
    name = f"{part}-{number:03}"
    return {
        "id": f"{name}-{letter}",
        "pair": name,
        "input": f"input {name}",
        "response": f"response {letter}",
        "consequence": "c — é",
        "landing": "healed",
        **more,
    }


def write(folder: Path, part: str, name: str, *rows: dict[str, object]) -> None:
    (folder / part).mkdir(exist_ok=True)
    lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in rows)
    (folder / part / name).write_text("".join(lines), encoding="utf-8")


def read(folder: Path) -> dict[str, dict[str, list[dict[str, object]]]]:
    return {
        part.name: {
            split: [json.loads(line) for line in (part / f"{split}.jsonl").open(encoding="utf-8")]
            for split in SPLITS
        }
        for part in sorted(folder.iterdir())
    }


def test_every_row_is_in_one_split_with_its_pair_and_its_input(tmp_path: Path) -> None:
    pairs = [row("one", n, letter) for n in range(100) for letter in "ab"]
    for each in pairs[:20]:  # two wordings in one pair
        each["input"] = f"{each['input']} {each['id']}"
    write(tmp_path, "one", "rows-a.jsonl", *pairs[:100])
    write(tmp_path, "one", "rows-b.jsonl", *pairs[100:])
    same = [row("two", n, input=f"INPUT  one-{n + 50:03}", pair=None) for n in range(40)]
    write(tmp_path, "two", "rows.jsonl", *same)
    counts = split_folder(tmp_path)
    found = read(tmp_path)
    for part, total in (("one", 200), ("two", 40)):
        assert sum(counts[part].values()) == total
        assert {split: len(rows) for split, rows in found[part].items()} == counts[part]
    where: dict[str, set[str]] = {}
    for splits in found.values():
        for split, rows in splits.items():
            for each in rows:
                for key in (each["pair"], " ".join(str(each["input"]).lower().split())):
                    where.setdefault(str(key), set()).add(split) if key else None
    assert {len(splits) for splits in where.values()} == {1}
    assert 110 <= counts["one"]["train"] <= 170
    again = split_folder(tmp_path)
    assert again == counts and read(tmp_path) == found


def test_rows_that_come_later_move_none_of_those_before(tmp_path: Path) -> None:
    write(tmp_path, "one", "rows.jsonl", *(row("one", n) for n in range(50)))
    split_folder(tmp_path)
    before = {r["id"]: s for s, rows in read(tmp_path)["one"].items() for r in rows}
    write(tmp_path, "one", "rows.jsonl", *(row("one", n) for n in range(80)))
    split_folder(tmp_path)
    after = {r["id"]: s for s, rows in read(tmp_path)["one"].items() for r in rows}
    assert before.items() <= after.items() and len(after) == 80


def test_a_held_out_part_is_never_learned_from(tmp_path: Path) -> None:
    write(tmp_path, "ties", "rows.jsonl", *(row("ties", n) for n in range(60)))
    same = [row("one", n, input=f"INPUT  ties-{n:03}") for n in range(60)]
    write(tmp_path, "one", "rows.jsonl", *same)
    counts = split_folder(tmp_path)
    assert set(counts["ties"]) == {"dev", "gate"} and sum(counts["ties"].values()) == 60
    assert not (tmp_path / "ties" / "train.jsonl").exists()
    assert counts["one"] == {"train": 0, **counts["ties"]} and min(counts["ties"].values()) > 10


def test_shares_are_about_as_asked() -> None:
    counts = {split: sum(split_of(str(n)) == split for n in range(4000)) for split in SPLITS}
    assert 2650 <= counts["train"] <= 2950 and 500 <= counts["gate"] <= 700


def test_a_bad_row_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "one", "rows.jsonl", row("one", 1), row("one", 1, theme="other"))
    assert main([str(tmp_path)]) == 1
    assert "rows.jsonl:2: the id 'one-001-a' is there twice" in capsys.readouterr().err
    assert not list(tmp_path.rglob("train.jsonl"))
    write(tmp_path, "one", "rows.jsonl", row("one", 1), row("one", 2))
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("one train ")
