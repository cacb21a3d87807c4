"""The fixed items that every update is held against, and the hash that names them.

They ship with the package, were written for it, and are in no dataset that is learned from.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tear_core.triples import Triple

FOLDER = Path(__file__).parent / "probe"


@dataclass(frozen=True)
class ProbeSet:
    """The items of the fast gate.

    Attributes:
        pairs: two triples of one input each. `contrasts` are those where one healed and one hurt;
            in the others, siblings, both landed the same way and only the facts differ.
        texts: plain English that has nothing to do with the format.
        canaries: inputs to be answered, by id.
        hash: 32 hex digits of all of it. Figures measured on another hash are not comparable.
    """

    pairs: tuple[tuple[Triple, Triple], ...]
    texts: tuple[str, ...]
    canaries: dict[str, str]
    hash: str

    @property
    def triples(self) -> list[Triple]:
        return [triple for pair in self.pairs for triple in pair]

    @property
    def kind(self) -> list[Triple]:
        """Those whose response may be imitated."""
        return [triple for triple in self.triples if triple.landing != "hurt"]

    @property
    def contrasts(self) -> list[tuple[Triple, Triple]]:
        """(healed, hurt) of one input."""
        return [
            (one, two) if one.landing == "healed" else (two, one)
            for one, two in self.pairs
            if {one.landing, two.landing} == {"healed", "hurt"}
        ]

    @property
    def size(self) -> int:
        """How many items there are in all."""
        return len(self.triples) + len(self.texts) + len(self.canaries)


@cache
def shipped() -> ProbeSet:
    """The set that ships with this version."""
    return load(FOLDER)


def load(folder: Path) -> ProbeSet:
    """A probe set from `dev.jsonl`, `texts.jsonl` and `canaries.jsonl`.

    Raises:
        ValueError: an id or a text stands there twice, or a pair is not two triples of one input.
        OSError: a file is missing.
    """
    rows = {name: _rows(folder / f"{name}.jsonl") for name in ("dev", "texts", "canaries")}
    pairs: dict[str, list[Triple]] = {}
    for row in rows["dev"]:
        triple = Triple(row["input"], row["response"], row["consequence"], row["landing"])
        pairs.setdefault(row["pair"], []).append(triple)
    for name, pair in pairs.items():
        if len(pair) != 2 or pair[0].input != pair[1].input:
            raise ValueError(f"{name} is not two triples of one input")
    for name in ("texts", "canaries"):
        ids = [row["id"] for row in rows[name]]
        if len(set(ids)) != len(ids):
            raise ValueError(f"an id stands twice in {name}.jsonl")
    canonical = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return ProbeSet(
        pairs=tuple((pair[0], pair[1]) for pair in pairs.values()),
        texts=tuple(row["text"] for row in rows["texts"]),
        canaries={row["id"]: row["input"] for row in rows["canaries"]},
        hash=hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest(),
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
