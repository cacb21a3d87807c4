"""A training run on disk: one safetensors file, replaced whole, never a pickle.

Weights and both optimisers' moments are tensors in the file; the step, the plan and
the curve so far are JSON in its header. One file means one rename: after kill -9
there is the old state or the new one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import Qwen3ForCausalLM

from tear_core.nano.schedule import Plan
from tear_core.nano.troubles import RecipeError

FILE = "checkpoint.safetensors"


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        identity: what must be equal to go on: seed, shape, rows, corpus.
        step: steps done. plan: the schedule they follow.
        seconds: wall time spent so far, over all sittings.
        curve: (step, training loss, held-out loss), in nats a token.
        earlier: steps, tokens and seconds of the runs whose weights this one began with.
        sizes: tokens of the training side by source.
    """

    identity: dict[str, Any]
    plan: Plan
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    curve: list[tuple[int, float | None, float | None]] = field(default_factory=list)
    earlier: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


def save(
    folder: Path,
    progress: Progress,
    model: Qwen3ForCausalLM,
    optimizers: dict[str, torch.optim.Optimizer],
) -> None:
    """Replace the checkpoint of `folder` in one step.

    Raises:
        RecipeError: it cannot be written. The one before is still there.
    """
    tensors = {f"model.{name}": p.detach().cpu() for name, p in model.named_parameters()}
    for name, optimizer in optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                tensors[f"{name}.{index}.{key}"] = torch.as_tensor(value).cpu()
    tensors = {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
    partial = folder / f".{FILE}.partial"
    try:
        save_file(tensors, partial, metadata={"progress": json.dumps(asdict(progress))})
    except SafetensorError as error:
        raise RecipeError(
            f"{partial} cannot be written ({error}): make room, and give the same command again"
        ) from None
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(folder / FILE)


def load_progress(folder: Path) -> Progress | None:
    """The progress recorded in `folder`, or None where no run has begun.

    Raises:
        RecipeError: the checkpoint is damaged.
    """
    if not (folder / FILE).exists():
        return None
    with _opened(folder) as file:
        fields = json.loads(file.metadata()["progress"])
        fields["plan"] = Plan(**fields["plan"])
        fields["curve"] = [(int(step), loss, held_out) for step, loss, held_out in fields["curve"]]
        return Progress(**fields)


def load_weights(folder: Path) -> dict[str, Tensor]:
    """The model's tensors, by their names in the model, fp32."""
    return {
        name.removeprefix("model."): tensor
        for name, tensor in _tensors(folder).items()
        if name.startswith("model.")
    }


def restore(
    folder: Path, model: Qwen3ForCausalLM, optimizers: dict[str, torch.optim.Optimizer]
) -> None:
    """Put the tensors of the checkpoint back where `save` took them from."""
    tensors = _tensors(folder)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"model.{name}"])
    for name, optimizer in optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, tensor in tensors.items():
            kind, index, *moment = key.split(".", 2)
            if kind == name:
                state.setdefault(int(index), {})[moment[0]] = tensor
        fresh = optimizer.state_dict()
        optimizer.load_state_dict({"state": state, "param_groups": fresh["param_groups"]})


@contextmanager
def _opened(folder: Path) -> Iterator[Any]:
    try:
        with safe_open(folder / FILE, "pt") as file:
            yield file
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise RecipeError(
            f"{folder / FILE} cannot be read ({error}): put a whole copy there, or delete it to"
            " begin that run anew"
        ) from None


def _tensors(folder: Path) -> dict[str, Tensor]:
    with _opened(folder) as file:
        names = file.keys()
        return {name: file.get_tensor(name) for name in names}
