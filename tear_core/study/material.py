"""What the arms of a study learn and are scored on: read once, the same for every arm."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tear_core.evaluate.awareness.items import Item, Witness, digest
from tear_core.evaluate.awareness.sets import sets_of
from tear_core.evaluate.awareness.surface import Surface, fit_surface
from tear_core.study.arms import Topical
from tear_core.study.design import Design, StudyError


@dataclass(frozen=True)
class Material:
    """The data of a study. No input is in two of `train`, `calibration` and what is scored.

    Attributes:
        train: what may be learned; `calibration`: pairs that set the temperature.
        held_out: triples scored for surprise; `pairs`: scored for consequence awareness.
        surface: the frozen surface model, fitted on `train`.
        hash: 32 hex digits of all of it.
    """

    train: tuple[Witness, ...]
    calibration: tuple[Item, ...]
    held_out: tuple[Witness, ...]
    pairs: tuple[Item, ...]
    surface: Surface

    @property
    def hash(self) -> str:
        return digest(
            [
                sorted(w.triple.content_hash for w in self.train),
                sorted(i.content_hash for i in self.calibration),
                sorted(w.triple.content_hash for w in self.held_out),
                sorted(i.content_hash for i in self.pairs),
                self.surface.hash,
            ]
        )


def read_material(design: Design) -> Material:
    """Read the files of a design.

    Raises:
        StudyError: a file is missing, or there is nothing to learn or nothing to score.
    """
    paths = [Path(item) for item in design.items]
    try:
        sets = sets_of(paths)
    except OSError as error:
        raise StudyError(f"{error.filename or ''} cannot be read: {error.strerror}") from None
    if not sets.train:
        raise StudyError(
            "there is nothing to learn beside these items",
            "Give files with train.jsonl beside them, or rows that name their split.",
        )
    if not sets.scored:
        raise StudyError("these files have no triples to score")
    return Material(
        train=tuple(sorted(sets.train, key=_key)),
        calibration=tuple(_some_items(sets.calibration, design.pairs)),
        held_out=tuple(_some(sets.scored, design.held_out, "held out")),
        pairs=tuple(_some_items(sets.items, design.pairs)),
        surface=fit_surface(sets.train),
    )


def lessons(material: Material, count: int, seed: int) -> list[Topical]:
    """What one seed learns: `count` train triples (0: all), whole inputs, drawn by the seed."""
    chosen = _some(material.train, count, f"learn:{seed}")
    return [Topical(w.triple, _topic(w)) for w in chosen]


def _topic(witness: Witness) -> str:
    """The dataset's own part of a pair's name (`siblings-tools-3` is about `siblings-tools`)."""
    return witness.pair.rstrip("0123456789").rstrip("-_ ") if witness.pair else ""


def _key(witness: Witness) -> tuple[str, str]:
    return witness.cluster, witness.triple.content_hash


def _some(witnesses: Sequence[Witness], count: int, draw: str) -> list[Witness]:
    """At most about `count`, whole inputs in an order that `draw` names, each triple once."""
    groups: dict[str, dict[str, Witness]] = {}
    for each in witnesses:
        groups.setdefault(each.cluster, {}).setdefault(each.triple.content_hash, each)
    keys = sorted(groups)
    random.Random(draw).shuffle(keys)
    chosen: list[Witness] = []
    for key in keys:
        if count and len(chosen) >= count:
            break
        chosen += [groups[key][name] for name in sorted(groups[key])]
    return sorted(chosen, key=_key)


def _some_items(items: Sequence[Item], count: int) -> list[Item]:
    keys = sorted({item.cluster for item in items})
    random.Random("pairs").shuffle(keys)
    order = {key: at for at, key in enumerate(keys)}
    chosen = sorted(items, key=lambda item: (order[item.cluster], item.id))
    return sorted(chosen[: count or None], key=lambda item: item.id)
