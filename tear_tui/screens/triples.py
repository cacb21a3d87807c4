"""Triples: the review queue. All of them in one list, found by typing, one of them whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.events import DescendantFocus
from textual.reactive import reactive
from textual.timer import Timer

from tear_core.store import StoreError, edits, versions
from tear_core.store.edits import Edit
from tear_core.store.filters import EXAMPLES, completed
from tear_core.store.triples import StoredTriple
from tear_core.triples import Landing
from tear_tui.engine_link import EngineView
from tear_tui.places import CONVERSE, Shared, names
from tear_tui.reviewing import triple_words
from tear_tui.screens.base import Offer
from tear_tui.screens.copy_out import copy_out
from tear_tui.screens.searching import SearchingScreen
from tear_tui.screens.triples_keys import KEYS, OFFERS
from tear_tui.widgets.ask_line import AskLine
from tear_tui.widgets.filter_line import FilterLine
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.paged_list import PagedList
from tear_tui.widgets.plain import Plain
from tear_tui.widgets.triple_view import TripleView

REST = 0.05
"""Seconds between two triples that are shown whole while the cursor runs."""

REPLAY = "replay"
ARRIVALS = ("triple", "session", "generation")
AWAY = ("gone", "failed")
GONE = "The engine is not there: what is accepted waits to be learned. F8 starts it."
HELD_UP = "Not kept: another process is writing to the database. Try once more."


class TriplesScreen(SearchingScreen):
    """A line to filter by, the list, and beside or below it the triple under the cursor."""

    NAME = "triples"
    CSS_PATH = "triples.tcss"
    AUTO_FOCUS = "#triples"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    OFFERS: ClassVar[tuple[Offer, ...]] = OFFERS

    reading: reactive[bool] = reactive(False, toggle_class="-reading")
    """The triple has the whole screen."""
    past: reactive[bool] = reactive(False)
    """What happened to the triple is shown, and not the triple."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.view = TripleView(id="triple")
        self.shown: StoredTriple | None = None
        """The triple that is shown whole."""
        self._away = False
        self._rest: Timer | None = None
        self._possible: frozenset[str] = frozenset()

    def content(self) -> ComposeResult:
        with Horizontal(id="finding"):
            yield Plain("find  ", id="find-triples")
            yield FilterLine("words, or " + "  ".join(EXAMPLES.values()), completed, "filter")
        yield Plain(id="summary")
        with Container(id="body"):
            yield self.rows
            yield self.view
        yield AskLine()

    def arrive(self, **what: Any) -> None:
        """`triple`, `session` or `generation`: show that one, or those of it."""
        for name in ARRIVALS:
            if what.get(name) is not None:
                self.reading = self.past = False
                self.rows.focus()
                return self.find(f"{name}:{what[name]}")

    def engine_news(self, view: EngineView) -> None:
        away = view.state in AWAY
        if away and not self._away:
            self.notice(GONE)
        self._away = away
        self._refresh_keys()

    # --- the triple under the cursor

    def moved(self) -> None:
        super().moved()
        if self._rest is None:
            self._rest = self.set_timer(REST, self._show_triple)

    def on_resize(self) -> None:
        self.call_after_refresh(self.moved)

    def _show_triple(self) -> None:
        self._rest = None
        before = self.shown
        try:
            self.shown = shown = self.queue.at(self.rows.cursor)
            parts = [] if shown is None else self._parts(shown)
        except (StoreError, sqlite3.Error) as error:
            return self.notice(f"The triple cannot be read: {error}")
        anew = shown is None or before is None or before.id != shown.id
        title = "" if shown is None else triple_words.facts(shown)
        subtitle = "" if shown is None else triple_words.seen(shown.generations)
        self.view.show(title, subtitle, parts, anew=anew)
        self._refresh_keys()

    def _parts(self, shown: StoredTriple) -> Sequence[Any]:
        if self.past:
            return triple_words.told_past(versions.past(self.shared.store, shown.id))
        suggested = versions.suggestion(self.shared.store, shown)
        return triple_words.told(shown, suggested, close=self.has_class("-short"))

    def watch_past(self) -> None:
        if self.is_mounted:
            self._show_triple()
            self.view.scroll_home(animate=False)

    def watch_reading(self, reading: bool) -> None:
        if self.is_mounted:
            (self.view if reading else self.rows).focus()

    def back_to_work(self) -> None:
        self.watch_reading(self.reading)

    # --- what the keys do

    def action_back(self) -> None:
        if self.reading:
            self.reading = False
        else:
            super().action_back()

    def action_filter(self) -> None:
        self.reading = False
        super().action_filter()

    def action_read(self) -> None:
        self.reading = not self.reading

    @on(PagedList.Chosen)
    def _chosen(self) -> None:
        self.reading = True

    def action_past(self) -> None:
        self.past = not self.past

    def action_land(self, landing: Landing) -> None:
        shown = self._current()
        if shown is not None:
            self._edit(shown, Edit(landing=landing), f"marked as {landing}")

    def action_edit(self) -> None:
        from tear_tui.screens.triple_edit import EditTripleScreen

        shown = self._current()
        if shown is not None:
            suggested = self.attempt(
                "Not opened", lambda: versions.suggestion(self.shared.store, shown)
            )
            self.app.push_screen(EditTripleScreen(self.shared, shown, suggested, self._edit))

    def _edit(self, shown: StoredTriple, wanted: Edit, why: str = "edited") -> str | None:
        """Keep an edit; returns why it could not be kept, or None."""
        queue = self.queue
        if queue.held_up():
            self.notice(HELD_UP)
            return HELD_UP
        try:
            after = queue.keeping_up(
                lambda: edits.edit(queue.store, shown.id, wanted, why, queue.who)
            )
        except (StoreError, ValueError) as error:
            problem = f"Not kept: {error}. {getattr(error, 'hint', '')}".rstrip()
            self.notice(problem)
            return problem
        if after == shown:
            self.notice("Nothing is different.")
            return None
        queue.took_last(after.id)
        if after.id == shown.id:
            self.notice(f"Kept; it is {after.status}. u undoes it.")
        else:
            self.notice("Kept as a new triple, which waits; the learned one is retracted.")
            self.look()
        self.changed(())
        self.tell_engine()
        return None

    def _current(self) -> StoredTriple | None:
        """The triple under the cursor, as it is now."""
        return self.attempt("Not read", lambda: self.queue.at(self.place))

    def action_converse(self) -> None:
        self._go(CONVERSE)

    def action_replay(self) -> None:
        self._go(REPLAY)

    def _go(self, place: str) -> None:
        shown = self._current()
        if shown is not None and shown.session is not None:
            self.post_message(self.GoTo(place, {"session": shown.session, "turn": shown.turn}))

    @work(group="copy", exit_on_error=False)
    async def action_copy(self) -> None:
        shown = self._current()
        if shown is not None:
            text = triple_words.as_text(shown)
            self.notice(await copy_out(self.app, text, "the triple", self.shared.home))

    def action_start_engine(self) -> None:
        self.notice("Starting the engine…")
        self.shared.link.start_again()

    # --- which keys do something now

    @on(DescendantFocus)
    def _focus_moved(self) -> None:
        self._refresh_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key is there, in the footer too, when it does something."""
        return not self.is_mounted or action not in self._impossible()

    def _impossible(self) -> frozenset[str]:
        shown, gone = self.shown, set[str]()
        if not self.rows.count:
            gone |= {"edit", "land", "mark", "mark_all", "read", "past", "copy", "step"}
        if self.busy or not (self.rows.count or self.queue.marks):
            gone |= {"accept", "reject", "retract"}
        if self.busy:
            gone |= {"undo", "redo", "edit", "land"}
        if isinstance(self.focused, LineBox):
            gone.add("filter")
        if shown is None or shown.session is None:
            gone |= {"converse", "replay"}
        if REPLAY not in names():
            gone.add("replay")
        if not self._away:
            gone.add("start_engine")
        return frozenset(gone)

    def _refresh_keys(self) -> None:
        """Have the footer drawn again, but only if it has something else to say: it is slow."""
        now = self._impossible()
        if now != self._possible:
            self._possible = now
            self.refresh_bindings()
