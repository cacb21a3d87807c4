"""The optimizer over a tree's adapter, and its state as plain tensors and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from tear_core.model.tree import Tree

Kind = Literal["adamw", "adamw8bit"]


def make_optimizer(tree: Tree, kind: Kind, learning_rate: float) -> torch.optim.Optimizer:
    """AdamW over the adapter's tensors; 8-bit through bitsandbytes by choice."""
    parameters = [p for _, p in sorted(tree.adapter().items())]
    settings: dict[str, Any] = {
        "lr": learning_rate,
        "betas": (0.9, 0.98),
        "weight_decay": 0.01,
    }
    if kind == "adamw8bit":
        import bitsandbytes

        made: torch.optim.Optimizer = bitsandbytes.optim.AdamW8bit(parameters, **settings)
        return made
    return torch.optim.AdamW(parameters, fused=tree.base.device.type == "cuda", **settings)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The optimizer's state, split into tensors (for safetensors) and numbers (for JSON).

    A key is the path through the state: `3/exp_avg`, or deeper where a library nests.
    """
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Any] = {}

    def visit(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                visit(f"{path}/{name}", inner)
        elif isinstance(value, Tensor):
            tensors[path] = value.detach().cpu().clone().contiguous()
        else:
            numbers[path] = value

    for index, state in optimizer.state_dict()["state"].items():
        visit(str(index), state)
    return tensors, numbers


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]
) -> None:
    """Put back what `optimizer_tensors` gave; learning rate and the like stay as they are."""
    state: dict[Any, Any] = {}
    for path, value in {**tensors, **numbers}.items():
        index, *names, last = path.split("/")
        inner = state.setdefault(int(index), {})
        for name in names:
            inner = inner.setdefault(name, {})
        inner[last] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
