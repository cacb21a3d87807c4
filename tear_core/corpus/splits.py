"""Split a hand-written dataset: `python -m tear_core.corpus.splits data`.

    data/<part>/rows*.jsonl  ->  data/<part>/train.jsonl  dev.jsonl  gate.jsonl

About 70, 15 and 15 %. Rows of one pair, and rows of one input in whatever part, are in the same
split. Which one is a hash of the input, so that rows added later move none of those before. Rows
stand in the splits as they were written; a rows file that has been taken in is removed, so that
each row is in one place. A part in `HELD_OUT` is for judging alone: dev and gate, no train.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tear_core.corpus.atomic import whole_file
from tear_core.corpus.import_jsonl import parse_object, read_lines, row_of
from tear_core.corpus.records import BadRecord
from tear_core.corpus.splitting import HELD_OUT_SHARES, SHARES, SPLITS, Split, split_of
from tear_core.triples import Triple

HELD_OUT = frozenset({"ties"})
"""Parts for judging alone, by the names of their folders."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it stands in a file, and what it must stay together with."""

    part: Path
    raw: str
    id: str
    pair: str
    triple: Triple

    @property
    def said(self) -> str:
        return " ".join(self.triple.input.casefold().split())


def read_part(folder: Path) -> list[Line]:
    """The rows of one part, in the order of their files.

    Raises:
        BadRecord: a line is no triple, or an id is there twice with other words; names file
            and line.
    """
    lines: list[Line] = []
    seen: dict[str, str] = {}
    for path in _files(folder):
        with path.open("rb") as file:
            for number, raw in read_lines(file):
                try:
                    if isinstance(raw, str):
                        raise BadRecord(raw)
                    row = row_of(parse_object(raw), number)
                    text = raw.decode("utf-8").strip()
                    if seen.setdefault(row.notes.origin, text) != text:
                        raise BadRecord(f"the id {row.notes.origin!r} is there twice")
                except BadRecord as error:
                    raise BadRecord(f"{path}:{number}: {error}") from None
                assert row.triple is not None
                lines.append(Line(folder, text, row.notes.origin, row.notes.pair, row.triple))
    return list({line.id: line for line in lines}.values())


def _files(folder: Path) -> list[Path]:
    """What was split before, then what is new."""
    before = [folder / f"{split}.jsonl" for split in SPLITS]
    return [*(path for path in before if path.exists()), *sorted(folder.glob("rows*.jsonl"))]


def assign(lines: Sequence[Line]) -> dict[Split, list[Line]]:
    """The split of each row: rows that share an input or a pair share it.

    What shares one with a row of a held-out part is held out, too.
    """
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.setdefault(name, name) != name:
            name = root[name]
        return name

    for line in lines:
        if line.pair:
            one, two = sorted((find(f"input {line.said}"), find(f"pair {line.part} {line.pair}")))
            root[two] = one  # an input sorts before a pair, so the root is the first input
        else:
            find(f"input {line.said}")
    held_out = {find(f"input {line.said}") for line in lines if line.part.name in HELD_OUT}
    found: dict[Split, list[Line]] = {split: [] for split in SPLITS}
    for line in lines:
        name = find(f"input {line.said}")
        shares = HELD_OUT_SHARES if name in held_out else SHARES
        found[split_of(name.removeprefix("input "), shares)].append(line)
    return found


def split_folder(folder: Path) -> dict[str, dict[Split, int]]:
    """Write the splits of every part below a folder; returns how many rows each has."""
    parts = sorted(path for path in folder.iterdir() if path.is_dir() and _files(path))
    found = assign([line for part in parts for line in read_part(part)])
    counts: dict[str, dict[Split, int]] = {}
    for part in parts:
        counts[part.name] = {}
        for split in HELD_OUT_SHARES if part.name in HELD_OUT else SPLITS:
            ours = sorted((line for line in found[split] if line.part == part), key=lambda x: x.id)
            here = [line.raw for line in ours]
            text = "".join(f"{raw}\n" for raw in here)
            target = part / f"{split}.jsonl"
            whole_file(target, lambda file, text=text: file.write(text), force=True)  # type: ignore[misc]
            target.chmod(0o644)  # it is published
            counts[part.name][split] = len(here)
        for taken in part.glob("rows*.jsonl"):
            taken.unlink()
        if part.name in HELD_OUT:
            (part / "train.jsonl").unlink(missing_ok=True)
    return counts


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    try:
        counts = split_folder(given.folder)
    except BadRecord as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    for part, here in counts.items():
        print(part, *(f"{split} {n}" for split, n in here.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
