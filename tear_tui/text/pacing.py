"""How often the screen is brought up to date while the model writes. Pure."""

from __future__ import annotations

FASTEST = 1 / 20
SLOWEST = 1 / 2
SHARE = 10
"""Drawing may take at most one part in this many of the time."""


def next_flush(seconds_spent: float) -> float:
    """Seconds to wait before the next flush, after one that took `seconds_spent`."""
    return min(max(FASTEST, SHARE * seconds_spent), SLOWEST)
