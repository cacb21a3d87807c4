"""The half of a screen on which triples are found: the line to filter by, the list, what is marked.

One letter is one reading, on a thread, and one picture: the rows and the line that counts them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from textual import on, work

from tear_core.store import StoreError
from tear_tui.background import in_background
from tear_tui.places import Shared
from tear_tui.reviewing.triple_list import COLUMNS, summary
from tear_tui.screens.deciding import DecidingScreen
from tear_tui.widgets.filter_line import FilterLine
from tear_tui.widgets.paged_list import PagedList
from tear_tui.widgets.plain import Plain

LOOK = 1.0
"""Seconds between two looks at whether the database has changed."""
SLOW = 0.4
"""Seconds after which a search is said to be going on."""

NOTHING_FOUND = "No triple is like that.\nBackspace shows every triple."
NO_TRIPLES = (
    "There is no triple yet.\n"
    "Talk with the model and write what happened, or bring some in: tear-tui import FILE"
)


class SearchingScreen(DecidingScreen):
    """A screen with a `FilterLine`, a list and a `#summary`. Where they stand, and what is shown of
    the triple under the cursor, is up to the subclass."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.rows = PagedList(COLUMNS, "triples")
        self.rows.marked, self.rows.moved = self.queue.marked, self.moved
        self._fresh = True
        self._looking = False
        self._under_way = self._once_more = False

    def moved(self) -> None:
        """The cursor is on another triple, or the one under it was read anew."""
        self._say_where()

    def on_mount(self) -> None:
        self.look_every(LOOK, self._look_around)
        self.queue.touched()
        self.find(self.queue.first_look())

    def seen_again(self) -> None:
        self._catch_up()

    # --- what is in the list

    def find(self, typed: str) -> None:
        """Look for this, as if somebody had typed it."""
        self.query_one(FilterLine).fill(typed)
        self._filter(typed)

    @on(FilterLine.Settled)
    def _settled(self, event: FilterLine.Settled) -> None:
        self._filter(event.text)

    def _filter(self, typed: str) -> None:
        self.queue.find(typed)
        self._fresh = True
        self.look()

    def look(self) -> None:
        """Read the list anew: at once, or when the reading that is under way has ended. So the
        first letter is looked for as it is typed, and no reading waits for one that is outdated.
        """
        if self._under_way:
            self._once_more = True
        else:
            self._under_way = True
            self._read_list()

    @work(group="look", exit_on_error=False)
    async def _read_list(self) -> None:
        try:
            await self._read_once()
            while self._once_more:
                self._once_more = False
                await self._read_once()
        finally:
            self._under_way = False

    async def _read_once(self) -> None:
        """Take in what is there now; from its top if something else is looked for."""
        slow = self.set_timer(SLOW, self._say_looking)
        try:
            take_in = await in_background(self.queue.reading(), "triples")
        except (StoreError, sqlite3.Error) as error:
            return self.notice(f"The triples cannot be read: {error}")
        finally:
            slow.stop()
            self._looking = False
        at = take_in(None if self._fresh else self.rows.cursor)
        if at is None:
            self._once_more = self._once_more or self._fresh
        else:
            self._fresh = False
            nothing = NOTHING_FOUND if self.queue.listing.total else NO_TRIPLES
            self.rows.show(len(self.queue.listing), self.queue.rows, at, nothing)

    def _say_looking(self) -> None:
        self._looking = True
        self._say_where()

    def _look_around(self) -> None:
        if self.queue.touched():
            self._catch_up()

    def _catch_up(self) -> None:
        """Others have written: what is in view may be another, and there may be more of it."""
        self.rows.forget()
        if self.queue.outdated():
            self.look()

    def _say_where(self) -> None:
        queue, line = self.queue, self.query_one("#summary", Plain)
        line.show(
            summary(
                self.rows.cursor,
                len(queue.listing),
                queue.listing.total,
                queue.sort,
                len(queue.marks),
                queue.wanted.problems,
                line.content_size.width,
                self._looking,
            ),
            layout=False,
        )

    # --- what the deciding half asks for

    @property
    def place(self) -> int:
        return self.rows.cursor

    def changed(self, decided: Sequence[int], *, on: bool = False) -> None:
        seqs = self.queue.listing.seqs
        if not on and len(decided) == 1 and decided[0] in seqs:
            self.rows.cursor = seqs.index(decided[0])
        self.rows.forget()
        if on:
            self.rows.cursor += 1
        if self.queue.outdated():
            self.look()

    # --- what the keys do

    def action_step(self, step: int) -> None:
        self.rows.cursor += step

    def action_filter(self) -> None:
        self.query_one(FilterLine).begin()

    @on(FilterLine.Done)
    def _filtered(self) -> None:
        self.rows.focus()

    def action_everything(self) -> None:
        self.find("")

    def action_order(self) -> None:
        self.queue.reorder()
        self._fresh = True
        self.look()

    def action_mark(self) -> None:
        self.queue.mark(self.place)
        self.rows.refresh()
        self.rows.cursor += 1
        self._say_where()

    def action_mark_all(self) -> None:
        self.queue.mark_all()
        self.rows.refresh()
        self._say_where()
