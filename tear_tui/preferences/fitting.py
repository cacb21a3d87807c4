"""Which models fit into this machine: a rule of thumb about memory, and the models it is asked for.

Pure. What a model takes is its weights in the number format they are loaded in, and room to work:
the process itself, the cache of a conversation, and what one small pack keeps for its gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tear_core.machine import Torch, weights

GB = 1e9
PROCESS = 1.5 * GB
"""Torch and its friends, with the embedded model learning."""

WORKING = 1.2
"""Bytes for each parameter, beyond the weights: the cache, and the gradient of a pack of 512."""

WIDTH = {"float32": 4.0, "bfloat16": 2.0, "nf4": 0.75}
"""Bytes for each parameter. Embeddings stay whole in nf4, so it is more than half a byte."""

Verdict = Literal["fits", "tight", "does not fit", "cannot be told"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be talked with. `parameters` 0: nobody knows before it is here."""

    name: str
    parameters: int
    about: str = ""
    here: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """Where a model would run: bytes of memory there, and what the numbers are kept in."""

    where: str
    memory: int
    format: str


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a model fits, the bytes that it needs, and the reason in words."""

    verdict: Verdict
    needs: float
    why: str


KNOWN = (
    Model("nano", 6_500_000, "comes with tear-tui; a demonstration", here=True),
    Model("Qwen/Qwen3-0.6B-Base", 596_000_000, "small, for a first look"),
    Model("Qwen/Qwen3-1.7B-Base", 1_721_000_000, "recommended for research"),
    Model("Qwen/Qwen3-4B-Base", 4_022_000_000, "larger"),
    Model(
        "mistralai/Ministral-3-3B-Base-2512",
        3_849_000_000,
        "reads pictures too, which are not used",
    ),
    Model("EleutherAI/pythia-410m", 405_000_000, "small, and its training is public"),
    Model("EleutherAI/pythia-2.8b", 2_775_000_000, "its training is public"),
    Model("meta-llama/Llama-3.2-1B", 1_236_000_000, "the Hub asks who you are first"),
)


def room(torch: Torch | None, memory: int, dtype: str = "auto", quantize: str = "none") -> Room:
    """Where the engine would put a model. `torch` None: nobody has asked it yet."""
    gpu = next(iter(torch.gpus), None) if torch is not None else None
    if quantize == "nf4":
        kept = "nf4"
    elif dtype != "auto":
        kept = dtype
    else:
        kept = "bfloat16" if gpu is not None and gpu.bf16 else "float32"
    if gpu is not None:
        return Room(gpu.name, gpu.memory_total, kept)
    return Room("this machine's own memory, without a GPU", memory, kept)


def fit(model: Model, room: Room) -> Fit:
    """Whether a model would speak and learn there."""
    if not model.parameters:
        return Fit("cannot be told", 0.0, "its size is known once it is here")
    needs = PROCESS + model.parameters * (WIDTH[room.format] + WORKING)
    told = f"about {needs / GB:.1f} GB in {room.format}, of {room.memory / GB:.1f} GB: {room.where}"
    if not room.memory:
        return Fit("cannot be told", needs, f"about {needs / GB:.1f} GB in {room.format}")
    if needs > room.memory:
        return Fit("does not fit", needs, told + less(model, room))
    return Fit("tight" if needs > 0.8 * room.memory else "fits", needs, told)


def less(model: Model, room: Room) -> str:
    """What would make it fit, if anything would."""
    needs = PROCESS + model.parameters * (WIDTH["nf4"] + WORKING)
    return "; with quantize nf4 it would" if room.format != "nf4" and needs <= room.memory else ""


def choices(base: str, cached: tuple[str, ...]) -> list[Model]:
    """The models to choose from: nano first, then what is known, what is here, and the present one.

    Reads the sizes of the one that is a folder.
    """
    found = {model.name: model for model in KNOWN}
    for name in cached:
        known = found.get(name, Model(name, 0))
        found[name] = Model(name, known.parameters, known.about or "is here already", here=True)
    if base not in found:
        folder = Path(base).expanduser()
        held = weights(folder) if folder.is_dir() else None
        size = held.parameters if held is not None and not held.problem else 0
        found[base] = Model(base, size, "the present one", here=held is not None)
    return list(found.values())


def size(model: Model) -> str:
    """How large it is, as people say it."""
    if not model.parameters:
        return "?"
    if model.parameters < 1e8:
        return f"{model.parameters / 1e6:.1f} M"
    return (
        f"{model.parameters / 1e9:.1f} B"
        if model.parameters > 9.5e8
        else f"{model.parameters / 1e6:.0f} M"
    )
