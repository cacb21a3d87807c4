"""Adapters on disk: a plain PEFT LoRA, and the delimiter deltas beside it.

adapter_config.json        peft's own, with the base's name and pinned revision
adapter_model.safetensors  LoRA matrices only, never an embedding
delimiters.safetensors     (6, hidden) deltas, if the tree writes delimiters as rows
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from peft import get_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tear_core.model.tree import LoraShape, Tree

LORA = "adapter_model.safetensors"
DELIMITERS_FILE = "delimiters.safetensors"
CONFIG = "adapter_config.json"


class BrokenAdapter(RuntimeError):
    """The files of an adapter are missing, or belong to another base."""


def save_adapter(tree: Tree, folder: Path) -> None:
    """Write the tree's adapter into an existing folder."""
    lora = get_peft_model_state_dict(tree.network, save_embedding_layers=False)
    save_file({name: _plain(t) for name, t in lora.items()}, folder / LORA)
    if tree.delimiters is not None:
        deltas = tree.delimiters.named_deltas()
        save_file({name: _plain(t) for name, t in deltas.items()}, folder / DELIMITERS_FILE)
    config = tree.network.peft_config["default"].to_dict()
    config.update(
        base_model_name_or_path=tree.base.name,
        revision=tree.base.revision or None,
        inference_mode=True,
    )
    settled = {k: sorted(v) if isinstance(v, set) else v for k, v in config.items()}
    (folder / CONFIG).write_text(json.dumps(settled, indent=2, sort_keys=True, default=str))


def load_adapter(folder: Path) -> dict[str, Tensor]:
    """The adapter's tensors, under the names that `Tree.adapter()` uses.

    Raises:
        BrokenAdapter: a file is missing, or is not safetensors.
    """
    try:
        lora = load_file(folder / LORA)
        beside = folder / DELIMITERS_FILE
        deltas = load_file(beside) if beside.exists() else {}
    except (OSError, ValueError, SafetensorError) as error:
        raise BrokenAdapter(f"the adapter in {folder.name} cannot be read: {error}") from error
    return {_tree_name(name): tensor for name, tensor in lora.items()} | deltas


def adapter_shape(folder: Path) -> LoraShape:
    """Rank, alpha, dropout of a saved adapter, and whether it adapts attention or every linear.

    Raises:
        BrokenAdapter: its config is missing or unreadable.
    """
    try:
        config: Mapping[str, object] = json.loads((folder / CONFIG).read_text())
        targets = config["target_modules"]
        wide = isinstance(targets, list) and len(targets) > 4
        return LoraShape(
            rank=int(str(config["r"])),
            alpha=float(str(config["lora_alpha"])),
            dropout=float(str(config["lora_dropout"])),
            targets="all-linear" if wide or targets == "all-linear" else "attention",
        )
    except (OSError, ValueError, KeyError) as error:
        raise BrokenAdapter(f"the adapter in {folder.name} has no usable config") from error


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", torch.float32).contiguous()


def _tree_name(saved: str) -> str:
    """peft leaves the adapter's name out of its files: lora_A.weight -> lora_A.default.weight"""
    stem, _, last = saved.rpartition(".")
    return f"{stem}.default.{last}"
