"""Editing a triple: its words, its landing and its notes, the model's suggestion beside them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.widgets import Input

from tear_core.store import StoreError, triples
from tear_core.store.edits import NOTED, WORDS, Edit
from tear_core.store.triples import StoredTriple
from tear_core.store.versions import Suggestion
from tear_core.triples import LANDINGS, Landing
from tear_tui.keys import key
from tear_tui.places import Shared
from tear_tui.reviewing import triple_words
from tear_tui.reviewing.triple_form import BOXES, TITLES, clashing, edited, fixed, texts
from tear_tui.screens.base import TearScreen
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.landing import LandingRow
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.notice import Notice
from tear_tui.widgets.plain import Plain, line
from tear_tui.widgets.text_box import TextBox

Keep = Callable[[StoredTriple, Edit], "str | None"]
"""Keeps an edit; gives the sentence that says why it could not be kept."""


class EditTripleScreen(TearScreen):
    """A form over the list. Every box is kept while it is written in, until it is saved."""

    CSS_PATH = "triple_edit.tcss"
    AUTO_FOCUS = "#consequence"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("triple_edit.save", "f2,alt+s", "go_on", "Save", "Keep the triple as it stands here",
            shown=True, display="F2"),
        key("triple_edit.landing", "f3", "next_landing", "Landing", "The next landing mark",
            shown=True, display="F3"),
        key("triple_edit.healed", "alt+h", "mark('healed')", "Healed", "Mark it as healed"),
        key("triple_edit.neutral", "alt+n", "mark('neutral')", "Neutral", "Mark it as neutral"),
        key("triple_edit.hurt", "alt+u", "mark('hurt')", "Hurt", "Mark it as hurt"),
        key("triple_edit.suggestion", "ctrl+t", "take_suggestion", "Suggestion",
            "Take the model's words in, to change them", shown=True, display="^t"),
        key("triple_edit.restore", "ctrl+r", "restore", "As it was",
            "Put back what the triple says"),
        key("triple_edit.later", "escape", "later", "Later", "Close; what was written is kept",
            shown=True, display="esc"),
        Binding("f5", "app.go", show=False),  # the footer has no room for these here
        Binding("ctrl+q", "app.quit", show=False),
    ]  # fmt: skip

    def __init__(
        self, shared: Shared, stored: StoredTriple, suggested: Suggestion | None, keep: Keep
    ) -> None:
        super().__init__()
        self._shared, self._stored, self._suggested = shared, stored, suggested
        self._keep = keep
        self._was: dict[str, str] = {}
        """What the boxes said when they were filled with the triple's own texts."""

    def compose(self) -> ComposeResult:
        stored, locked = self._stored, fixed(self._stored)
        yield Plain(("Edit ", "bold"), f"{stored.id} · {triple_words.facts(stored)}", id="edited")
        yield Plain(_warning(stored), id="warning")
        with Container(id="desk-of-edit"):
            with VerticalScroll(id="form", can_focus=False):
                for name in WORDS:
                    said = ", as it was said; it cannot be edited" if name in locked else ""
                    yield Plain((TITLES[name], "bold"), said, classes="label")
                    box = TextBox("", name)
                    box.read_only, box.can_focus = name in locked, name not in locked
                    yield box
                yield LandingRow(id="landing")
                for name in NOTED:
                    yield Plain((TITLES[name], "bold"), classes="label")
                    yield LineBox("–", name)
            yield VerticalScroll(Plain(id="suggested"), id="beside", can_focus=False)
        yield Notice()
        yield KeyFooter()

    def on_mount(self) -> None:
        self._fill_all(texts(self._stored))
        self._was = self._written()
        kept = {name: text for name in BOXES if (text := self._kept(name)) is not None}
        self._fill_all(kept)
        landing = self._kept("landing")
        marked = landing if landing in LANDINGS else self._stored.triple.landing
        self.query_one(LandingRow).landing = cast(Landing, marked)
        beside = self.query_one("#beside")
        beside.display = self._suggested is not None
        if self._suggested is not None:
            beside.border_title = line(triple_words.suggestion_title(self._suggested))
            self.query_one("#suggested", Plain).show(self._suggested.text)
        if kept or landing is not None:
            self.notice("What you had written is back. Ctrl+r puts the triple's own words there.")

    def notice(self, text: str) -> None:
        self.query_one(Notice).say(text)

    # --- the boxes

    def _written(self) -> dict[str, str]:
        """What the boxes say."""
        words = {name: self.query_one(f"#{name}", TextBox).words for name in WORDS}
        return words | {name: self.query_one(f"#{name}", LineBox).value for name in NOTED}

    def _fill_all(self, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            if name in WORDS:
                self.query_one(f"#{name}", TextBox).fill(text)
            else:
                self.query_one(f"#{name}", LineBox).fill(text)

    def _slot(self, name: str) -> str:
        return f"triple:{name}@{self._stored.id}"

    def _kept(self, name: str) -> str | None:
        """What was left in a box that was never saved, whether or not it has reached the disk."""
        between = "\n\n" if name in WORDS else "; " if name in NOTED else None
        return self._shared.autosave.kept(self._shared.store, self._slot(name), between) or None

    @on(TextBox.Typed)
    def _typed(self, event: TextBox.Typed) -> None:
        if event.box.has_focus:
            self._keep_text(event.box.id or "", event.box.words)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.input.has_focus:
            self._keep_text(event.input.id or "", event.value)

    @on(LandingRow.Marked)
    def _marked(self, event: LandingRow.Marked) -> None:
        self._keep_text("landing", event.landing)

    def _keep_text(self, name: str, text: str) -> None:
        self._shared.autosave.put(self._slot(name), text)

    def _forget(self) -> None:
        for name in (*BOXES, "landing"):
            self._keep_text(name, "")

    # --- what the keys do

    def action_go_on(self) -> None:
        """Save: it is in the database when the screen closes."""
        landing = self.query_one(LandingRow).landing
        try:
            wanted = edited(self._stored, self._was, self._written(), landing)
        except ValueError as error:
            return self.notice(f"Not kept: {error}.")
        if self._changed_elsewhere(wanted):
            return
        problem = self._keep(self._stored, wanted)
        if problem is not None:
            return self.notice(problem)
        self._forget()
        self.dismiss()

    def _changed_elsewhere(self, wanted: Edit) -> bool:
        """Whether somebody else has changed the same since; said once, with what it is now."""
        try:
            before, now = self._stored, triples.get(self._shared.store, self._stored.id)
        except (StoreError, sqlite3.Error):
            return False  # whoever keeps it says what is the matter
        names = clashing(before, now, wanted)
        if not names:
            return False
        self._stored = now
        changed = ", ".join(TITLES.get(name, name) for name in names)
        self.notice(f"Changed elsewhere: {changed}. F2 keeps yours, ^r shows theirs.")
        return True

    def action_later(self) -> None:
        self.dismiss()

    def action_mark(self, landing: Landing) -> None:
        self.query_one(LandingRow).action_mark(landing)

    def action_next_landing(self) -> None:
        self.query_one(LandingRow).action_step(1)

    def action_take_suggestion(self) -> None:
        if self._suggested is not None:
            box = self.query_one("#consequence", TextBox)
            box.add(self._suggested.text)
            box.focus()

    def action_restore(self) -> None:
        self._fill_all(texts(self._stored))
        self._was = self._written()
        self.query_one(LandingRow).landing = self._stored.triple.landing
        self._forget()
        self.notice("These are the triple's own words.")

    def action_scroll_talk(self, pages: int) -> None:
        form = self.query_one("#form")
        (form.scroll_page_up if pages < 0 else form.scroll_page_down)(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "take_suggestion" or self._suggested is not None


def _warning(stored: StoredTriple) -> str:
    """What saving other words leads to, where somebody has learned these."""
    if not stored.generations:
        return ""
    last = stored.generations[-1]
    return f"Generation {last} has seen these words: other ones become a new triple."
