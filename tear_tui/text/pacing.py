"""How often the screen is brought up to date while the model writes. Pure."""

from __future__ import annotations

FASTEST = 1 / 20
SLOWEST = 1 / 2
SHARE = 6
"""Drawing waits this many times as long as it took: keys, and the model, come first."""


def next_flush(seconds_spent: float) -> float:
    """Seconds to wait before the next flush, after one that took `seconds_spent`: of the
    processor with all that was drawn for it, or by the clock where that is more."""
    return min(max(FASTEST, SHARE * seconds_spent), SLOWEST)
