"""One line that says which rows are shown. Knows nothing of what can be typed into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input

from tear_tui.keys import key
from tear_tui.widgets.line_box import LineBox

REST = 1 / 30
"""Seconds without a key press after which the next one counts at once. What comes sooner after the
one before waits for such a rest: what comes at once is one wish."""

Complete = Callable[[str], "str | None"]


class FilterLine(LineBox):
    """Tells what is typed, letter by letter. Tab completes, enter goes to the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("filter.done", "enter,down,escape", "done", "To the list", "Go to the list",
            shown=True, display="⏎"),
        key("filter.complete", "tab", "complete", "Complete", "Complete the filter",
            shown=True, display="⇥"),
        key("filter.clear", "ctrl+u", "clear", "Clear", "Show everything", shown=True,
            display="^u"),
    ]  # fmt: skip

    @dataclass
    class Settled(Message):
        """This is what is to be found."""

        text: str

    @dataclass
    class Done(Message):
        """Whoever typed wants to be with the rows."""

    def __init__(self, placeholder: str, complete: Complete, id: str) -> None:
        super().__init__(placeholder, id, _Completed(complete))
        self._timer: Timer | None = None
        self._told = ""

    def fill(self, text: str) -> None:
        """Put a text in that has been applied already."""
        super().fill(text)
        self._told = self.value

    def begin(self) -> None:
        """Take the keys, ready for one more word."""
        if self.value and not self.value.endswith(" "):
            self.value += " "
        self.cursor_position = len(self.value)
        self.screen.set_focus(self)  # at once: what is typed next must not reach the rows

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is None:
            self._settle()
        else:
            self._timer.stop()
        self._timer = self.set_timer(REST, self._rested)

    def _rested(self) -> None:
        self._timer = None
        self._settle()

    def _settle(self) -> None:
        if self.value.strip() != self._told.strip():
            self.post_message(self.Settled(self.value))
        self._told = self.value

    def action_done(self) -> None:
        self._settle()
        self.post_message(self.Done())

    def action_complete(self) -> None:
        """Take the completion in; with none, go on as tab does elsewhere."""
        if self._suggestion and self.cursor_at_end:
            self.action_cursor_right()
        else:
            self.screen.focus_next()

    def action_clear(self) -> None:
        self.value = ""


class _Completed(Suggester):
    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        return self._complete(value)
