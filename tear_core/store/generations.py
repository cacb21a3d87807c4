"""Generations: published versions of the adapter, and which of them is live for each base.

The database is the only truth; `reconcile` holds the folders against it.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tear_core.home import generations_folder, learner_lock
from tear_core.store.database import Store, StoreError
from tear_core.store.folders import is_leftover_name, is_there, verify_folder
from tear_core.store.generation_rows import BASE, Generation, insert, stored
from tear_core.store.ids import new_id, now
from tear_core.store.sessions import tell_turns
from tear_core.store.triple_rows import move

__all__ = ["BASE", "Generation", "verify_folder"]


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

    Raises:
        StoreError: there is no such generation, or it was learned on another base.
    """
    with store.write() as connection:
        chosen = get(store, number)
        if chosen is not None and chosen.base != base:
            raise StoreError(f"generation {number} was learned on {chosen.base}, not on {base}")
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
) -> Generation:
    """Enter a generation whose folder is already in place, in one transaction.

    The row, what it has seen, the new triples as learned, the live generation, and a
    `learned` event in each turn in which a new triple was authored. A triple that was
    retracted while it was being learned keeps that status, and its exposure is on record.

    Raises:
        StoreError: the number is taken, or the parent or a triple is unknown. Nothing is
            written then.
    """
    generation = replace(generation, id=generation.id or new_id(), created_at=now())
    why = f"generation {generation.number}"
    try:
        with store.write() as connection:
            insert(connection, generation)
            _expose(connection, generation.number, new_ids, replayed_ids)
            for triple in new_ids:
                if _status(connection, triple) == "pending":
                    move(connection, triple, "learned", why, "learner")
                tell_turns(store, triple, "learned", {"generation": generation.number})
            if make_live:
                _set_live(connection, generation.base, generation.number, "published")
    except sqlite3.IntegrityError as error:
        raise StoreError(f"generation {generation.number} cannot be published: {error}") from error
    return generation


def _expose(
    connection: sqlite3.Connection, number: int, new: Sequence[str], replayed: Sequence[str]
) -> None:
    roles = {**dict.fromkeys(replayed, "replayed"), **dict.fromkeys(new, "new")}
    for triple, role in roles.items():
        _status(connection, triple)
        connection.execute(
            "INSERT INTO exposures (triple_id, generation, role) VALUES (?, ?, ?)",
            (triple, number, role),
        )


def _status(connection: sqlite3.Connection, triple: str) -> str:
    row = connection.execute("SELECT status FROM triples WHERE id = ?", (triple,)).fetchone()
    if row is None:
        raise StoreError(f"there is no triple {triple!r}")
    return str(row["status"])


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


@dataclass(frozen=True, slots=True)
class FellBack:
    """A base whose live generation was broken, and what is live instead (0: the base)."""

    base: str
    broken: int
    now_live: int


@dataclass(frozen=True, slots=True)
class Report:
    """What `reconcile` found and did.

    Attributes:
        removed: names of folders without a row, now gone.
        broken: numbers of generations whose folder is missing or altered.
        fell_back: the bases for which another generation was made live.
    """

    removed: tuple[str, ...]
    broken: tuple[int, ...]
    fell_back: tuple[FellBack, ...]


def reconcile(store: Store, *, holding_learner_lock: bool = False) -> Report:
    """Remove leftovers of publishing that never ended, and leave no broken generation live.

    Leftovers are only removed when nobody can be publishing: with the learner's lock held
    by the caller, or free for the moment. Every byte is checked of what is live and of
    what it falls back to; of the others, that their files are there.
    """
    removed: tuple[str, ...] = ()
    if holding_learner_lock:
        removed = _remove_leftovers(store)
    else:
        try:
            with FileLock(learner_lock(store.home), timeout=0, mode=0o600):
                removed = _remove_leftovers(store)
        except Timeout:
            pass  # a learner is at work; what it has not entered yet is not a leftover
    rows = list_generations(store)
    broken = {each.number for each in rows if not _is_there(store, each)}
    fell_back: list[FellBack] = []
    for base in sorted({each.base for each in rows}):
        number = live(store, base)
        if number == BASE:
            continue
        now_live = _nearest_whole(store, number, broken)
        if now_live != number:
            why = f"generation {number} is broken"
            use(store, base, now_live, why)
            fell_back.append(FellBack(base, number, now_live))
    return Report(removed, tuple(sorted(broken)), tuple(fell_back))


def is_whole(store: Store, generation: Generation) -> bool:
    """Whether a generation's folder has exactly the bytes that were published."""
    return _is_there(store, generation) and verify_folder(_folder(store, generation))


def _remove_leftovers(store: Store) -> tuple[str, ...]:
    """Folders named like ours (`.tmp-...` or a ULID) that no row speaks of."""
    known = {each.folder for each in list_generations(store)}
    removed = []
    for path in sorted(generations_folder(store.home).iterdir()):
        if (
            is_leftover_name(path.name)
            and path.name not in known
            and path.is_dir()
            and not path.is_symlink()
        ):
            shutil.rmtree(path, ignore_errors=True)
            removed.append(path.name)
    return tuple(removed)


def _nearest_whole(store: Store, number: int, broken: set[int]) -> int:
    """This generation if its folder is whole, else the nearest ancestor whose is, else 0.

    Adds what turns out to be broken to `broken`.
    """
    chosen = get(store, number)
    assert chosen is not None  # a foreign key holds it
    for each in (chosen, *ancestors(store, number)):
        if each.number not in broken and is_whole(store, each):
            return each.number
        broken.add(each.number)
    return BASE


def _is_there(store: Store, generation: Generation) -> bool:
    return is_there(_folder(store, generation), generation.manifest_sha256)


def _folder(store: Store, generation: Generation) -> Path:
    return generations_folder(store.home) / generation.folder
