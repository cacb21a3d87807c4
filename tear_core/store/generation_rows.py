"""A generation as a row of the database and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

BASE = 0
"""The number that stands for the base model without any adapter."""

FULL_GATE_SCHEMA = 1
"""The form in which the full gate's verdict is kept with a generation."""

REFUSED = ("fail", "insufficient")
"""Verdicts with which a generation does not go live."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One published adapter.

    Attributes:
        number: counts from 1 over all bases, never used twice.
        parent: the generation it started from; None is the base.
        base: the model as the settings name it; `live` is kept for each base.
        folder: name of its folder in `generations/`.
        manifest_sha256: hash of the folder's manifest.json.
        triples, replayed: how many new and how many replayed triples it saw.
        tokens, seconds: tokens in all steps, and how long learning took.
        lambda_: weight of the consequence loss.
        settings: what it was learned with.
        response_before ... consequence_after: losses on the new triples, nats per token.
        kind: how it came to be: "learned", "merged", "negated" or "rebuilt".
        sources: the generations a merged or negated one was made of.
        label, pinned: a person's name for it, and that it is not to be removed.
        verdict: what the gate said last: "pass", "provisional", "fail", "insufficient"; "" is
            unjudged.
        gate: what was measured: "probe", by the fast gate before it could go live, and "full", a
            summary of the ten tests.
        removed_at: when its folder was removed; "" while it is there.
        id, created_at: filled in by `publish`.
    """

    number: int
    parent: int | None
    base: str
    base_fingerprint: str
    folder: str
    manifest_sha256: str
    triples: int
    replayed: int
    steps: int
    tokens: int
    seconds: float
    lambda_: float
    base_revision: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    response_before: float | None = None
    response_after: float | None = None
    consequence_before: float | None = None
    consequence_after: float | None = None
    kind: str = "learned"
    sources: tuple[int, ...] = ()
    label: str = ""
    pinned: bool = False
    verdict: str = ""
    gate: dict[str, Any] | None = None
    removed_at: str = ""
    id: str = ""
    created_at: str = ""

    @property
    def refused(self) -> bool:
        """Whether the fast gate kept it from going live."""
        probe = (self.gate or {}).get("probe") or {}
        return probe.get("verdict", "") in REFUSED


def full_gate(generation: Generation) -> Mapping[str, Any]:
    """What the full gate said when it was run last; empty if it never was."""
    found = (generation.gate or {}).get("full")
    return found if isinstance(found, dict) else {}


def full_gate_stale(generation: Generation, version: str) -> str:
    """Why the full gate's verdict that is kept does not hold today; "" if it does, or none is."""
    full = full_gate(generation)
    if not full:
        return ""
    if full.get("schema") != FULL_GATE_SCHEMA:
        return "it is kept in another form"
    if full.get("manifest") != generation.manifest_sha256:
        return "it was given to other weights"
    given = full.get("version")
    return "" if given == version else f"it was given by version {given}"


_COLUMNS = tuple("lambda" if each.name == "lambda_" else each.name for each in fields(Generation))


def insert(connection: sqlite3.Connection, generation: Generation) -> None:
    """Add the row of a generation."""
    values = {name: getattr(generation, name, None) for name in _COLUMNS}
    values["parent"] = generation.parent or None
    values["lambda"] = generation.lambda_
    values["settings"] = json.dumps(generation.settings)
    values["sources"] = json.dumps(generation.sources)
    values["gate"] = None if generation.gate is None else json.dumps(generation.gate)
    values["removed_at"] = generation.removed_at or None
    marks = ", ".join(f":{name}" for name in _COLUMNS)
    connection.execute(f"INSERT INTO generations ({', '.join(_COLUMNS)}) VALUES ({marks})", values)


def stored(row: sqlite3.Row) -> Generation:
    """A row as a generation."""
    values = {name: row[name] for name in _COLUMNS if name != "lambda"}
    values["settings"] = json.loads(row["settings"])
    values["sources"] = tuple(json.loads(row["sources"]))
    values["pinned"] = bool(row["pinned"])
    values["gate"] = None if row["gate"] is None else json.loads(row["gate"])
    values["removed_at"] = row["removed_at"] or ""
    return Generation(lambda_=row["lambda"], **values)
