"""The box that people write in: what is pasted is made safe, what is typed is announced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from tear_tui.keys import key
from tear_tui.text.safe_text import safe_text
from tear_tui.tty import pasting


class TextBox(TextArea):
    """A growing text area. Its text is always safe to show.

    A long paste stands in `text` as one word; `words` has it in full.
    """

    BINDING_GROUP_TITLE = "in every box"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "box.up", "pageup", "screen.scroll_talk(-1)", "Scroll up", "Scroll the conversation up"
        ),
        key(
            "box.down",
            "pagedown",
            "screen.scroll_talk(1)",
            "Scroll down",
            "Scroll the conversation",
        ),
        Binding("ctrl+c,super+c", "copy_or_stop", "Copy", show=False),
        Binding("f6", "screen.sessions", show=False),  # the base selects a line with it
    ]

    @dataclass
    class Typed(Message):
        """A key press or a paste changed the text."""

        box: TextBox

        @property
        def control(self) -> TextBox:
            return self.box

    @dataclass
    class Left(Message):
        """The cursor was to go above the first row (`back` 1) or below the last one (-1)."""

        box: TextBox
        back: int

        @property
        def control(self) -> TextBox:
            return self.box

    def __init__(self, placeholder: str, id: str) -> None:
        super().__init__(placeholder=placeholder, id=id, compact=True, show_line_numbers=False)
        self._pastes: dict[str, str] = {}

    @property
    def words(self) -> str:
        """All that was written, folded pastes in full."""
        return pasting.unfold(self.text, self._pastes)

    def fill(self, text: str) -> None:
        """Put a text in, as if it had been there from the start, the cursor behind it."""
        text = safe_text(text)
        self._pastes = {}
        self.load_text(self._folded(text) if pasting.is_huge(text) else text)
        self.move_cursor(self.document.end)

    def add(self, text: str) -> None:
        """Insert at the cursor what came from elsewhere; can be undone."""
        text = safe_text(text)
        self.insert(self._folded(text) if pasting.is_huge(text) else text)

    def replace_words(self, text: str) -> None:
        """Put other words in; can be undone."""
        text = safe_text(text)
        shown = self._folded(text) if pasting.is_huge(text) else text
        self.replace(shown, self.document.start, self.document.end)
        self.move_cursor(self.document.end)

    def unfold(self) -> str:
        """Show the paste at the cursor, or the first one; says why if that cannot be."""
        row, column = self.cursor_location
        there = pasting.standing(self.text, self._pastes)
        name = pasting.chip_at(self.document.get_line(row), column, self._pastes)
        name = name or next(iter(there), "")
        if not name:
            return "No folded paste is here."
        if pasting.is_huge(self._pastes[name]):
            return "It is too long to be shown here; ctrl+g opens it in your editor."
        before = self.text[: self.text.index(name)]
        start = (before.count("\n"), len(before) - before.rfind("\n") - 1)
        end = (start[0], start[1] + len(name))
        self.replace(self._pastes[name], start, end, maintain_selection_offset=False)
        return ""

    @property
    def folded(self) -> bool:
        """Whether a long paste stands here as one word."""
        return bool(self._pastes) and bool(pasting.standing(self.text, self._pastes))

    def _folded(self, text: str) -> str:
        name = pasting.chip(text, self._pastes)
        self._pastes[name] = text
        return name

    def action_cursor_up(self, select: bool = False) -> None:
        """Above the first row there is what was written before."""
        at_edge = self.navigator.is_first_wrapped_line(self.cursor_location)
        super().action_cursor_up(select)
        if at_edge and not select:
            self.post_message(self.Left(self, 1))

    def action_cursor_down(self, select: bool = False) -> None:
        """Below the last row there is what was written after it."""
        at_edge = self.navigator.is_last_wrapped_line(self.cursor_location)
        super().action_cursor_down(select)
        if at_edge and not select:
            self.post_message(self.Left(self, -1))

    def action_delete_left(self) -> None:
        """A folded paste goes in one piece."""
        row, column = self.cursor_location
        line = self.document.get_line(row)[:column]
        name = pasting.chip_before(line, self._pastes) if self.selection.is_empty else ""
        if name:
            self.delete((row, column - len(name)), (row, column), maintain_selection_offset=False)
        else:
            super().action_delete_left()

    async def _on_key(self, event: events.Key) -> None:
        """A chord with alt is no letter. (Textual calls the base's handler after this one.)"""
        if event.key.startswith("alt+") and event.is_printable:
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        """What was pasted is made safe, and folded, before the base's handler inserts it."""
        text = safe_text(event.text)
        event.text = self._folded(text) if pasting.is_long(text) else text

    def _on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self))

    def action_copy_or_stop(self) -> None:
        """Copy what is selected, here or on the screen; else the app says what ctrl+c means."""
        if self.selected_text:
            self.action_copy()
        elif self.screen.get_selected_text():
            self.screen.action_copy_text()
        else:
            self.app.action_help_quit()
