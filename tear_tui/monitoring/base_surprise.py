"""How surprising the scenes of the chart would have been to the base model, asked for on demand.

Knows no screen. A few at a time, so that nobody who speaks has to wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tear_core.engine.client import EngineClient
from tear_core.engine.messages import EngineStatus, SurpriseRequest
from tear_tui.monitoring.learning import Learning, unmeasured
from tear_tui.monitoring.reading_learning import texts

AT_ONCE = 4
"""Triples in one question to the engine."""


def wanted(now: Learning, status: EngineStatus | None, known: Mapping[str, float]) -> Sequence[str]:
    """The next triples to be measured; none while the engine has something better to do."""
    if status is None or status.model != "ready" or status.learning or status.speaking:
        return ()
    return unmeasured(now.curve, known)[:AT_ONCE]


def measure(client: EngineClient, home: Path, ids: Sequence[str]) -> dict[str, float]:
    """Nats per token under the base, by triple. Blocks.

    Raises:
        EngineError: the engine could not say.
        StoreError: the triples cannot be read.
    """
    asked = texts(home, ids)
    if not asked:
        return {}
    answer = client.surprise(SurpriseRequest(tuple(asked.values()), generation="base"))
    each = answer.get("each", ())
    return {name: one["nats_per_token"] for name, one in zip(asked, each, strict=False)}
