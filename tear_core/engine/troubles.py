"""What can go wrong in the engine for reasons a person can act on, and how it is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tear_core.engine.messages import EngineError, Reply
from tear_core.generate.speaker import TooLong
from tear_core.learn.step import OutOfMemory
from tear_core.model.adapters import BrokenAdapter
from tear_core.model.families import UnsupportedBase
from tear_core.store.database import StoreError
from tear_core.witness_format import TripleTooLong

CANNOT = (TooLong, TripleTooLong, BrokenAdapter, StoreError, OutOfMemory, UnsupportedBase, OSError)
EXPECTED = (EngineError, *CANNOT)


class Stopped(Exception):
    """Nobody wants the answer any more."""


def as_reply(error: Exception, hint: str = "") -> Reply:
    """An error as the last word of a stream; `hint` where the error brings none."""
    return {"event": "error", "message": str(error), "hint": getattr(error, "hint", "") or hint}


@contextmanager
def as_engine_error() -> Iterator[None]:
    """Turn what a person can act on into an `EngineError`."""
    try:
        yield
    except CANNOT as error:
        raise EngineError(str(error), getattr(error, "hint", "")) from error
