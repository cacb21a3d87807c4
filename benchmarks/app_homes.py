"""The homes that `app.py` opens the app on: talks of some lengths, a long list, much to learn.

Knows the store and the corpus.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from import_growth import write

from tear_core.corpus.import_jsonl import open_jsonl, read_rows
from tear_core.corpus.importing import Wanted, import_file
from tear_core.store import Store, open_store, sessions
from tear_core.store.filters import parse
from tear_core.store.listing import listing
from tear_core.triples import Triple
from tear_core.turn import Event, Kind

DATA = Path(__file__).parents[1] / "data"
TALK = 60
"""Turns of the talk that is opened where nothing else is said."""
TURNS = (100, 1_000, 10_000)
TRIPLES = 100_000
TO_LEARN = 2_000
LAST_WORDS = "Lastly:"
"""Stands in the newest turn of every talk, and nowhere else."""


def home_of(folder: Path, name: str) -> Path:
    """The home for a contender."""
    return folder / name.replace(" ", "-")


def make_homes(folder: Path, busy: Sequence[str], triples: int, turns: Sequence[int]) -> None:
    """`talk`, a copy of it for each of `busy` (the last one with much to learn), `list`, and
    a talk of so many turns for each of `turns`, by its number."""
    rows = list(_rows())
    _talk(folder / "talk", rows, TALK)
    for name in busy:
        shutil.copytree(folder / "talk", home_of(folder, name))
    _import(home_of(folder, busy[-1]), folder, TO_LEARN, accept=True)
    _import(folder / "list", folder, triples, accept=False)
    for number in turns:
        _talk(folder / str(number), rows, number)


def found(home: Path, words: str) -> int:
    """How many triples a search finds."""
    with open_store(home) as store:
        return len(listing(store, parse(words)))


def _talk(home: Path, rows: Sequence[Triple], turns: int) -> None:
    with open_store(home) as store:
        session = sessions.create(store, "A long talk").id
        with store.write():
            for number, row in enumerate(islice(cycle(rows), turns), start=1):
                last = f" {LAST_WORDS} goodbye." if number == turns else ""
                _turn(store, session, number, row, last)


def _turn(store: Store, session: str, number: int, row: Triple, last: str) -> None:
    said = {"candidate": 0, "text": row.response + last, "generation": 0, "tokens": 30}
    happened: list[tuple[Kind, dict[str, Any]]] = [
        ("input", {"text": row.input, "order": "after"}),
        ("draft", said),
        ("scene", {"candidate": 0, "text": row.consequence, "tokens": 40, "generation": 0}),
        ("response", said),
        ("take", {"candidate": 0}),
    ]
    for kind, data in happened:
        sessions.append(store, session, Event(kind, number, data))


def _import(home: Path, folder: Path, rows: int, *, accept: bool) -> None:
    file = folder / f"{rows}.jsonl"
    write(file, "jsonl", rows)
    with open_store(home) as store:
        import_file(store, file, Wanted(accept=accept))
        with store.write() as connection:  # measured already: learning begins with its steps
            connection.execute("UPDATE triples SET surprise = (seq * 7919 % 1000) / 100.0")
    file.unlink()


def _rows() -> Iterator[Triple]:
    for path in sorted((DATA / "neutral").glob("*.jsonl")):
        with open_jsonl(path) as lines:
            yield from (row.triple for row in read_rows(lines) if row.triple is not None)
