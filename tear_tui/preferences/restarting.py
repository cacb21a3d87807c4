"""Ends the engine and waits until it is really gone, so that another can take its place."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from tear_core.engine.client import EngineClient, EngineError
from tear_core.home import engine_lock

PATIENCE = 30.0
"""Seconds: a generation that is being written is finished first."""


def end_engine(client: EngineClient, home: Path) -> None:
    """Ask the engine of this home to end, and wait for it. Blocks.

    Raises:
        EngineError: it did not end in time.
    """
    client.end()
    try:
        with FileLock(engine_lock(home), timeout=PATIENCE, mode=0o600):
            pass
    except Timeout:
        raise EngineError("it is still at work", "Try again in a moment.") from None
