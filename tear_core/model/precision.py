"""What matrices are multiplied in while a tree learns: as the base's weights are, or bfloat16.

With bfloat16 only factors are rounded: sums, norms, softmax, losses, the adapter and its moments
stay float32, and so does everything that is measured. A CPU with bfloat16 instructions multiplies
about twice as fast.
"""

from __future__ import annotations

from typing import Literal

import torch

from tear_core.model.base import Base

Precision = Literal["base", "bfloat16"]

ALIKE = 64
"""Rows are filled up to a multiple of this many tokens where products are bfloat16: a CPU makes
and keeps a kernel for every length that it meets, and a GPU likes even shapes."""


def precision_for(base: Base, wanted: Literal["auto", Precision]) -> Precision:
    """`auto` is bfloat16 for float32 weights on a CPU that has instructions for it."""
    if wanted != "auto":
        return wanted
    plain = base.device.type == "cpu" and base.dtype == torch.float32 and not base.quantized
    return "bfloat16" if plain and cpu_has_bfloat16() else "base"


def cpu_has_bfloat16() -> bool:
    """Whether this CPU has instructions for products of bfloat16."""
    asked = [
        getattr(torch.cpu, name, None)
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    ]
    return any(has() for has in asked if has is not None)


def products_in(precision: Precision, base: Base) -> torch.dtype | None:
    """The dtype of products; None where it is that of the base's weights."""
    if precision == "base" or base.dtype == torch.bfloat16:
        return None
    return torch.bfloat16


def row_multiple(precision: Precision, base: Base) -> int:
    """What the length of a pack is a multiple of."""
    return ALIKE if precision == "bfloat16" or base.dtype == torch.bfloat16 else 1
