"""The box that people write in: what is pasted is made safe, what is typed is announced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from tear_tui.keys import key
from tear_tui.safe_text import safe_text


class TextBox(TextArea):
    """A growing text area. Its text is always safe to show."""

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
    ]

    @dataclass
    class Typed(Message):
        """A key press or a paste changed the text."""

        box: TextBox

        @property
        def control(self) -> TextBox:
            return self.box

    def __init__(self, placeholder: str, id: str) -> None:
        super().__init__(placeholder=placeholder, id=id, compact=True, show_line_numbers=False)

    def fill(self, text: str) -> None:
        """Put a text in, as if it had been there from the start, the cursor behind it."""
        self.load_text(safe_text(text))
        self.move_cursor(self.document.end)

    def add(self, text: str) -> None:
        """Insert at the cursor what came from elsewhere; can be undone."""
        self.insert(safe_text(text))

    async def _on_key(self, event: events.Key) -> None:
        """A chord with alt is no letter. (Textual calls the base's handler after this one.)"""
        if event.key.startswith("alt+") and event.is_printable:
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        """Whatever was pasted is made safe before the base's handler inserts it."""
        event.text = safe_text(event.text)

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
