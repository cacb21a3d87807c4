"""A generation on disk: written whole beside its place, hashed, flushed, then renamed into it.

A folder without a row in the database is garbage; a row is inserted only when its folder is
complete. So a kill at any moment leaves the old generation live or the new one, never half.

    adapter_*.safetensors, adapter_config.json, delimiters.safetensors   the adapter
    learner.safetensors, learner.json      optimizer moments, reservoir, counters
    manifest.json                          {"files": {name: sha256}}
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tear_core.learn.replay import Reservoir
from tear_core.model.adapters import BrokenAdapter, save_adapter
from tear_core.model.tree import Tree

MANIFEST = "manifest.json"
STATE_TENSORS = "learner.safetensors"
STATE = "learner.json"


@dataclass(frozen=True)
class LearnerState:
    """What a learner needs, beside the adapter, to go on as if it had never stopped.

    `depth` counts generations from the base; `step` counts optimizer steps of the lineage,
    and is the counter that every random draw is a function of.
    """

    seed: int = 0
    depth: int = 0
    step: int = 0
    reservoir: Reservoir = Reservoir()
    optimizer: str = "adamw"
    moments: Mapping[str, Tensor] | None = None
    numbers: Mapping[str, Any] | None = None


def write_generation(
    folder: Path, tree: Tree, state: LearnerState, about: Mapping[str, Any]
) -> str:
    """Write a generation into `folder`, which must not exist yet. Returns its manifest's sha256.

    `about` is kept in the manifest for a reader without the database; no text of triples.
    """
    partial = folder.with_name(f".tmp-{folder.name}")
    partial.mkdir(mode=0o700, parents=True)
    try:
        save_adapter(tree, partial)
        save_file(dict(state.moments or {}), partial / STATE_TENSORS)
        plain = {
            "seed": state.seed,
            "depth": state.depth,
            "step": state.step,
            "reservoir": asdict(state.reservoir),
            "optimizer": state.optimizer,
            "numbers": dict(state.numbers or {}),
        }
        (partial / STATE).write_text(json.dumps(plain))
        files = {path.name: _seal(path) for path in sorted(partial.iterdir())}
        manifest = partial / MANIFEST
        manifest.write_text(json.dumps({**about, "files": files}, indent=2, sort_keys=True))
        digest = _seal(manifest)
        _flush(partial)
        partial.rename(folder)
        _flush(folder.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return digest


def read_state(folder: Path) -> LearnerState:
    """The learner's state that was published with a generation.

    Raises:
        BrokenAdapter: the files are missing or unreadable.
    """
    try:
        plain = json.loads((folder / STATE).read_text())
        kept = plain["reservoir"]
        return LearnerState(
            seed=plain["seed"],
            depth=plain["depth"],
            step=plain["step"],
            reservoir=Reservoir(tuple(kept["ids"]), kept["seen"], kept["capacity"]),
            optimizer=plain["optimizer"],
            moments=load_file(folder / STATE_TENSORS),
            numbers=plain["numbers"],
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise BrokenAdapter(f"the learner's state in {folder.name} is unreadable") from error


def _seal(path: Path) -> str:
    """Make a file private and durable, and hash it."""
    path.chmod(0o600)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
        os.fsync(file.fileno())
    return digest.hexdigest()


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
