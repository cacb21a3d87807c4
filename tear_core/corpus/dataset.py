"""A dataset in folders: parts with `train.jsonl`, `dev.jsonl` and `gate.jsonl` in them.

    data/warmth/train.jsonl   data/warmth/dev.jsonl   data/warmth/gate.jsonl

A file given by itself is all train, and its part is its own name. Gate files are never read
here: they are kept for judging.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tear_core.corpus.import_jsonl import open_jsonl, read_rows
from tear_core.corpus.importing import Wanted, import_file
from tear_core.store import triples
from tear_core.store.database import Store
from tear_core.store.triples import StoredTriple
from tear_core.triples import Triple


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a dataset. `dev` is None where nothing is held out."""

    name: str
    train: Path
    dev: Path | None


def find_parts(paths: Iterable[Path]) -> list[Part]:
    """The parts below these folders, and these files, in the order of their names."""
    parts = []
    for path in paths:
        if path.is_dir():
            for train in sorted(path.rglob("train.jsonl")):
                dev = train.with_name("dev.jsonl")
                parts.append(Part(train.parent.name, train, dev if dev.exists() else None))
        else:
            parts.append(Part(path.name.split(".")[0], path, None))
    return parts


def take_in(store: Store, part: Part) -> list[StoredTriple]:
    """Import a part's train rows (unreviewed, unless they are there already); returns them.

    Raises:
        OSError: the file cannot be opened.
    """
    import_file(store, part.train, Wanted(format="jsonl", source=part.name))
    hashes = [triple.content_hash for triple in read_triples(part.train)]
    return triples.by_hashes(store, hashes)


def read_triples(path: Path) -> list[Triple]:
    """The triples of a file; lines that are none are passed over (importing names them)."""
    with open_jsonl(path) as lines:
        return [row.triple for row in read_rows(lines) if row.triple is not None]
