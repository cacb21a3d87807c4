"""Export: triples as a folder that `datasets.load_dataset` opens, or as one file of JSON lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from tear_core.corpus import export_rows
from tear_core.corpus.atomic import private_file, whole_file, whole_folder
from tear_core.corpus.dataset_card import CONFIGS, MARK, card
from tear_core.corpus.opening import Refused
from tear_core.corpus.redacting import Redactor, redacted
from tear_core.store import overview
from tear_core.store.database import Store
from tear_core.store.triple_rows import Status, StoredTriple

PUBLISHED: tuple[Status, ...] = ("unreviewed", "pending", "learned", "too_long")
"""What an export holds unless it is told otherwise: nothing that was rejected or taken back."""


@dataclass
class Told:
    """What an export wrote, for its card and for the person.

    Attributes:
        rows: how many of each config.
        kinds: counts of its triples by landing, status, source, licence, consent, theme.
        redacted: how many names, mails, phones and keys were taken out; None: nobody asked.
    """

    rows: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    redacted: Counter[str] | None = None


def export_folder(
    store: Store,
    target: Path,
    *,
    statuses: Sequence[Status] = PUBLISHED,
    redact: bool = False,
    force: bool = False,
) -> Told:
    """Write the dataset: a card, and a file of JSON lines for each config.

    Raises:
        Refused: there is something at `target`, or there is no triple; nothing was written or
            changed then.
        OSError: it cannot be written.
    """
    told = Told(redacted=Counter() if redact else None)

    def write(folder: Path) -> None:
        (folder / "data").mkdir(mode=0o700)
        with store.read():
            for name in CONFIGS:
                path = folder / "data" / f"{name}.jsonl"
                with private_file(path) as file:
                    told.rows[name] = _write(file, _config(name, store, statuses, told))
                if not told.rows[name]:
                    path.unlink()
        if not told.rows["triples"]:
            raise Refused("there is no triple to export", "See `tear-tui triples stats`.")
        with private_file(folder / "README.md") as file:
            file.write(card(told.rows, told.kinds, told.redacted))

    whole_folder(target, write, is_export, force=force)
    return told


def export_file(
    store: Store,
    target: Path,
    *,
    statuses: Sequence[Status] = PUBLISHED,
    redact: bool = False,
    force: bool = False,
) -> Told:
    """Write the triples as one file of JSON lines; `import` brings them back.

    Raises:
        Refused: there is something at `target`; nothing was written or changed then.
        OSError: it cannot be written.
    """
    told = Told(redacted=Counter() if redact else None)

    def write(file: IO[str]) -> None:
        told.rows["triples"] = _write(file, rows(store, statuses, told))

    whole_file(target, write, force=force)
    return told


def rows(store: Store, statuses: Sequence[Status], told: Told) -> Iterator[dict[str, Any]]:
    """The rows of our own format, one at a time."""
    return _config("triples", store, statuses, told)


def is_export(folder: Path) -> bool:
    """Whether a folder is one that `export_folder` wrote."""
    try:
        return MARK in (folder / "README.md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False


def _config(
    name: str, store: Store, statuses: Sequence[Status], told: Told
) -> Iterator[dict[str, Any]]:
    # Each config reads the triples anew: none of them is ever in memory as a whole.
    found = overview.walk(store, statuses, by_input=name == "preference")
    if told.redacted is not None:
        # Counted once, with the config that has every triple in it.
        counts = told.redacted if name == "triples" else Counter[str]()
        found = (_redacted(each, counts) for each in found)
    if name == "triples":
        return (export_rows.triple_row(each) for each in _counted(found, told.kinds))
    make: Callable[[Iterable[StoredTriple]], Iterator[dict[str, Any]]] = {
        "messages": lambda several: (export_rows.message_row(each) for each in several),
        "sft": export_rows.sft_rows,
        "preference": export_rows.preference_rows,
        "kto": export_rows.kto_rows,
    }[name]
    return make(found)


def _counted(
    several: Iterable[StoredTriple], kinds: dict[str, Counter[str]]
) -> Iterator[StoredTriple]:
    for each in several:
        seen = {
            "landing": each.triple.landing,
            "status": each.status,
            "source": each.source,
            "licence": each.notes.licence,
            "consent": each.notes.consent,
            "theme": each.notes.theme,
        }
        for kind, value in seen.items():
            kinds.setdefault(kind, Counter())[value] += 1
        yield each


def _redacted(stored: StoredTriple, found: Counter[str]) -> StoredTriple:
    names: dict[str, str] = {}
    again = Redactor(found, names)
    triple = redacted(stored.triple, found, names)
    notes = replace(stored.notes, consent=again(stored.notes.consent))
    predicted = stored.predicted and again(stored.predicted)
    return replace(
        stored, triple=triple, predicted=predicted, notes=notes, source=again(stored.source)
    )


def _write(file: IO[str], several: Iterable[dict[str, Any]]) -> int:
    count = 0
    for row in several:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count
