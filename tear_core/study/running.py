"""Running a study: every cell that is not done yet, then its findings. Killed, it goes on."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from tear_core import __version__
from tear_core.learn.plan import plan_for
from tear_core.model.load import load_base
from tear_core.settings import Settings
from tear_core.study import design as designs
from tear_core.study.arms import Arm
from tear_core.study.cell import Measure, run_cell, without_gate
from tear_core.study.design import FINDINGS, Design, StudyError
from tear_core.study.findings import Finished, summarize
from tear_core.study.material import Material, read_material

Told = dict[str, Any]


def run(
    home: Path,
    design: Design,
    settings: Settings,
    *,
    also: Measure = lambda _: {},
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Told]:
    """Run what is missing of a study, telling what is done; the last told are its findings.

    {"event": "study", "cells", "done", ...}    once, at the beginning
    {"event": "step", "arm", "seed", ...}       as the learner tells it
    {"event": "cell", "arm", "seed", ...}       a cell is measured and kept
    {"event": "findings", ...}                  see `findings.summarize`

    Raises:
        StudyError: the design cannot be run, or another process runs this study.
    """
    material = read_material(design)
    folder = designs.keep(home, design)
    try:
        with FileLock(folder / "study.lock", timeout=0, mode=0o600):
            yield from _run(folder, design, material, settings, also, stop)
    except Timeout:
        raise StudyError(f"another process is running {design.name}", "Wait for it.") from None


def _run(
    folder: Path,
    design: Design,
    material: Material,
    settings: Settings,
    also: Measure,
    stop: Callable[[], bool],
) -> Iterator[Told]:
    cells = design.cells()
    done = {(c.arm, c.seed): c for c in read_cells(folder, material.hash)}
    waiting = [cell for cell in cells if (cell[0].name, cell[1]) not in done]
    yield {
        "event": "study",
        "name": design.name,
        "cells": len(cells),
        "done": len(cells) - len(waiting),
        "train": len(material.train),
        "held_out": len(material.held_out),
        "pairs": len(material.pairs),
        "data": material.hash,
    }
    if waiting:
        if settings.threads:
            torch.set_num_threads(settings.threads)
        base = load_base(
            settings.base,
            revision=settings.revision,
            dtype=settings.dtype,
            quantize=settings.quantize,
            delimiters=settings.delimiters,
        )
        plan = without_gate(plan_for(base, settings))
    for arm, seed in waiting:
        if stop():
            yield {"event": "stopped"}
            return
        work = folder / "work" / f"{arm.name}-{seed}"
        for told in run_cell(base, plan, design, material, arm, seed, work, also):
            if told["event"] == "cell":
                designs.write_json(cell_path(folder, arm, seed), _sealed(told, material))
            yield _short(told)
    found = findings(folder, design, material.hash)
    designs.write_json(folder / FINDINGS, found)
    yield {"event": "findings", **found}


def cell_path(folder: Path, arm: Arm, seed: int) -> Path:
    return folder / f"cell-{arm.name}-{seed}.json"


def read_cells(folder: Path, data: str) -> list[Finished]:
    """The finished cells that were measured on these data."""
    found = []
    for path in sorted(folder.glob("cell-*.json")):
        try:
            cell = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # half a file is no cell: it is run again
        if cell.get("data") == data:
            found.append(Finished.of(cell))
    return found


def findings(folder: Path, design: Design, data: str) -> Told:
    """What the finished cells of this design come to."""
    wanted = {(arm.name, seed) for arm, seed in design.cells()}
    cells = [c for c in read_cells(folder, data) if (c.arm, c.seed) in wanted]
    return {
        "study": design.as_json(),
        "data": data,
        "complete": len(cells) == len(wanted),
        "date": datetime.now(timezone.utc).date().isoformat(),
        **summarize(cells),
    }


def _sealed(told: Told, material: Material) -> Told:
    """A cell's file: its figures, what they were measured on, and with which versions."""
    packages = ("torch", "transformers", "peft")
    return {
        **{k: v for k, v in told.items() if k != "event"},
        "data": material.hash,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": {
            "tear-tui": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in packages},
        },
        "threads": torch.get_num_threads(),
    }


def _short(told: Told) -> Told:
    """A cell as it is told: without the figures of each item, which are in its file."""
    if told["event"] != "cell":
        return told
    kept = {k: v for k, v in told.items() if k not in ("surprise", "awareness")}
    kept["surprise"] = {k: v for k, v in told["surprise"].items() if k != "each"}
    if told["awareness"] is not None:
        measured = told["awareness"]
        kept["awareness"] = {k: measured[k] for k in ("verdict", "why", "cas", "group", "own")}
    return kept
