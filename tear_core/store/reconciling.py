"""Folders held against the database: leftovers go, and no broken generation stays live."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from filelock import FileLock, Timeout

from tear_core.home import generations_folder, learner_lock
from tear_core.store.database import Store
from tear_core.store.folders import is_leftover_name
from tear_core.store.generations import (
    BASE,
    ancestors,
    get,
    has_files,
    is_whole,
    list_generations,
    live,
    use,
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
    rows = [each for each in list_generations(store) if not each.removed_at]
    broken = {each.number for each in rows if not has_files(store, each)}
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


def _remove_leftovers(store: Store) -> tuple[str, ...]:
    """Folders named like ours (`.tmp-...` or a ULID) that no row speaks of, or a removed one's."""
    known = {each.folder for each in list_generations(store) if not each.removed_at}
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
        if not each.removed_at:
            broken.add(each.number)
    return BASE
