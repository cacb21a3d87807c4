"""Which candidates of an open turn are in view, and which one a key would take. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Choice:
    """One candidate in view, or two beside each other; `side` says which of them is chosen."""

    left: int = 0
    right: int | None = None
    side: int = 0

    @property
    def chosen(self) -> int:
        """The candidate that a key would take."""
        return self.right if self.side == 1 and self.right is not None else self.left

    @property
    def shown(self) -> tuple[int, ...]:
        """The candidates in view, from left to right."""
        return (self.left,) if self.right is None else (self.left, self.right)

    def show(self, index: int) -> Choice:
        """Put candidate `index` into the chosen place."""
        if self.right is not None and self.side == 1:
            return replace(self, right=index)
        return replace(self, left=index)

    def browse(self, step: int, count: int) -> Choice:
        """The next candidate in the chosen place, skipping the one beside it."""
        others = [i for i in range(count) if i not in self.shown or i == self.chosen]
        if len(others) < 2:
            return self
        return self.show(others[(others.index(self.chosen) + step) % len(others)])

    def beside(self, index: int) -> Choice:
        """Open candidate `index` beside the chosen one, and choose it."""
        return Choice(left=self.chosen, right=index, side=1)

    def alone(self) -> Choice:
        """Only the chosen one."""
        return Choice(left=self.chosen)

    def choose(self, side: int) -> Choice:
        """Choose the left (0) or the right (1) of two."""
        return self if self.right is None else replace(self, side=side)
