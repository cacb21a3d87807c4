"""Which turns of a long conversation are on the screen: a window that grows and slides. Pure."""

from __future__ import annotations

from dataclasses import dataclass

STEP = 20
"""Turns that are on the screen at first, and how many come with each step."""

MOST = 60
"""Turns that are on the screen at once, however far somebody goes back."""

ROWS = 6
"""Rows that a turn takes at least."""
FEW = 4
"""Turns that are put on the screen at once, after those that fill it."""


def enough(rows: int) -> int:
    """How many turns fill a screen of so many rows, whatever stands in them."""
    return rows // ROWS + 2


@dataclass(frozen=True, slots=True)
class Window:
    """`size` turns up to the one before place `end`; None: up to the newest, whatever comes."""

    size: int = STEP
    end: int | None = None

    def span(self, total: int) -> tuple[int, int]:
        """The first place in view and the one behind the last, out of `total`."""
        end = total if self.end is None else min(self.end, total)
        return max(0, end - self.size), end

    def earlier(self, total: int) -> Window:
        """With one step more of what came before; beyond `MOST` the newest go out of view."""
        first, end = self.span(total)
        first = max(0, first - STEP)
        return Window(min(end - first, MOST), _end(min(end, first + MOST), total))

    def later(self, total: int) -> Window:
        """With one step more of what comes after; beyond `MOST` the oldest go out of view."""
        first, end = self.span(total)
        end = min(end + STEP, total)
        return Window(max(STEP, min(end - first, MOST)), _end(end, total))

    def around(self, place: int, total: int) -> Window:
        """One in which a place is in view: as it is, or anew with the place in its middle."""
        first, end = self.span(total)
        if first <= place < end:
            return self
        end = min(total, place + STEP // 2)
        return Window(STEP, _end(end, total))


def _end(end: int, total: int) -> int | None:
    return None if end >= total else end
