"""One learner at a time in a home, whichever process it runs in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class LearnerBusy(RuntimeError):
    """Another learner is at work; the message says which process."""


@contextmanager
def learner_lock(path: Path) -> Iterator[None]:
    """Hold the learner's lock; the system frees it when the process dies.

    Raises:
        LearnerBusy: somebody else holds it.
    """
    lock = FileLock(path, mode=0o600, thread_local=False)
    owner = path.with_suffix(".pid")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        held = owner.read_text().strip() if owner.exists() else "unknown"
        raise LearnerBusy(f"process {held} is learning in this home already") from None
    try:
        owner.write_text(str(os.getpid()))
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()
