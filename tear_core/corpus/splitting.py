"""Which split an input belongs to: a function of its words alone, the same everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal, get_args

Split = Literal["train", "dev", "gate"]
SPLITS: tuple[Split, ...] = get_args(Split)

SHARES: dict[Split, float] = {"train": 0.70, "dev": 0.15, "gate": 0.15}
HELD_OUT_SHARES: dict[Split, float] = {"dev": 0.40, "gate": 0.60}
"""Of what is for judging alone and never learned from."""


def split_of(key: str, shares: Mapping[Split, float] = SHARES) -> Split:
    """The split of an input (or of whatever must stay together). White space and case do not
    count, so that what a person would call the same input is in one split."""
    plain = " ".join(key.casefold().split())
    digest = hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=8).digest()
    place, below = int.from_bytes(digest, "big") / 2**64, 0.0
    for split, share in shares.items():
        below += share
        if place < below:
            return split
    return SPLITS[-1]
