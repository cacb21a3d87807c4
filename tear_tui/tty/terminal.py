"""Keeps the terminal for the app: what native libraries print goes to a log instead."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK = 2.0
"""Seconds between two looks whether the terminal is still there."""

LAST = 10.0
"""Seconds that leaving may take. A terminal that is gone can hold up what writes to it for ever."""


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

    Otherwise it would end on the spot, and leave the terminal as it is while the app has it. Not
    every terminal says that it goes, and one that is gone is read from without end: so it is
    looked at now and then.
    """

    def end() -> None:
        watchdog = threading.Timer(LAST, os._exit, (128 + signal.SIGTERM,))
        watchdog.daemon = True
        watchdog.start()
        leave()

    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP"):
        with suppress(NotImplementedError, RuntimeError, ValueError, AttributeError):
            loop.add_signal_handler(getattr(signal, name), end)

    def look() -> None:
        if _is_gone(0):
            end()
        else:
            loop.call_later(LOOK, look)

    if sys.platform != "win32" and os.isatty(0):
        look()


def _is_gone(terminal: int) -> bool:
    """Whether nobody holds the other end of this terminal any more."""
    waiting = select.poll()
    waiting.register(terminal, 0)  # hanging up is told unasked
    return bool(waiting.poll(0))


def _set(stderr: object, original: object) -> None:
    setattr(sys, "stderr", stderr)  # noqa: B010  (typed as final, and Textual reads both)
    setattr(sys, "__stderr__", original)  # noqa: B010
