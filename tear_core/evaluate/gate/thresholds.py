"""Every bar of the gate, as data: what it is, and where it comes from.

`thresholds.toml` ships with the package. A bar of `[demonstration]` takes the place of the one in
`[probe]` for a base that says it is a demonstration. Bars of `[full]` hold for every base.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

FILE = Path(__file__).parent / "thresholds.toml"


@dataclass(frozen=True, slots=True)
class Bar:
    """A value that a figure is held against, and the source of that value."""

    name: str
    value: float
    source: str


@dataclass(frozen=True)
class Thresholds:
    """All bars that are in force for a base.

    Attributes:
        hash: 16 hex digits of the file they come from.
    """

    bars: Mapping[str, Bar]
    hash: str

    def __getitem__(self, name: str) -> Bar:
        return self.bars[name]


def thresholds(part: str, demonstration: bool = False, file: Path = FILE) -> Thresholds:
    """The bars of a part, "probe" or "full".

    Raises:
        ValueError: the file is not what it should be: a bar without a number or a source.
    """
    found, digest = _read(file)
    bars = dict(found[part])
    if part == "probe" and demonstration:
        bars |= found["demonstration"]
    return Thresholds(bars, digest)


@cache
def _read(file: Path) -> tuple[dict[str, dict[str, Bar]], str]:
    raw = file.read_bytes()
    parts = tomllib.loads(raw.decode("utf-8"))
    return (
        {
            part: {name: _bar(part, name, each) for name, each in bars.items()}
            for part, bars in parts.items()
        },
        hashlib.blake2b(raw, digest_size=8).hexdigest(),
    )


def _bar(part: str, name: str, given: Any) -> Bar:
    value = given.get("value") if isinstance(given, dict) else None
    source = given.get("source") if isinstance(given, dict) else None
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if value is None or not known or not isinstance(source, str) or not source.strip():
        raise ValueError(f"{part}.{name} needs a finite value and a source")
    return Bar(name, float(value), source)
