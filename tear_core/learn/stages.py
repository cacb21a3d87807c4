"""Where the time of an update goes, stage by stage.

In the order in which they come: `taken up`, `standing` (the tree is brought to the live
generation), `scored` (surprise and losses before), `gate before`, `steps`, `scored after`,
`gate after`, `published`. `gave way` is the time in which it stood still for a reply, or was
paused; it counts to no other.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Stages:
    """A clock that is told what has just been done.

    Attributes:
        seconds: by the name of the stage, in the order in which they ended.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began = self._since = time.perf_counter()
        self._apart = 0.0

    @property
    def total(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self._began

    def done(self, name: str) -> None:
        """What was done since the last time was this stage."""
        now = time.perf_counter()
        self._add(name, now - self._since - self._apart)
        self._since, self._apart = now, 0.0

    def apart(self, give_way: Callable[[], None]) -> Callable[[], None]:
        """The same function; the time that it takes is a stage of its own."""

        def timed() -> None:
            began = time.perf_counter()
            give_way()
            waited = time.perf_counter() - began
            self._apart += waited
            self._add("gave way", waited)

        return timed

    def _add(self, name: str, seconds: float) -> None:
        self.seconds[name] = round(self.seconds.get(name, 0.0) + seconds, 6)
