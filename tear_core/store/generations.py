"""Generations: published versions of the adapter, and which of them is live for each base.

The database is the only truth; `reconciling` holds the folders against it.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tear_core.home import generations_folder
from tear_core.store.database import Store, StoreError
from tear_core.store.exposures import expose, exposures, fingerprint
from tear_core.store.folders import is_there, size_of, verify_folder
from tear_core.store.generation_rows import BASE, Generation, insert, stored
from tear_core.store.ids import new_id, now
from tear_core.store.sessions import tell_turns
from tear_core.store.triple_rows import move
from tear_core.store.triples import get as get_triple
from tear_core.triples import Triple

__all__ = ["BASE", "Generation"]


def list_generations(store: Store, base: str | None = None) -> list[Generation]:
    """Every generation, oldest first; with `base`, only those of that model."""
    rows = store.connection.execute(
        "SELECT * FROM generations WHERE :base IS NULL OR base = :base ORDER BY number",
        {"base": base},
    )
    return [stored(row) for row in rows]


def get(store: Store, which: int | str, base: str | None = None) -> Generation | None:
    """A generation by number, or the one that "live" stands for; None is the base model.

    Raises:
        StoreError: there is no such generation, or "live" without a base.
    """
    if which == "live":
        if base is None:
            raise StoreError("which generation is live depends on the base model")
        which = live(store, base)
    if which in ("base", BASE, str(BASE)):
        return None
    row = None
    if isinstance(which, int) or (which.isascii() and which.isdecimal() and len(which) < 19):
        row = store.connection.execute(
            "SELECT * FROM generations WHERE number = ?", (int(which),)
        ).fetchone()
    if row is None:
        hint = 'Give a number from `tear-tui generations list`, "base", or "live".'
        raise StoreError(f"there is no generation {which}", hint)
    return stored(row)


def next_number(store: Store) -> int:
    """The number for the next generation."""
    row = store.connection.execute(
        "SELECT max(coalesce((SELECT max(number) FROM generations), 0),"
        " coalesce((SELECT max(generation) FROM live_history), 0)) + 1"
    ).fetchone()
    return int(row[0])


def live(store: Store, base: str) -> int:
    """The number of the generation that answers for this base; 0 is the base itself."""
    row = store.connection.execute("SELECT generation FROM live WHERE base = ?", (base,)).fetchone()
    return BASE if row is None or row["generation"] is None else int(row["generation"])


def use(store: Store, base: str, number: int, why: str) -> None:
    """Make a generation of this base live; 0 is the base itself.

    One that the gate refused is made live all the same: that it was overruled is kept in the
    history, and what it has seen counts as learned from then on.

    Raises:
        StoreError: there is no such generation, it was removed, or it was learned on another base.
    """
    with store.write() as connection:
        chosen = get(store, number)
        if chosen is not None and chosen.removed_at:
            raise StoreError(
                f"generation {number} was removed on {chosen.removed_at[:10]}",
                f"`tear-tui generations rebuild {number}` learns it again.",
            )
        if chosen is not None and chosen.base != base:
            raise StoreError(f"generation {number} was learned on {chosen.base}, not on {base}")
        if chosen is not None and chosen.refused:
            why = f"{why}; the gate was overruled ({chosen.verdict})"
            _learned_in(store, number, f"generation {number}, the gate overruled")
        _set_live(connection, base, number, why)


def live_history(store: Store, base: str | None = None) -> list[dict[str, Any]]:
    """What was live when: base, generation (0: the base), why, at; oldest first."""
    rows = store.connection.execute(
        "SELECT base, coalesce(generation, 0) AS generation, why, at FROM live_history"
        " WHERE :base IS NULL OR base = :base ORDER BY seq",
        {"base": base},
    )
    return [dict(row) for row in rows]


def ancestors(store: Store, number: int) -> list[Generation]:
    """The generation's parent, its parent, and so on up to the base."""
    line: list[Generation] = []
    parent = getattr(get(store, number), "parent", None)
    while parent:
        found = get(store, parent)
        assert found is not None  # a foreign key holds the parent
        line.append(found)
        parent = found.parent
    return line


def publish(
    store: Store,
    generation: Generation,
    new_ids: Sequence[str],
    replayed_ids: Sequence[str],
    make_live: bool = True,
    *,
    as_learned: Mapping[str, Triple] | None = None,
) -> Generation:
    """Enter a generation whose folder is already in place, in one transaction.

    The row, what it has seen, the new triples as learned, the live generation, and a
    `learned` event in each turn in which a new triple was authored. A triple that was
    retracted while it was being learned keeps that status, and its exposure is on record.
    One that the gate refused is kept, and is neither live nor are its triples learned.

    Args:
        as_learned: the triples as they were when learning began. One that says something else
            by now stays pending: its new words have not been learned.

    Raises:
        StoreError: the number is taken, or the parent or a triple is unknown. Nothing is
            written then.
    """
    generation = replace(generation, id=generation.id or new_id(), created_at=now())
    known = as_learned or {}
    try:
        with store.write() as connection:
            insert(connection, generation)
            expose(connection, generation.number, new_ids, replayed_ids, known)
            if not generation.refused:
                _learned_in(store, generation.number, f"generation {generation.number}")
                if make_live:
                    _set_live(connection, generation.base, generation.number, "published")
    except sqlite3.IntegrityError as error:
        raise StoreError(f"generation {generation.number} cannot be published: {error}") from error
    return generation


