"""A box of one line: what is pasted is made safe, and ctrl+c means what it means elsewhere."""

from __future__ import annotations

from textual import events
from textual.suggester import Suggester
from textual.widgets import Input

from tear_tui.text.safe_text import safe_line

LONGEST = 2_000
"""Characters that a line takes."""


class LineBox(Input):
    """One line to write in. Its text is always safe to show."""

    DEFAULT_CSS = """
    LineBox { background: $background; }
    LineBox:focus { background: $boost; background-tint: $background 0%; }
    """

    def __init__(
        self, placeholder: str = "", id: str | None = None, suggester: Suggester | None = None
    ) -> None:
        super().__init__(
            placeholder=placeholder,
            id=id,
            suggester=suggester,
            compact=True,
            select_on_focus=False,
            max_length=LONGEST,
        )
        self.cursor_blink = False

    def fill(self, text: str) -> None:
        """Put a text in, the cursor behind it."""
        self.value = safe_line(text)[:LONGEST]
        self.cursor_position = len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        """Whatever was pasted is made one safe line before the base's handler inserts it."""
        event.text = safe_line(event.text)[: LONGEST - len(self.value)]

    def action_copy(self) -> None:
        """Copy what is selected; else the app says what ctrl+c means."""
        if self.selection.is_empty:
            self.app.action_help_quit()
        else:
            super().action_copy()
