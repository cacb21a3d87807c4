"""Keeps the terminal for the app: what native libraries print goes to a log instead."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def own_terminal(log: Path) -> Iterator[None]:
    """While inside, file descriptor 2 is `log`, and the app draws through a copy of the real one.

    Textual draws on standard error; so does every C library that complains.
    """
    real = os.dup(2)
    screen = os.fdopen(real, "w", encoding="utf-8", errors="replace", closefd=True)
    before = (sys.stderr, sys.__stderr__)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.dup2(target, 2)
        _set(screen, screen)
        yield
    finally:
        screen.flush()
        os.dup2(real, 2)
        _set(*before)
        os.close(target)
        screen.close()


def when_told_to_end(leave: Callable[[], object]) -> None:
    """Have `leave` called on the running loop when the system, or a closed window, ends the app.

    Otherwise it would end on the spot, and leave the terminal as it is while the app has it.
    """
    for name in ("SIGTERM", "SIGHUP"):
        with suppress(NotImplementedError, RuntimeError, ValueError, AttributeError):
            asyncio.get_running_loop().add_signal_handler(getattr(signal, name), leave)


def _set(stderr: object, original: object) -> None:
    setattr(sys, "stderr", stderr)  # noqa: B010  (typed as final, and Textual reads both)
    setattr(sys, "__stderr__", original)  # noqa: B010
