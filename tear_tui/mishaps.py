"""What should not have happened is written down, so that it can be mended; never any text."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from tear_core.home import logs_folder
from tear_core.store.ids import now


def write_down(home: Path, error: BaseException) -> Path:
    """Add where an error happened, and of what kind it is, to the app's log; returns that.

    Not its message: that may hold what somebody said.
    """
    path = logs_folder(home) / "app.log"
    where = "".join(traceback.format_tb(error.__traceback__))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(f"{now()} {type(error).__name__}\n{where}")
    return path


def last_words(home: Path, error: BaseException) -> str:
    """What a person is told when the app has ended over an error, which is written down."""
    told = f"tear-tui had to end: {type(error).__name__}. What you wrote is kept."
    try:
        return f"{told} Where it happened is in {write_down(home, error)}"
    except OSError as cause:
        return f"{told} It could not be written down: {cause}"
