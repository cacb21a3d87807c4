"""The triples that somebody goes through: what was looked for, what is marked, what was decided.

Belongs to the thread of the screen; knows nothing of widgets or of the engine. What may take long
is handed out as a function for another thread, which opens the database for itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tear_core.store import Store, StoreError, changes, deciding, lineage, open_store, undoing
from tear_core.store import triples as stored_triples
from tear_core.store.database import BUSY_SECONDS
from tear_core.store.deciding import Decided, Decision, Prospect
from tear_core.store.filters import Filter, parse
from tear_core.store.lineage import Carried
from tear_core.store.listing import (
    NO_TRIPLES,
    SORTS,
    Listing,
    Sort,
    followed,
    last_decision,
    lines,
    listing,
)
from tear_core.store.triples import StoredTriple
from tear_core.store.undoing import Step, Undone
from tear_tui.reviewing.triple_list import row
from tear_tui.text.columns import Row

_T = TypeVar("_T")

FEW = 50
"""So many are decided about at once, before the key press returns; more take a thread."""
PATIENCE = 0.1
"""Seconds that a key press waits for others who are writing."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known before somebody is asked about many triples, or about taking one back."""

    prospect: Prospect
    carried: tuple[Carried, ...]


class ReviewQueue:
    """A filtered, ordered list of triples, marks on some of them, and the way back."""

    def __init__(self, store: Store, who: str) -> None:
        self.store = store
        self.who = who
        self.typed = ""
        self.wanted = Filter()
        self.sort: Sort = "newest"
        self.listing: Listing = NO_TRIPLES
        self.marks: set[int] = set()
        self._mine: set[str] = set()
        self._passed: set[str] = set()
        self._upto = 0
        self._writes = 0
        self._version = -1

    # --- what is in the list

    def find(self, typed: str) -> None:
        """Look for something else; `reading` then finds it."""
        self.typed, self.wanted = typed, parse(typed)

    def reorder(self) -> None:
        """The next order, round and round."""
        self.sort = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)]

    def first_look(self) -> str:
        """What to show somebody who has just come: what waits for a review, if anything does."""
        waiting = stored_triples.list_triples(self.store, status="unreviewed", limit=1)
        return "status:unreviewed" if waiting else ""

    def reading(self) -> Callable[[], Callable[[int | None], int | None]]:
        """A way to read the list without keeping the screen waiting.

        The function returned is for another thread. What *it* returns is for this one: it takes
        the list in and says where the row that was at a place stands now (with no such row: at the
        top). None: something else is looked for by now, or something was decided here since it was
        read.
        """
        home, asked, wanted, sort = self.store.home, (self.typed, self.sort), self.wanted, self.sort
        writes = self._writes

        def read() -> Callable[[int | None], int | None]:
            with open_store(home) as store, store.read():
                upto, found = last_decision(store), listing(store, wanted, sort)

            def take_in(at: int | None) -> int | None:
                if (self.typed, self.sort) != asked or self._writes != writes:
                    return None
                there = 0 if at is None else followed(self.listing, found, at)
                self.listing, self._upto = found, upto
                return there

            return take_in

        return read

    def rows(self, first: int, size: int) -> Sequence[Row]:
        """A page of the list."""
        try:
            return [row(line) for line in lines(self.store, self._seqs(first, size))]
        except sqlite3.Error:  # a disk that cannot be read is no reason to end
            return [row(None)] * size

    def at(self, place: int) -> StoredTriple | None:
        """The whole triple at a place of the list; None: there is none, or it was deleted."""
        found = stored_triples.in_order(self.store, self._seqs(place, 1))
        return found[0] if found else None

    def _seqs(self, first: int, size: int) -> list[int]:
        return list(self.listing.seqs[first : first + size])

    def touched(self) -> bool:
        """Whether anybody else has written to the database since this was last asked."""
        version = self.store.connection.execute("PRAGMA data_version").fetchone()[0]
        before, self._version = self._version, version
        return bool(version != before)

    def outdated(self) -> bool:
        """Whether triples came or changed that the list does not know of."""
        return last_decision(self.store) != self._upto

    # --- marks

    def marked(self, place: int) -> bool:
        return place < len(self.listing) and self.listing.seqs[place] in self.marks

    def mark(self, place: int) -> None:
        """Mark the triple at a place, or take its mark away."""
        if place < len(self.listing):
            self.marks ^= {self.listing.seqs[place]}

    def mark_all(self) -> None:
        """Mark everything in the list; if all of it is marked, nothing is any more."""
        here = set(self.listing.seqs)
        self.marks = set() if here <= self.marks else self.marks | here

    def chosen(self, place: int) -> list[int]:
        """The triples that a decision is about: the marked ones, else the one at a place."""
        return sorted(self.marks) if self.marks else self._seqs(place, 1)

    def hidden_marks(self) -> int:
        """How many marked triples are not in the list."""
        return len(self.marks - set(self.listing.seqs)) if self.marks else 0

    # --- decisions

    def held_up(self) -> bool:
        """Whether others are writing, so that a decision has to wait for them on a thread."""
        connection = self.store.connection
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")
        return False

    def outlook(self, decision: Decision, seqs: Sequence[int]) -> Callable[[], Outlook]:
        """A way to know what a decision would do."""
        home = self.store.home

        def read() -> Outlook:
            with open_store(home) as store, store.read():
                carried = lineage.carried_any(store, seqs) if decision == "retract" else []
                return Outlook(deciding.prospect(store, decision, seqs), tuple(carried))

        return read

    def decide(self, decision: Decision, seqs: Sequence[int], why: str) -> Decided:
        """Take a decision about a few, at once.

        Raises:
            StoreError: it could not be written.
        """
        return self.keeping_up(lambda: deciding.decide(self.store, decision, seqs, why, self.who))

    def deciding(self, decision: Decision, seqs: Sequence[int], why: str) -> Callable[[], Decided]:
        """A way to take a decision about many."""
        home, who = self.store.home, self.who

        def write() -> Decided:
            with open_store(home) as store:
                return deciding.decide(store, decision, seqs, why, who)

        return write

    def took(self, change: str) -> None:
        """This change was made here, so that undoing it need not be asked about."""
        self._mine.add(change)
        self._passed.clear()

    def took_last(self, triple_id: str) -> None:
        """The last change of this triple was made here."""
        change = changes.last_change(self.store, triple_id)
        if change is not None:
            self.took(change)

    def undid(self, change: str) -> None:
        """This undo was made here."""
        self._mine.add(change)

    def next_undo(self) -> Step | None:
        return undoing.next_undo(self.store, self._passed)

    def next_redo(self) -> Step | None:
        return undoing.next_redo(self.store)

    def go_over(self, step: Step) -> None:
        """This change cannot be undone: the next one is that before it."""
        self._passed.add(step.change)

    def is_mine(self, step: Step) -> bool:
        """Whether it was decided here, and all of it still holds."""
        return step.change in self._mine and step.holds == step.triples

    def undo(self, step: Step) -> Undone:
        """Undo a change of a few triples, at once.

        Raises:
            StoreError: it has gone on since, or could not be written.
        """
        return self.keeping_up(
            lambda: undoing.undo_change(self.store, step.change, self.who, part=True)
        )

    def undoing(self, step: Step) -> Callable[[], Undone]:
        """A way to undo a change of many."""
        home, who = self.store.home, self.who

        def write() -> Undone:
            with open_store(home) as store:
                return undoing.undo_change(store, step.change, who, part=True)

        return write

    def keeping_up(self, write: Callable[[], _T]) -> _T:
        """Write without the list being read anew for it: what was decided stays in view.

        Raises:
            StoreError: it could not be written.
        """
        try:
            knew_all = not self.outdated()
            done = write()
            self._writes += 1
            if knew_all:
                self._upto = last_decision(self.store)
        except sqlite3.Error as error:  # a full disk, for example
            raise StoreError(f"the database cannot be written: {error}") from error
        return done
