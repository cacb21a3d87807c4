"""Generations made of others: what the files of several come to, ready to be entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tear_core.learn.entering import Made, shape_of
from tear_core.learn.merging import PRUNING, Merged, Method, Part, merge, negate, state_of
from tear_core.learn.publish import LearnerState, read_state
from tear_core.model.adapters import BrokenAdapter, adapter_shape, load_adapter
from tear_core.model.base import Base
from tear_core.store import generations
from tear_core.store.database import Store, StoreError


@dataclass(frozen=True)
class Mixture:
    """How generations are put together.

    Attributes:
        density: the share of values that TIES and DARE keep; `seed` draws which, for DARE.
    """

    method: Method = "linear"
    weights: tuple[float, ...] = ()
    density: float = 0.5
    seed: int = 0


def merged(
    store: Store, base: Base, numbers: Sequence[int], mixture: Mixture, label: str = ""
) -> tuple[Made, float]:
    """Several generations as one that stands on the first of them; and how far its matrices are
    from the weighted sum, as a share of it.

    Without weights each counts the same, and together they count once.

    Raises:
        StoreError: fewer than two, one of them twice, or as many weights as there are not.
        BrokenAdapter: files of one cannot be used.
        CannotMerge: they do not go together in this way.
    """
    if len(set(numbers)) != len(numbers) or len(numbers) < 2:
        raise StoreError("merging takes two generations or more, each of them once")
    weights = mixture.weights or tuple(1 / len(numbers) for _ in numbers)
    if len(weights) != len(numbers):
        raise StoreError(f"{len(numbers)} generations need {len(numbers)} weights")
    return _merged(store, base, list(zip(numbers, weights, strict=True)), mixture, label)


def merged_again(
    store: Store, base: Base, numbers: Sequence[int], settings: dict[str, Any], label: str
) -> Made | None:
    """The same merge of what took its sources' places; the base (0) adds nothing. None: only the
    base is left.

    Raises:
        KeyError: the settings are no merge's.
    """
    mixture = Mixture(
        settings["method"], tuple(settings["weights"]), settings["density"], settings["seed"]
    )
    kept = [(n, w) for n, w in zip(numbers, mixture.weights, strict=True) if n]
    return _merged(store, base, kept, mixture, label)[0] if kept else None


def _merged(
    store: Store, base: Base, kept: Sequence[tuple[int, float]], mixture: Mixture, label: str
) -> tuple[Made, float]:
    found = [part_of(store, base, number, weight) for number, weight in kept]
    parts = [part for part, _ in found]
    made = merge(base, parts, mixture.method, mixture.density, mixture.seed)
    settings = {
        "method": mixture.method,
        "weights": [part.weight for part in parts],
        "density": mixture.density if mixture.method in PRUNING else 1.0,
        "seed": mixture.seed,
    }
    numbers = tuple(number for number, _ in kept)
    state = state_of([state for _, state in found])
    return _made(made, state, numbers[0], "merged", numbers, settings, label), made.error


def negated(store: Store, base: Base, number: int, of: int, weight: float, label: str = "") -> Made:
    """Generation `of` (0: the base) with less of what `number` learned beyond it.

    Raises:
        StoreError: they are the same, or the weight is 0.
        BrokenAdapter: files of one cannot be used.
        CannotMerge: they adapt different layers.
    """
    if number == of or weight == 0:
        raise StoreError("there is nothing to take away")
    branch, branch_state = part_of(store, base, number, 1.0)
    parent, state = part_of(store, base, of, 1.0) if of else (None, LearnerState())
    made = negate(base, parent, branch, weight)
    if not of:
        state = LearnerState(seed=branch_state.seed, optimizer=branch_state.optimizer)
    settings = {"method": "negate", "weight": weight, "of": of, "seed": state.seed}
    return _made(made, state_of([state]), of, "negated", (number,), settings, label)


def part_of(store: Store, base: Base, number: int, weight: float) -> tuple[Part, LearnerState]:
    """A generation's adapter with a weight, and the learner's state kept with it."""
    row = generations.get(store, number)
    if row is None:
        raise StoreError("the base has no adapter: there is nothing to merge or to take away")
    if row.removed_at:
        hint = f"`tear-tui generations rebuild {number}` learns it again."
        raise StoreError(f"generation {number} was removed", hint)
    if row.base_fingerprint != base.fingerprint:
        raise BrokenAdapter(f"generation {number} was learned on other weights than {base.name}")
    folder = generations.folder_of(store, row)
    return Part(adapter_shape(folder), load_adapter(folder), weight), read_state(folder)


def _made(
    merged: Merged,
    state: LearnerState,
    parent: int,
    kind: str,
    sources: tuple[int, ...],
    settings: dict[str, Any],
    label: str,
) -> Made:
    return Made(
        tree=merged.tree,
        state=state,
        parent=parent,
        settings={**shape_of(merged.tree), **settings, "error": merged.error},
        kind=kind,
        sources=sources,
        label=label,
    )
