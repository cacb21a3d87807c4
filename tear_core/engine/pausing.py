"""Learning that stands still until somebody lets it go on. Holds for a home, whoever learns there.

A mark in the home's folder, so that it outlives the app, the engine and a kill of either.
"""

from __future__ import annotations

import os
from pathlib import Path

from tear_core.home import pause_mark, private_folder


def pause(home: Path) -> None:
    os.close(os.open(pause_mark(private_folder(home)), os.O_CREAT | os.O_WRONLY, 0o600))


def resume(home: Path) -> None:
    pause_mark(home).unlink(missing_ok=True)


def is_paused(home: Path) -> bool:
    return pause_mark(home).exists()
