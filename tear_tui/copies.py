"""Which copies of the app are at work on a home: each holds a lock while it has words in its boxes.

A process that is killed loses its locks, and one that has its number later does not have them.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tear_core.home import copies_folder
from tear_core.store.ids import new_id

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Copy:
    """This copy. It has a name from the beginning, and its lock when it is first needed."""

    def __init__(self, home: Path) -> None:
        self.name = new_id()
        self._home = home
        self._lock: BaseFileLock | None = None
        self._one = threading.Lock()

    def hold(self) -> None:
        """Be seen to be running, from now on; sweeps up after those that are not.

        Raises:
            OSError: the home cannot be written.
        """
        with self._one:
            if self._lock is not None:
                return
            lock = _lock(self._home, self.name)
            lock.acquire()
            self._lock = lock
        for path in copies_folder(self._home).glob("*.lock"):
            is_running(self._home, path.stem)

    def let_go(self) -> None:
        """Be seen to be running no more."""
        with self._one:
            if self._lock is not None:
                _path(self._home, self.name).unlink(missing_ok=True)
                self._lock.release()
                self._lock = None


def is_running(home: Path, name: str) -> bool:
    """Whether the copy of this name holds its lock."""
    if not _path(home, name).exists():
        return False
    from filelock import Timeout

    lock = _lock(home, name)
    try:
        with lock.acquire(timeout=0):
            _path(home, name).unlink(missing_ok=True)
            return False
    except (Timeout, OSError):
        return True


def _lock(home: Path, name: str) -> BaseFileLock:
    from filelock import FileLock  # slow to import, and rarely needed before the first picture

    return FileLock(_path(home, name), mode=0o600, thread_local=False)


def _path(home: Path, name: str) -> Path:
    return copies_folder(home) / f"{name}.lock"
