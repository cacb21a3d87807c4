"""The order in which a dataset is learned: three passes, or a ladder from obvious to subtle.

    three-pass   warmth, then consequences, then both together
    ladder       by difficulty, 1 (obvious) to 4 (subtle)
    mixed        everything, shuffled: what the others are to be compared with

Source: The Tear, "Training Approach" (three passes) and "Iterative Consequence Exposure" (the
ladder). Pure: what is in a plan depends on the triples, the kind and the seed alone.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tear_core.store.triples import StoredTriple

Curriculum = Literal["three-pass", "ladder", "mixed"]
CURRICULA: tuple[Curriculum, ...] = get_args(Curriculum)

Pass = Literal["warmth", "consequence", "integration"]
PASSES: tuple[Pass, ...] = get_args(Pass)

CONSEQUENCE_PARTS = frozenset(
    ("contrast", "siblings", "subtle", "repair", "firm", "neutral", "pressure")
)


@dataclass(frozen=True, slots=True)
class Lesson:
    """Triples that are learned together and published as one generation."""

    name: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Every lesson in order. `name` changes when anything about the plan does."""

    name: str
    lessons: tuple[Lesson, ...]


def belongs_to(stored: StoredTriple, wanted: Pass) -> bool:
    """Whether a triple is learned in this pass.

    By the part of the shipped dataset it comes from; other triples are warmth if they healed.
    Integration is everything.
    """
    if wanted == "integration":
        return True
    part = stored.source.rsplit("/", 1)[-1]
    if part in CONSEQUENCE_PARTS:
        return wanted == "consequence"
    warm = part == "warmth" or stored.triple.landing == "healed"
    return warm == (wanted == "warmth")


def plan(found: Sequence[StoredTriple], kind: Curriculum, size: int, seed: int = 0) -> Plan:
    """Cut a dataset into lessons of about `size` triples, in the order of the curriculum.

    Triples of one pair stay in one lesson: they are instructive beside each other.
    """
    lessons = [
        Lesson(name, ids)
        for number, (name, triples) in enumerate(_steps(found, kind))
        for ids in _cut(triples, size, f"{seed}:{kind}:{number}")
    ]
    digest = hashlib.blake2b(digest_size=8)
    hashes = {s.id: s.triple.content_hash for s in found}
    for lesson in lessons:
        digest.update(f"{lesson.name}:{','.join(hashes[i] for i in lesson.ids)};".encode())
    return Plan(f"{kind}-{digest.hexdigest()}", tuple(lessons))


def _steps(found: Sequence[StoredTriple], kind: Curriculum) -> list[tuple[str, list[StoredTriple]]]:
    if kind == "three-pass":
        return [(name, [s for s in found if belongs_to(s, name)]) for name in PASSES]
    if kind == "mixed":
        return [("mixed", list(found))]
    rungs = sorted({stored.notes.difficulty or 0 for stored in found})
    return [
        (f"difficulty {rung}" if rung else "unmarked", [s for s in found if _rung(s) == rung])
        for rung in rungs
    ]


def _rung(stored: StoredTriple) -> int:
    return stored.notes.difficulty or 0


def _cut(triples: Sequence[StoredTriple], size: int, seed: str) -> list[tuple[str, ...]]:
    """Shuffle whole pairs, then fill lessons with them. The same words give the same cut."""
    groups: dict[str, list[StoredTriple]] = {}
    for stored in sorted(triples, key=lambda s: s.triple.content_hash):
        groups.setdefault(stored.notes.pair or stored.triple.content_hash, []).append(stored)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    lessons: list[list[str]] = []
    for name in order:
        if not lessons or len(lessons[-1]) >= size:
            lessons.append([])
        lessons[-1] += [stored.id for stored in groups[name]]
    return [tuple(lesson) for lesson in lessons]
