"""A small box over a row, to change its value in: a line to type in, or choices to pick from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.widgets import Input

from tear_tui.keys import key
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.plain import Plain
from tear_tui.widgets.row_list import RowList

TALLEST = 10
"""Choices that are in view at once."""


class ValueEditor(Vertical):
    """Lies over the screen while it is open. A refused value stays, with the reason under it."""

    DEFAULT_CSS = """
    ValueEditor {
        layer: over; position: absolute; display: none; width: 40; height: auto;
        background: $panel; padding: 0 1;
        LineBox { background: $panel; }
        RowList { background: $panel; }
        Plain { color: $error; height: auto; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("value.keep", "enter,f2", "keep", "Keep", "Write this value", shown=True, display="⏎"),
        key("value.close", "escape", "close", "Leave", "Leave it as it was", shown=True,
            display="esc"),
    ]  # fmt: skip

    @dataclass
    class Kept(Message):
        """This is to be the value."""

        value: str

    @dataclass
    class Looked(Message):
        """The cursor is on this choice."""

        value: str

    @dataclass
    class Closed(Message):
        """Everything is to stay as it was."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._choices: Sequence[str] = ()

    def compose(self) -> ComposeResult:
        yield LineBox(id=f"{self.id}-line")
        yield RowList(f"{self.id}-choices")
        yield Plain()

    @property
    def is_open(self) -> bool:
        return bool(self.display)

    @property
    def _line(self) -> LineBox:
        return self.query_one(LineBox)

    @property
    def _list(self) -> RowList:
        return self.query_one(RowList)

    def open(self, value: str, choices: Sequence[str] = (), placeholder: str = "") -> None:
        """Ask for a value; the keys come here."""
        self._choices = choices
        self.refuse("")
        self.display = True
        self._line.display, self._list.display = not choices, bool(choices)
        if choices:
            at = choices.index(value) if value in choices else 0
            self._list.styles.height = min(len(choices), TALLEST)
            self._list.show([[each] for each in choices], cursor=at)
            self._list.focus()
        else:
            self._line.placeholder = placeholder
            self._line.fill(value)
            self._line.focus()

    def place(self, row: Region, screen: Size) -> None:
        """Lie over `row`, or above it where there is no room below."""
        height = min(len(self._choices) or 2, TALLEST) + 1
        y = row.y if row.y + height < screen.height else max(0, row.y - height + 1)
        self.styles.width = max(10, min(row.width, screen.width - row.x))
        self.styles.offset = (row.x, y)

    def refuse(self, reason: str) -> None:
        """Say why the value cannot be; empty: nothing is wrong with it."""
        plain = self.query_one(Plain)
        plain.display = bool(reason)
        plain.show(reason)

    def shut(self) -> None:
        self.display = False

    @on(Input.Submitted)
    @on(RowList.Chosen)
    def action_keep(self) -> None:
        at = self._list.cursor
        self.post_message(self.Kept(self._choices[at] if self._choices else self._line.value))

    def action_close(self) -> None:
        self.post_message(self.Closed())

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        event.stop()
        if self._choices and self.is_open:
            self.post_message(self.Looked(self._choices[event.index]))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.refuse("")
