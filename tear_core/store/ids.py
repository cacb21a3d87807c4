"""Names and times of rows: ULIDs that only go up within a process, ISO-8601 times in UTC."""

from __future__ import annotations

import threading
from datetime import datetime, timezone

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A ULID greater than every one this process has made, also within a millisecond.

    Rows are read back in the order of their ids, so ids made together must be in order.
    """
    from ulid import ULID

    global _last
    with _lock:
        _last = max(int(ULID()), _last + 1)
        return str(ULID.from_int(_last))


def now() -> str:
    """The time in UTC, e.g. `2026-03-01T09:30:00.123456+00:00`: sorts as text."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


def prefix_range(typed: str) -> tuple[str, str]:
    """Bounds (low, high) such that low <= id < high for each id that begins as was typed.

    "~" sorts after every character of a ULID, so no wildcard has to be escaped.
    """
    low = typed.strip().upper().encode("ascii", "replace").decode()
    return low, low + "~"
