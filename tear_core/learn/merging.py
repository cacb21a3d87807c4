"""One generation out of several: merged, or with what a branch learned taken away.

A generation is a task vector: what it adds to the base. Its LoRA is W_i = s_i·B_i·A_i, and the
deltas of its delimiters are vectors too; those are always combined linearly.

    linear, ties, dare_linear, dare_ties    on A and B apart, as peft has them: the rank stays, but
                                            (ΣA)(ΣB) has cross terms that Σ w_i·W_i has not
    svd                                     the best of the same rank for Σ w_i·W_i
    cat                                     exactly Σ w_i·W_i; the ranks add up

Sources: task arithmetic (arXiv 2212.04089), TIES (2306.01708), DARE (2311.03099).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from tear_core.learn.publish import LearnerState
from tear_core.model.base import Base
from tear_core.model.tree import LoraShape, Tree, adapter_copy, grow, set_adapter

Method = Literal["linear", "ties", "dare_linear", "dare_ties", "svd", "cat"]
PRUNING = ("ties", "dare_linear", "dare_ties")
"""Methods that leave out a share of the values; `density` is the share that stays."""


class CannotMerge(ValueError):
    """These generations cannot be put together in this way; the message says why."""


@dataclass(frozen=True)
class Part:
    """A generation to be combined: its adapter, as `Tree.adapter()` names it, and its weight."""

    shape: LoraShape
    tensors: Mapping[str, Tensor]
    weight: float


@dataclass(frozen=True)
class Merged:
    """A tree with the combined adapter.

    Attributes:
        error: how far its LoRA is from Σ w_i·W_i, as a share of that: 0 is exact.
    """

    tree: Tree
    error: float


def merge(
    base: Base, parts: Sequence[Part], method: Method, density: float = 0.5, seed: int = 0
) -> Merged:
    """Combine adapters of one base. `seed` draws what DARE leaves out.

    Raises:
        CannotMerge: they differ in rank where the method needs one, or in the layers they adapt.
    """
    _check(parts, method, density)
    tree = grow(base, replace(parts[0].shape, dropout=0.0))
    start = adapter_copy(tree)
    names = _add(tree, parts)
    forked = [base.device] if base.device.type == "cuda" else []
    with torch.random.fork_rng(devices=forked), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft's about more than one adapter in a model
        torch.manual_seed(seed)
        tree.network.base_model.add_weighted_adapter(
            names,
            [part.weight for part in parts],
            "merged",
            combination_type=method,
            svd_full_matrices=False,
            density=density if method in PRUNING else None,
        )
    lora = _lora_of(tree, "merged")
    rank = next(t.shape[0] for name, t in lora.items() if "lora_A" in name)
    scale = parts[0].shape.alpha / parts[0].shape.rank
    # peft's result has a scaling of 1: divided here, so that its shape goes on from its sources'.
    lora = {name: t / scale if "lora_A" in name else t for name, t in lora.items()}
    shape = replace(parts[0].shape, rank=rank, alpha=scale * rank)
    made = grow(base, shape)
    set_adapter(made, {**lora, **_deltas(start, parts)})
    return Merged(made, _error(adapter_copy(made), scale, parts))


def negate(base: Base, parent: Part | None, branch: Part, weight: float) -> Merged:
    """The parent with less of what the branch learned: parent - weight·(branch - parent).

    Exact: the two adapters stand side by side, so the rank is the sum of theirs. `parent` None
    is the base, from which everything the branch learned is taken away.

    Raises:
        CannotMerge: they adapt different layers.
    """
    parts = [replace(branch, weight=-weight)]
    if parent is not None:
        parts = [replace(parent, weight=1 + weight), *parts]
    return merge(base, parts, "cat")


def state_of(states: Sequence[LearnerState]) -> LearnerState:
    """The learner's state of a merged generation: what each has learned may be replayed.

    The optimizer begins anew, since its moments belong to other matrices.
    """
    first = states[0]
    reservoir = first.reservoir
    for other in states[1:]:
        reservoir = reservoir.joined(other.reservoir, first.seed)
    return LearnerState(
        seed=first.seed,
        depth=max(state.depth for state in states) + 1,
        step=max(state.step for state in states),
        reservoir=reservoir,
        optimizer=first.optimizer,
    )


def _check(parts: Sequence[Part], method: Method, density: float) -> None:
    if len({part.shape.targets for part in parts}) > 1:
        raise CannotMerge("they adapt different layers: some attention alone, some all of them")
    ranks = sorted({part.shape.rank for part in parts})
    if len(ranks) > 1 and method not in ("svd", "cat"):
        raise CannotMerge(
            f"{method} needs equal ranks, and these have {', '.join(map(str, ranks))};"
            " svd and cat take any"
        )
    if not 0 < density <= 1:
        raise CannotMerge(f"a density is a share above 0 and up to 1, not {density:g}")
    if not all(math.isfinite(part.weight) for part in parts):
        raise CannotMerge("a weight is not a number")


def _add(tree: Tree, parts: Sequence[Part]) -> list[str]:
    """Each part as an adapter of its own in the tree's network; returns their names."""
    usual = tree.network.peft_config["default"]
    names = []
    for number, part in enumerate(parts):
        name = f"part{number}"
        config = replace(usual, r=part.shape.rank, lora_alpha=part.shape.alpha)
        tree.network.add_adapter(name, config)
        own = {n: p for n, p in tree.network.named_parameters() if f".{name}." in n}
        with torch.no_grad():
            for parameter_name, parameter in own.items():
                source = parameter_name.replace(f".{name}.", ".default.")
                parameter.copy_(part.tensors[source])
        names.append(name)
    return names


def _lora_of(tree: Tree, name: str) -> dict[str, Tensor]:
    return {
        n.replace(f".{name}.", ".default."): p.detach().clone()
        for n, p in tree.network.named_parameters()
        if f".{name}." in n
    }


def _deltas(start: Mapping[str, Tensor], parts: Sequence[Part]) -> dict[str, Tensor]:
    """Delimiter deltas: where they start, and the weighted sum of how far each went from there."""
    found = {}
    for name, from_ in start.items():
        if not name.startswith("delimiters."):
            continue
        total = from_.clone()
        for part in parts:
            total += part.weight * (part.tensors[name].to(from_.device) - from_)
        found[name] = total
    return found


def _error(tensors: Mapping[str, Tensor], scale: float, parts: Sequence[Part]) -> float:
    """‖W - Σ w_i·W_i‖ / ‖Σ w_i·W_i‖ over all layers together, without writing any W out.

    Side by side, [B, B_1, ...]·[A; -A_1; ...] is the difference, and ‖BA‖² = <BᵀB, AAᵀ>.
    """
    apart, whole = 0.0, 0.0
    for name, a in tensors.items():
        if "lora_A" not in name:
            continue
        b = tensors[name.replace("lora_A", "lora_B")]
        rows, columns = [], []
        for part in parts:
            times = part.weight * part.shape.alpha / part.shape.rank
            rows.append(part.tensors[name].to(a) * times)
            columns.append(part.tensors[name.replace("lora_A", "lora_B")].to(b))
        exact_a, exact_b = torch.cat(rows), torch.cat(columns, 1)
        whole += _squared(exact_a, exact_b)
        apart += _squared(torch.cat([a * scale, -exact_a]), torch.cat([b, exact_b], 1))
    return math.sqrt(max(0.0, apart) / whole) if whole > 0 else 0.0


def _squared(a: Tensor, b: Tensor) -> float:
    a, b = a.double(), b.double()
    return float(((b.t() @ b) * (a @ a.t())).sum())
