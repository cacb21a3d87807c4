"""A generation beside the arms of a study: the same pairs, scored the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tear_core import __version__
from tear_core.engine.live import Live
from tear_core.engine.messages import EngineError
from tear_core.evaluate import likelihood
from tear_core.evaluate.awareness import calibrated, measure
from tear_core.evaluate.figures import Figure, Unscored
from tear_core.evaluate.gate.full.evidence import Attribution
from tear_core.evaluate.gate.full.understanding import ARMS
from tear_core.model.base import Base
from tear_core.study import design as designs
from tear_core.study.design import StudyError
from tear_core.study.findings import Finished
from tear_core.study.material import Material, read_material
from tear_core.study.running import read_cells
from tear_core.triples import Triple


def attribution(
    home: Path,
    name: str,
    base: Base,
    tree: Live,
    taught: Sequence[Triple],
    capacity: int,
    give_way: Callable[[], None],
) -> Attribution:
    """What a study says of the generation that `tree` is in. `taught`: all that shaped it.

    Raises:
        EngineError: there is no such study, or its files cannot be read any more.
    """
    try:
        design = designs.load(home, name)
        material = read_material(design)
        cells = read_cells(designs.folder_of(home, name), material.hash)
    except StudyError as error:
        raise EngineError(str(error), error.hint) from error
    score = likelihood.scorer(tree.tree, None, capacity, give_way)
    others = material.calibration
    mine = measure(
        score,
        material.pairs,
        material.surface,
        calibrated(score, others) if others else None,
        length=likelihood.token_length(base),
    )
    arms = {
        arm: [c.awareness for c in cells if c.arm == arm and c.awareness is not None]
        for arm in ARMS
    }
    return Attribution(
        name, mine, arms, _lessons(material, taught), _stale(base, design.base, cells)
    )


def _stale(base: Base, name: str, cells: Sequence[Finished]) -> str:
    if name != base.name:
        return f"it was made with {name}, not with {base.name}"
    if not cells:
        return "no cell of it was measured on the data as they are now"
    versions = {dict(cell.parts.get("versions", {})).get("tear-tui") for cell in cells}
    if versions != {__version__}:
        told = ", ".join(sorted(map(str, versions)))
        return f"it was measured by version {told}, not {__version__}"
    return ""


def _lessons(material: Material, taught: Sequence[Triple]) -> Figure:
    known = {witness.triple.content_hash for witness in material.train}
    if not taught:
        return Unscored("nothing is known of what shaped it")
    return sum(each.content_hash in known for each in taught) / len(taught)
