"""Figures of learning mirrored to an experiment tracker. Never any text, and never by default.

The log in the database is the record; a tracker is a copy of its figures. One that breaks on
the way is said once, and learning goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tear_core.engine.messages import EngineError, Reply

TRACKERS = ("trackio", "wandb", "tensorboard")
PROJECT = "tear-tui"

log = logging.getLogger(__name__)


def mirrored(told: Iterator[Reply], kind: str, folder: Path) -> Iterator[Reply]:
    """The same replies; the figures among them also go to the tracker.

    Steps are counted over the lineage's updates of this process. `folder` is where a tracker
    that writes files puts them.

    Raises:
        EngineError: the tracker is unknown or not installed. Nothing has been learned then.
    """
    tracker = _open(kind, folder)
    step, broken = 0, False
    try:
        for reply in told:
            if not broken and (figures := _figures(reply)):
                step += reply["event"] == "step"
                try:
                    tracker.log(figures, step=step)
                except Exception as error:  # whatever a tracker throws must not end learning
                    broken = True
                    log.warning("%s has stopped listening: %s", kind, error)
                    yield {"event": "notice", "message": f"{kind} has stopped listening: {error}"}
            yield reply
    finally:
        if not broken:
            tracker.finish()


def _open(kind: str, folder: Path) -> Any:
    if kind not in TRACKERS:
        raise EngineError(f"there is no tracker {kind!r}", f"one of {', '.join(TRACKERS)}")
    from accelerate import tracking  # type: ignore[import-untyped]

    try:
        if kind == "tensorboard":
            tracker: Any = tracking.TensorBoardTracker(PROJECT, str(folder))
        else:
            tracker = tracking.LOGGER_TYPE_TO_CLASS[kind](PROJECT)
        tracker.start()
    except ImportError as error:
        raise EngineError(f"{kind} is not installed here", f"pip install {kind}") from error
    return tracker


def _figures(reply: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a reply, under names that say whose they are."""
    event = reply["event"]
    if event == "step":
        names = ("response_loss", "consequence_loss", "lambda", "tokens_per_second")
        found = {f"learn/{name}": reply[name] for name in names}
    elif event == "surprise":
        found = {"surprise/nats_per_token": reply["nats_per_token"]}
    elif event == "published" and reply["generation"] is not None:
        found = {
            "generation/number": reply["generation"],
            "generation/consequence_after": reply["consequence_loss"]["after"],
            "generation/response_after": reply["response_loss"]["after"],
        }
    else:
        return {}
    return {name: float(value) for name, value in found.items() if value is not None}
