"""How a base is spoken with: what the settings say, and where they say nothing, the base itself.

A small model that strays as far from its likeliest words as a large one says nonsense; so a base
may name a temperature of its own, `"speaking": {"temperature": 0.5}` in the `tear.json` of its
folder.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

from tear_core.engine.messages import Sampling
from tear_core.nano import WEIGHTS
from tear_core.settings import Settings


def sampling_of(settings: Settings) -> Sampling:
    """How the words of a reply are drawn."""
    own = settings.temperature
    return Sampling(
        temperature=temperature_of(settings.base) if own is None else own,
        top_p=settings.top_p,
        top_k=settings.top_k,
        repetition_penalty=settings.repetition_penalty,
        max_response_tokens=settings.max_response_tokens,
        max_scene_tokens=settings.max_scene_tokens,
    )


def temperature_of(base: str) -> float:
    """The temperature that suits `base` ("nano", a folder or a Hub id); else the usual one."""
    folder = WEIGHTS if base == "nano" else Path(base)
    usual = Sampling().temperature
    try:
        own = json.loads((folder / "tear.json").read_text(encoding="utf-8"))
        found = float(own["speaking"]["temperature"])
    except (OSError, ValueError, KeyError, TypeError):
        return usual
    return found if 0 <= found < math.inf else usual
