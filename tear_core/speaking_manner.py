"""How a base is best spoken with, where it says so itself: `"speaking"` in its `tear.json`.

A small model that strays as far from its likeliest words as a large one says nonsense.
"""

from __future__ import annotations

import json
from pathlib import Path

from tear_core.nano import WEIGHTS

USUAL_TEMPERATURE = 0.8


def temperature_of(base: str) -> float:
    """The sampling temperature that suits `base`: "nano", a folder, or a Hub id (the usual one)."""
    folder = WEIGHTS if base == "nano" else Path(base)
    try:
        own = json.loads((folder / "tear.json").read_text(encoding="utf-8"))
        found = float(own["speaking"]["temperature"])
    except (OSError, ValueError, KeyError, TypeError):
        return USUAL_TEMPERATURE
    return found if found >= 0 else USUAL_TEMPERATURE
