"""Standing at a generation: its adapter in a tree, and the learner's state that belongs to it."""

from __future__ import annotations

from dataclasses import replace

from tear_core.learn.publish import LearnerState, read_state
from tear_core.model.adapters import BrokenAdapter, adapter_shape, load_adapter
from tear_core.model.base import Base
from tear_core.model.tree import LoraShape, Tree, grow, set_adapter
from tear_core.store import generations
from tear_core.store.database import Store
from tear_core.store.fitting import other_weights
from tear_core.store.generations import Generation


def at_base(base: Base, shape: LoraShape, seed: int, optimizer: str) -> tuple[Tree, LearnerState]:
    """A new tree at the base, from which a lineage begins."""
    return grow(base, shape, seed), LearnerState(seed=seed, optimizer=optimizer)


def stand_at(
    store: Store, base: Base, row: Generation, dropout: float, tree: Tree | None = None
) -> tuple[Tree, LearnerState]:
    """A tree with this generation's adapter, and its learner's state. `tree` is used if it fits.

    Raises:
        BrokenAdapter: its files cannot be used, or it was learned on other weights.
    """
    if row.base_fingerprint != base.fingerprint:
        raise BrokenAdapter(other_weights(row.number))
    folder = generations.folder_of(store, row)
    shape = replace(adapter_shape(folder), dropout=dropout)
    if tree is None or tree.shape != shape:
        tree = grow(base, shape)
    set_adapter(tree, load_adapter(folder))
    return tree, read_state(folder)
