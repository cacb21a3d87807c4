"""Lineages to be rebuilt, merged and negated: a few triples at a time on a tiny model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tear_core.learn.learner import Asked, Learner
from tear_core.learn.plan import Plan
from tear_core.model.adapters import load_adapter
from tear_core.model.tree import LoraShape, Tree
from tear_core.store import generations, triples
from tear_core.store.database import Store
from tear_core.triples import Triple

PLAN = Plan(
    shape=LoraShape(rank=4, alpha=8), learning_rate=5e-3, epochs=2, batch=3, capacity=96, gate="off"
)


def add(store: Store, start: int, count: int, status: Any = "pending") -> list[str]:
    """Triples with words that tell them apart."""
    return [
        triples.add(
            store,
            Triple(f"hello {i}", f"I am {i}", f"He walked {i} times.", "neutral"),
            source="test",
            status=status,
        )[0].id
        for i in range(start, start + count)
    ]


def learn(learner: Learner, store: Store, asked: Asked | None = None) -> dict[str, Any]:
    *_, last = learner.learn(store, asked or Asked(seed=5))
    assert last["event"] == "published", last
    return last


def lineage(learner: Learner, store: Store, parts: Sequence[int] = (4, 3, 2)) -> list[list[str]]:
    """One generation after another, each with so many new triples; returns their ids."""
    ids, start = [], 0
    for count in parts:
        ids.append(add(store, start, count))
        learn(learner, store)
        start += count
    return ids


def folder(store: Store, number: int) -> Path:
    row = generations.get(store, number)
    assert row is not None
    return generations.folder_of(store, row)


def adapter(store: Store, number: int) -> dict[str, Tensor]:
    return load_adapter(folder(store, number))


def weights(tensors: dict[str, Tensor] | Any, scale: float) -> dict[str, Tensor]:
    """What an adapter adds to each matrix: scale · B · A."""
    return {
        name: scale * tensors[name.replace("lora_A", "lora_B")] @ a
        for name, a in tensors.items()
        if "lora_A" in name
    }


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def tensors_of(tree: Tree) -> dict[str, Tensor]:
    return {name: parameter.detach() for name, parameter in tree.adapter().items()}
