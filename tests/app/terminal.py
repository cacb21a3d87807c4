"""A real pseudo-terminal with the app on it, and a terminal emulator that shows its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import pyte

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


class Terminal:
    """The app on a terminal of its own. Everything it writes is kept in `received`."""

    def __init__(self, home: Path, columns: int = 80, rows: int = 24, **environment: str) -> None:
        self.received = b""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.app.child", str(home)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}
            | environment,
            start_new_session=True,
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.vanish()

    def type(self, keys: str) -> None:
        """Send keys, as the bytes that a terminal sends for them."""
        os.write(self._master, keys.encode())

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def vanish(self) -> None:
        """Be gone, without a word to the app."""
        for end in (self._slave, self._master):
            if end >= 0:
                os.close(end)
        self._slave = self._master = -1

    def wait(self, true: Callable[[], bool]) -> None:
        """Read what the app writes until something is so."""
        end = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > end:
                raise AssertionError("it never came to be:\n" + "\n".join(self.screen.display))
            self.read()

    def see(self, words: str) -> None:
        """Wait until these words are on the screen."""
        self.wait(lambda: words in " ".join(" ".join(self.screen.display).split()))

    def read(self) -> None:
        """Take in what the app has written."""
        ready, _, _ = select.select([self._master], [], [], 0.05)
        if ready:
            data = os.read(self._master, 65536)
            self.received += data
            self._stream.feed(data)

    def settings(self) -> list[object]:
        """How the terminal is set now."""
        return list(termios.tcgetattr(self._slave))
