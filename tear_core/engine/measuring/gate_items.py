"""What the full gate measures on, read from files, and the hashes that its evidence must have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tear_core.engine.measuring import awareness
from tear_core.engine.messages import AwarenessRequest, EngineError, GateRequest
from tear_core.evaluate.awareness.items import hash_of
from tear_core.evaluate.gate.full.conduct import SUITES
from tear_core.evaluate.gate.full.evidence import paraphrases_hash, ranking_hash, swap_hash
from tear_core.evaluate.suites import catalogue, forgetting, overcorrection, pressure
from tear_core.evaluate.suites import items as suite_items
from tear_core.evaluate.suites.catalogue import Material


def read_items(request: GateRequest) -> tuple[awareness.Material, dict[str, Material]]:
    """The items of awareness and its companions, and those of each suite.

    Raises:
        EngineError: they are not what they should be.
        OSError: a file cannot be opened.
    """
    asked = awareness.material_of(
        AwarenessRequest(
            items=request.items,
            train=request.train,
            dev=request.dev,
            limit=request.limit,
            ranking=True,
            swap=request.swap,
            paraphrases=request.paraphrases,
        )
    )
    if request.limit is not None:
        asked = replace(asked, paraphrases=asked.paraphrases[: request.limit])
    folder = Path(request.suites)
    try:
        found = {
            name: catalogue.material(folder, catalogue.named(name), request.limit)
            for name in SUITES
        }
    except ValueError as error:
        raise EngineError(str(error), "docs/suites.md says what a line holds") from error
    return asked, found


def hashes_of(asked: awareness.Material, suites: Mapping[str, Material]) -> dict[str, str]:
    """The hash of each part's items, by its name."""
    return {
        "awareness": hash_of(asked.sets.items),
        "ranking": ranking_hash(asked.asked),
        "swap": swap_hash(asked.swapped),
        "paraphrases": paraphrases_hash(asked.paraphrases),
        **{name: suite_hash(name, found) for name, found in suites.items()},
    }


def suite_hash(name: str, found: Material) -> str:
    """The hash that a result of this suite on these items has."""
    items: Mapping[str, Sequence[Any]] = {
        pressure.NAME: found.pressed,
        catalogue.REWARD_HACKING: found.hacking,
        catalogue.NOURISHMENT: found.nourishment,
        forgetting.NAME: found.documents,
        overcorrection.NAME: found.measured,
    }
    return suite_items.hash_of(items[name] if name in items else catalogue.prompts(found))
