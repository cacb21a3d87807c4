"""How a start is kept short: what is said to Python and to textual before the app is imported."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path

PICTURES = "120"
"""Pictures a second, at most. Textual draws at beats, and may leave one out after a picture: at its
own 60 a key that is pressed right after a picture waits up to 33 ms for the next."""


def open_app(
    home: Path | None = None,
    *,
    session: str | None = None,
    new: bool = False,
    tour: bool | None = None,
) -> int:
    """Import the app and be in it until it is left; returns the exit code."""
    gc.disable()  # until the first picture, when the app enables it: all of this stays
    os.environ.setdefault("TEXTUAL_FPS", PICTURES)  # read when textual is imported
    try:
        from tear_tui.entrance import run

        return run(home, session=session, new=new, tour=tour)
    finally:
        gc.enable()


def forgive_letters() -> None:
    """A terminal that cannot show a letter gets a question mark, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
