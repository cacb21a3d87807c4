"""The settings in which each peer of `learning_throughput.py` takes part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BASES = ("nano", "10m", "100m", "1.7b")
"""What `bases.py` has; it takes torch to ask it."""


@dataclass(frozen=True)
class Setting:
    """How a peer is set.

    Attributes:
        rows: sequences to a micro-batch; of packed data, packs.
        layout: `padded` to the longest; `flat`, all in one row without padding; `packed`, best
            fit into rows of `capacity` tokens, which are flat too.
        autocast: bfloat16 where autocast knows it to be safe.
        grouped: sequences of like length come together, so its windows are others than ours.
    """

    rows: int
    layout: Literal["padded", "flat", "packed"] = "padded"
    capacity: int = 512
    autocast: bool = False
    grouped: bool = False


SETTINGS = {
    "trl padded 4": Setting(4),
    "trl padded 8": Setting(8),
    "trl padded 16": Setting(16),
    "trl grouped 8": Setting(8, grouped=True),
    "trl grouped 16": Setting(16, grouped=True),
    "trl flat 4": Setting(4, "flat"),
    "trl flat 16": Setting(16, "flat"),
    "trl packed 256": Setting(1, "packed", 256),
    "trl packed 512": Setting(1, "packed"),
    "trl packed 4096": Setting(1, "packed", 4096),
    "trl padded 8 bf16": Setting(8, autocast=True),
    "trl grouped 8 bf16": Setting(8, grouped=True, autocast=True),
    "trl flat 4 bf16": Setting(4, "flat", autocast=True),
    "trl packed 256 bf16": Setting(1, "packed", 256, autocast=True),
    "trl packed 512 bf16": Setting(1, "packed", autocast=True),
    "trl packed 4096 bf16": Setting(1, "packed", 4096, autocast=True),
    "trainer padded 8": Setting(8),
    "trainer grouped 8": Setting(8, grouped=True),
    "trainer padded 8 bf16": Setting(8, autocast=True),
    "trainer grouped 8 bf16": Setting(8, grouped=True, autocast=True),
    "two passes 4": Setting(4),
    "two passes 8": Setting(8),
    "two passes 16": Setting(16),
    "two passes 8 bf16": Setting(8, autocast=True),
    "unsloth packed 4096": Setting(1, "packed", 4096, autocast=True),
}
"""By name, whose first words are the peer's."""

USUAL = {
    "cpu": (
        "trl padded 8",
        "trl packed 256 bf16",
        "trainer padded 8 bf16",
        "two passes 8",
        "two passes 8 bf16",
    ),
    "cuda": (
        "trl padded 8",
        "trl packed 4096",
        "trl packed 4096 bf16",
        "trainer padded 8",
        "two passes 8",
        "unsloth packed 4096",
    ),
}
"""By device: on a CPU those that stood in front when all were run, and TRL as it comes; on a GPU
those that should."""


def kind(name: str) -> str:
    """The peer that a setting's name begins with."""
    return "two passes" if name.startswith("two passes") else name.split()[0]
