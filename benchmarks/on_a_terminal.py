"""A program on a pseudo-terminal of its own, and how long it takes to answer there.

Knows nothing of the product. Linux: other processes have clocks of their own there.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0
QUIET = 0.3


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of the program's own processor time."""

    clock: float
    processor: float


class Terminal:
    """A program on a terminal of so many columns and rows. `received` is all that it wrote."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        columns: int = 120,
        rows: int = 40,
    ) -> None:
        self.received = b""
        self.seen = ""
        self._screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        around = {**os.environ, "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}
        self._began = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=around | dict(environment or {}),
            start_new_session=True,
        )
        os.close(inside)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        with suppress(OSError):  # ended twice
            os.close(self._screen)

    def started(self, words: str) -> Took:
        """From the start of the process until these words are on the screen."""
        self._until(re.escape(words), 0)
        return Took(time.perf_counter() - self._began, self.processor())

    def pressed(self, keys: str, pattern: str) -> Took:
        """From pressing these keys until something is written that matches; it is in `seen`."""
        at, spent, began = len(self.received), self.processor(), time.perf_counter()
        self.press(keys)
        self.seen = self._until(pattern, at)
        return Took(time.perf_counter() - began, self.processor() - spent)

    def press(self, keys: str) -> None:
        os.write(self._screen, keys.encode())

    def rest(self, seconds: float) -> None:
        """Let it work for so long, and take in what it writes."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)

    def settle(self, most: float = 10.0) -> None:
        """Wait until it has written nothing for a while (a cursor blinks more slowly)."""
        end = time.perf_counter() + most
        while self._read(QUIET) and time.perf_counter() < end:
            pass

    def processor(self) -> float:
        """Seconds of processor time that it has had, threads that have ended included."""
        clock = ~self.process.pid << 3 | 2  # clock_getcpuclockid(3); /proc counts in 10 ms
        return time.clock_gettime(clock)

    def resident(self) -> int:
        """Bytes that it has in memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(each for each in status.splitlines() if each.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def _until(self, pattern: str, at: int) -> str:
        end, wanted = time.perf_counter() + PATIENCE, re.compile(pattern.encode())
        while not (found := wanted.search(self.received, at)):
            if time.perf_counter() > end or not (self._read(1.0) or self.process.poll() is None):
                tail = self.received[-2000:].decode(errors="replace")
                raise SystemExit(f"{pattern!r} never came; the last of what did:\n{tail!r}")
        return found.group().decode()

    def _read(self, seconds: float) -> bool:
        """Take in what is there, waiting for it at most so long; whether anything was."""
        ready, _, _ = select.select([self._screen], [], [], seconds)
        if not ready:
            return False
        try:
            self.received += os.read(self._screen, 65536)
        except OSError:  # it has ended
            return False
        return True
