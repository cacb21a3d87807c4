"""The generations of each base as a tree of rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tear_core.store.generations import Generation
from tear_tui.text.tree_lines import tree

SIGNS = {"learned": "○", "merged": "◆", "negated": "◇", "rebuilt": "◎"}
LIVE, REMOVED = "●", "×"


@dataclass(frozen=True, slots=True)
class Family:
    """Every generation of one base, the one that answers (0: the base), and what did before it."""

    base: str
    live: int
    generations: Mapping[int, Generation] = field(default_factory=dict)
    history: Sequence[int] = ()
    """What was live, oldest first; the last is live now."""
    fingerprint: str = ""
    """That of the weights which are loaded; "" is not known."""
    stands_for: int = 0
    """The generation that the base answers for, since it does not fit them."""

    @property
    def before(self) -> int | None:
        """What was live before, to roll back to: what is gone is passed over. None: nothing."""
        for number in reversed(self.history):
            known = number == 0 or number in self.generations
            if number != self.live and known and not self.is_removed(number):
                return number
        return None

    @property
    def parent(self) -> int | None:
        """The parent of what is live; None: it is the base."""
        row = self.generations.get(self.live)
        return None if row is None else row.parent or 0

    def is_removed(self, number: int) -> bool:
        row = self.generations.get(number)
        return row is not None and bool(row.removed_at)

    def fits(self, number: int) -> bool:
        """Whether a generation was learned on the weights that are loaded, as far as is known."""
        row = self.generations.get(number)
        return row is None or self.fingerprint in ("", row.base_fingerprint)

    def children(self, number: int) -> list[int]:
        """The generations that grew from this one."""
        return [n for n, row in self.generations.items() if (row.parent or 0) == number]


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a generation was taught: landings and first words, and how many triples in all."""

    rows: tuple[tuple[str, str], ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A row: a generation of a family, or with number 0 its base, and the lines beside it."""

    family: Family
    number: int
    lines: str

    @property
    def generation(self) -> Generation | None:
        return self.family.generations.get(self.number)

    @property
    def is_live(self) -> bool:
        return self.family.live == self.number

    @property
    def fits(self) -> bool:
        return self.family.fits(self.number)


def nodes(families: Sequence[Family]) -> list[Node]:
    """Every row, the newest of the first family on top."""
    return [Node(family, number, lines) for family in families for number, lines in _tree(family)]


def _tree(family: Family) -> list[tuple[int, str]]:
    rows = family.generations
    parents = {number: row.parent or 0 for number, row in rows.items()}
    signs = {number: _sign(family, row) for number, row in rows.items()}
    return tree(parents, {0: LIVE if family.live == 0 else "○", **signs})


def _sign(family: Family, row: Generation) -> str:
    if row.number == family.live:
        return LIVE
    return REMOVED if row.removed_at else SIGNS.get(row.kind, "○")


def family_of(
    base: str,
    live: int,
    rows: Sequence[Generation],
    history: Sequence[Mapping[str, Any]],
    fingerprint: str = "",
    stands_for: int = 0,
) -> Family:
    """A family from what the store says, and the engine of the weights that it has loaded."""
    line = [int(each["generation"]) for each in history]
    found = {row.number: row for row in rows}
    return Family(base, live, found, line, fingerprint, stands_for)
