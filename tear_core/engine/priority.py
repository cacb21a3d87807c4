"""Replies before learning: the learner waits at its next layer while anybody speaks."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

PATIENCE = 10
"""How much nicer than its process a thread is that has stepped back, on the scale of Unix."""
NICEST = 19


class Floor:
    """Who may use the model. One reply at a time; learning in between."""

    def __init__(self) -> None:
        self._speaking = threading.Lock()
        self._waiting = 0
        self._quiet = threading.Condition()

    @contextmanager
    def reply(self) -> Iterator[None]:
        """Hold the floor for a reply. The learner finishes its layer and waits."""
        with self._quiet:
            self._waiting += 1
        try:
            with self._speaking:
                yield
        finally:
            with self._quiet:
                self._waiting -= 1
                self._quiet.notify_all()

    @property
    def taken(self) -> bool:
        """A reply is being written, or waits to be."""
        return self._waiting > 0

    def give_way(
        self,
        stop: Callable[[], bool] = lambda: False,
        paused: Callable[[], bool] = lambda: False,
    ) -> None:
        """Wait until nobody speaks and learning is not paused, or `stop` is true."""
        with self._quiet:
            while (self._waiting or paused()) and not stop():
                self._quiet.wait(timeout=0.5)

    def look_again(self) -> None:
        """Something that `give_way` waits for may have changed."""
        with self._quiet:
            self._quiet.notify_all()


def step_back() -> None:
    """From now on this thread, and those it starts, take the processor time that others leave.

    A reply that begins in the middle of a layer would else share the cores with it. There is no
    way back: for a thread that does nothing but such work. Only Linux knows the niceness of a
    thread; elsewhere nothing happens.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            nice = min(NICEST, os.getpriority(os.PRIO_PROCESS, os.getpid()) + PATIENCE)
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
