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
        import bitsandbytes  # noqa: PLC0415  heavy, and only this choice needs it

        made: torch.optim.Optimizer = bitsandbytes.optim.AdamW8bit(parameters, **settings)
        return made
    return torch.optim.AdamW(parameters, fused=tree.base.device.type == "cuda", **settings)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The optimizer's state, split into tensors (for safetensors) and numbers (for JSON)."""
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Any] = {}
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"{index}.{name}"] = value.detach().cpu().clone().contiguous()
            else:
                numbers[f"{index}.{name}"] = value
    return tensors, numbers


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]
) -> None:
    """Put back what `optimizer_tensors` gave; learning rate and the like stay as they are."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in {**tensors, **numbers}.items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
