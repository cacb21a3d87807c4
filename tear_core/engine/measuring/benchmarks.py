"""Answers of other harnesses, item by item, for the gate: a file that is of these very weights."""

from __future__ import annotations

import json
from pathlib import Path

from tear_core.engine.messages import EngineError
from tear_core.evaluate.figures import figure
from tear_core.evaluate.gate.full.evidence import BenchmarkItem
from tear_core.model.base import Base
from tear_core.store.generations import Generation


def benchmarks(path: str, row: Generation, base: Base) -> dict[str, list[BenchmarkItem]] | None:
    """Read a file, by task; None where no path is given (see docs/gate.md).

    Raises:
        EngineError: it holds no benchmarks, or is of other weights.
        OSError: it cannot be opened.
    """
    if not path:
        return None
    hint = "docs/gate.md says what the file holds"
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
        of = (told["manifest"], told["base_fingerprint"])
        tasks = {
            str(task): [
                BenchmarkItem(str(i["id"]), figure(i.get("base")), figure(i.get("generation")))
                for i in items
            ]
            for task, items in told["tasks"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(f"{path} holds no benchmarks: {error!r}", hint) from error
    if of != (row.manifest_sha256, base.fingerprint):
        raise EngineError(f"{path} is of other weights than generation {row.number}", hint)
    return tasks
