"""A list of one-line rows with a cursor. Only the rows in view are drawn, of however many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from tear_tui.keys import key
from tear_tui.widgets.plain import Part, content, line


class RowList(ScrollView, can_focus=True):
    """Rows made of parts, each made safe and cut at the edge. The cursor is marked by a sign,
    so that no colour is needed to see it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--cursor"}
    DEFAULT_CSS = """
    RowList { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    RowList:focus > .row-list--cursor { background: $boost; }
    """

    BINDING_GROUP_TITLE = "in every list"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("rows.up", "up,k", "step(-1)", "Up", "The row above"),
        key("rows.down", "down,j", "step(1)", "Down", "The row below"),
        key("rows.page_up", "pageup", "page(-1)", "Page up", "A page up"),
        key("rows.page_down", "pagedown", "page(1)", "Page down", "A page down"),
        key("rows.first", "home", "first", "First", "The first row"),
        key("rows.last", "end", "last", "Last", "The last row"),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

        rows: RowList
        index: int

        @property
        def control(self) -> RowList:
            return self.rows

    @dataclass
    class Chosen(Message):
        """A row was clicked on that the cursor had been on already."""

        rows: RowList
        index: int

        @property
        def control(self) -> RowList:
            return self.rows

    def __init__(self, id: str, title: str = "", nothing: str = "", *, cursor: bool = True) -> None:
        """`nothing`: what stands there while there are no rows. Without a `cursor` it is only
        read, and the keys never come here."""
        super().__init__(id=id)
        self.can_focus = cursor
        self.border_title = line(title)
        self._nothing = nothing
        self._rows: list[tuple[Part, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def show(self, rows: Sequence[Sequence[Part]], cursor: int | None = None) -> None:
        """Replace the rows; the cursor stays where it is, or goes to row `cursor`."""
        fresh = [tuple(map(_one_line, parts)) for parts in rows]
        if fresh != self._rows:
            self._rows = fresh
            self.virtual_size = Size(0, len(fresh))
            self.refresh()
        last = max(0, len(fresh) - 1)
        self.set_reactive(RowList.cursor, min(self.cursor if cursor is None else cursor, last))
        self._reveal()

    def watch_cursor(self) -> None:
        self._reveal()
        self.refresh()
        self.post_message(self.Moved(self, self.cursor))

    def on_resize(self) -> None:
        self._reveal()

    def action_step(self, rows: int) -> None:
        self.cursor = max(0, min(self.cursor + rows, len(self._rows) - 1))

    def action_page(self, pages: int) -> None:
        self.action_step(pages * max(1, self.size.height - 1))

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = max(0, len(self._rows) - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked on."""
        offset = event.get_content_offset(self)
        index = -1 if offset is None else offset.y + self.scroll_offset.y
        if not 0 <= index < len(self._rows):
            return
        if index == self.cursor:
            self.post_message(self.Chosen(self, index))
        self.cursor = index

    def render_line(self, y: int) -> Strip:
        index, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if index >= len(self._rows):
            words = self._nothing if y == 0 and not self._rows else ""
            return self._strip(content((words, "dim")), width, "")
        here = self.can_focus and index == self.cursor
        sign = ("▸ " if here else "  ", "bold")
        row = content(*((sign,) if self.can_focus else ()), *self._rows[index])
        return self._strip(row, width, "row-list--cursor" if here else "")

    def _strip(self, row: Content, width: int, name: str) -> Strip:
        style = self.get_visual_style(name) if name else self.visual_style
        cut = row.truncate(max(1, width), ellipsis=True, pad=True)
        return Visual.to_strips(self, cut, width, 1, style)[0]

    def _reveal(self) -> None:
        """Bring the cursor's row into view."""
        top, height = self.scroll_offset.y, self.size.height
        if not height:
            return
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)


def _one_line(part: Part) -> Part:
    if isinstance(part, str):
        return part.replace("\n", " ")
    return part[0].replace("\n", " "), part[1]
