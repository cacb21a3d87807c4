"""From a tree to a generation: written to the disk, then entered into the database."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from ulid import ULID

from tear_core import __version__
from tear_core import home as places
from tear_core.learn.publish import LearnerState, write_generation
from tear_core.learn.update import Update
from tear_core.model.tree import Tree
from tear_core.store import generations, learning_log
from tear_core.store.database import Store
from tear_core.store.generations import Generation
from tear_core.triples import Triple

Losses = tuple[Mapping[str, float], Mapping[str, float]]
"""Before and after; each has "response" and "consequence"."""


@dataclass(frozen=True)
class Made:
    """A generation that is made and not yet entered: what its row will say.

    Attributes:
        parent: the generation it stands on; 0 is the base.
        new, replayed: ids of the triples it has seen; `words`, what they said.
        losses: of the new triples before and after, by section, nats per token.
    """

    tree: Tree
    state: LearnerState
    parent: int
    settings: Mapping[str, Any]
    lambda_: float = 0.0
    kind: str = "learned"
    sources: tuple[int, ...] = ()
    label: str = ""
    new: Sequence[str] = ()
    replayed: Sequence[str] = ()
    words: Mapping[str, Triple] = field(default_factory=dict)
    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: Losses | None = None
    verdict: str = ""
    gate: dict[str, Any] | None = None


def learned(update: Update, parent: int, **about: Any) -> Made:
    """What an update made: `about` has the further fields."""
    note = about.pop("settings", {})
    words = {stored.id: stored.triple for stored in update.new}
    words |= {each: update.replayable[each].triple for each in update.replayed}
    return Made(
        tree=update.tree,
        state=update.state_after(),
        parent=parent,
        settings={**note, **settings_of(update)},
        lambda_=update.recipe.lambda_,
        new=[stored.id for stored in update.new],
        replayed=sorted(update.replayed),
        words=words,
        steps=update.taken,
        tokens=update.tokens,
        **about,
    )


def settings_of(update: Update) -> dict[str, Any]:
    """Everything that an update has to be done again from, beside its triples and its parent.

    `narrowed` is there where memory ran out: tokens to a pack at the end of it.
    """
    narrowed = {"narrowed": update.capacity} if update.capacity != update.recipe.capacity else {}
    return {
        **shape_of(update.tree),
        **update.recipe.as_settings(),
        "seed": update.state.seed,
        "not_replayed": update.not_replayed(),
        "not_imitated": sorted(update.not_imitated),
        **narrowed,
        "device": update.tree.base.device.type,
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "tear": __version__,
    }


def shape_of(tree: Tree) -> dict[str, Any]:
    """The adapter's shape, as a generation's settings name it."""
    shape = tree.shape
    return {
        "rank": shape.rank,
        "alpha": shape.alpha,
        "targets": shape.targets,
        "dropout": shape.dropout,
    }


@dataclass(frozen=True)
class Written:
    """A generation on the disk that is not in the database yet."""

    number: int
    folder: Path
    manifest_sha256: str


def write(store: Store, made: Made) -> Written:
    """Write a generation to the disk. A folder that is not entered is swept up in time.

    Raises:
        OSError: it could not be written.
    """
    base = made.tree.base
    number = generations.next_number(store)
    folder = places.generations_folder(store.home) / str(ULID())
    about = {"base": base.name, "number": number, "parent": made.parent or None, **made.settings}
    return Written(number, folder, write_generation(folder, made.tree, made.state, about))


def enter(
    store: Store, made: Made, make_live: bool, run: str = "", written: Written | None = None
) -> Generation:
    """Write a generation to the disk, if it is not there, then enter it into the database.

    With `make_live` it goes live, unless the gate refused it, or another generation than its
    parent answers by now: a person who went back to another one meanwhile is not overruled.
    `run` names its steps in the learning log.

    Raises:
        OSError: it could not be written. Nothing has been entered then.
    """
    base = made.tree.base
    on_disk = written or write(store, made)
    before, after = made.losses or ({}, {})
    generation = Generation(
        number=on_disk.number,
        parent=made.parent or None,
        base=base.name,
        base_revision=base.revision,
        base_fingerprint=base.fingerprint,
        folder=on_disk.folder.name,
        manifest_sha256=on_disk.manifest_sha256,
        triples=len(made.new),
        replayed=len(made.replayed),
        steps=made.steps,
        tokens=made.tokens,
        seconds=made.seconds,
        lambda_=made.lambda_,
        settings=dict(made.settings),
        kind=made.kind,
        sources=made.sources,
        label=made.label,
        verdict=made.verdict,
        gate=made.gate,
        response_before=before.get("response"),
        response_after=after.get("response"),
        consequence_before=before.get("consequence"),
        consequence_after=after.get("consequence"),
    )
    with store.write():
        unmoved = generations.live(store, base.name) == made.parent
        row = generations.publish(
            store,
            generation,
            new_ids=made.new,
            replayed_ids=made.replayed,
            make_live=make_live and unmoved,
            as_learned=made.words,
        )
        if run:
            learning_log.published_as(store, run, row.number)
        return row