def _learned_in(store: Store, number: int, why: str) -> None:
    """The new triples of a generation are learned, if they still say what it has seen."""
    for seen in exposures(store, number, "new"):
        now_is = get_triple(store, seen.triple)
        if seen.words not in ("", fingerprint(now_is.triple)):
            continue
        if now_is.status == "pending":
            move(store.connection, seen.triple, "learned", why, "learner")
        tell_turns(store, seen.triple, "learned", {"generation": number})


def exposed(store: Store, number: int, role: str | None = None) -> list[str]:
    """Ids of the triples that a generation has seen; with `role`, only "new" or "replayed"."""
    rows = store.connection.execute(
        "SELECT triple_id FROM exposures WHERE generation = :number"
        " AND (:role IS NULL OR role = :role) ORDER BY triple_id",
        {"number": number, "role": role},
    )
    return [row["triple_id"] for row in rows]


def _set_live(connection: sqlite3.Connection, base: str, number: int, why: str) -> None:
    generation = None if number == BASE else number
    connection.execute(
        "INSERT INTO live (base, generation) VALUES (?, ?)"
        " ON CONFLICT (base) DO UPDATE SET generation = excluded.generation",
        (base, generation),
    )
    connection.execute(
        "INSERT INTO live_history (base, generation, why, at) VALUES (?, ?, ?, ?)",
        (base, generation, why, now()),
    )


LONGEST_LABEL = 80


def label(store: Store, number: int, text: str) -> Generation:
    """Give a generation a name of a few words; "" takes it away.

    Raises:
        StoreError: there is no such generation, or it is no name for one.
    """
    text = " ".join(text.split())
    if len(text) > LONGEST_LABEL or not text.isprintable():
        raise StoreError(f"a label has at most {LONGEST_LABEL} letters, all of them printable")
    return _mark(store, number, "label", text)


def pin(store: Store, number: int, pinned: bool) -> Generation:
    """Keep a generation from being removed, or let it be.

    Raises:
        StoreError: there is no such generation, or its folder is gone already.
    """
    if pinned and _learned(store, number).removed_at:
        raise StoreError(f"generation {number} was removed: there is nothing left to pin")
    return _mark(store, number, "pinned", int(pinned))


def judged(store: Store, number: int, verdict: str, full: Mapping[str, Any]) -> Generation:
    """Keep what the full gate said of a generation beside what the fast one did.

    It answers, or does not, as before: that is for a person to decide.

    Raises:
        StoreError: there is no such generation.
    """
    with store.write() as connection:
        gate = {**(_learned(store, number).gate or {}), "full": dict(full)}
        connection.execute(
            "UPDATE generations SET verdict = ?, gate = ? WHERE number = ?",
            (verdict, json.dumps(gate, allow_nan=False), number),
        )
        return _learned(store, number)


def remove(store: Store, number: int) -> int:
    """Remove a generation's folder; returns the bytes that were freed.

    Its row stays, with its parent, its figures and what it has seen: provenance is not forgotten,
    and it can be rebuilt from the triples. Those that grew from it have their own files.

    Raises:
        StoreError: there is no such generation, it answers, is pinned, or was removed before.
    """
    with store.write() as connection:
        found = _learned(store, number)
        if found.removed_at:
            raise StoreError(f"generation {number} was removed already")
        if found.pinned:
            raise StoreError(f"generation {number} is pinned", "Unpin it first.")
        if live(store, found.base) == number:
            hint = "Make another one live first: `tear-tui generations use`."
            raise StoreError(f"generation {number} of {found.base} is live", hint)
        connection.execute(
            "UPDATE generations SET removed_at = ? WHERE number = ?", (now(), number)
        )
    # The row first: a folder that a crash leaves behind is swept up when the engine starts.
    folder = folder_of(store, found)
    freed = size_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return freed


def _mark(store: Store, number: int, column: str, value: str | int) -> Generation:
    with store.write() as connection:
        _learned(store, number)
        connection.execute(f"UPDATE generations SET {column} = ? WHERE number = ?", (value, number))
        return _learned(store, number)


def _learned(store: Store, number: int) -> Generation:
    found = get(store, number)
    if found is None:
        raise StoreError("the base is no generation: it has no label, and cannot be removed")
    return found


def is_whole(store: Store, generation: Generation) -> bool:
    """Whether a generation's folder has exactly the bytes that were published."""
    return has_files(store, generation) and verify_folder(folder_of(store, generation))


def has_files(store: Store, generation: Generation) -> bool:
    """Whether the files that were published are there; quick, reads no weights."""
    return is_there(folder_of(store, generation), generation.manifest_sha256)


def folder_of(store: Store, generation: Generation) -> Path:
    """Where a generation's files are, or were."""
    return generations_folder(store.home) / generation.folder
