"""How often the screen is brought up to date while the model writes. Pure."""

from __future__ import annotations

FASTEST = 1 / 20
SLOWEST = 1 / 2
SHARE = 6
"""Drawing waits this many times as long as it took: keys, and the model, come first."""
BETWEEN_KEYS = 1 / 5
"""Seconds within which somebody who types presses the next key."""


def next_flush(seconds_spent: float) -> float:
    """Seconds to wait before the next flush, after one that took `seconds_spent`: of the
    processor with all that was drawn for it, or by the clock where that is more."""
    return min(max(FASTEST, SHARE * seconds_spent), SLOWEST)


def until_a_pause(since_key: float, since_flush: float) -> float:
    """Seconds for which a flush that is due waits for the next key, so as to come right after it:
    a key that is pressed while the screen is drawn has to wait for that. Nobody types, or nothing
    was shown for long: it waits no more."""
    return max(0.0, min(BETWEEN_KEYS - since_key, SLOWEST - since_flush))
