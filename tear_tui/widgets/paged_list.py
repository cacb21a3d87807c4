"""A list of any length: rows are read when they come into view, a page of them at a time.

Knows nothing of what its rows are about. Whoever shows something in it says how many rows there
are and how a page of them is read. (`RowList` is for rows that are all at hand.)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tear_tui.keys import key
from tear_tui.text.cells import fit
from tear_tui.text.columns import GAP, Column, Row, fitted
from tear_tui.text.safe_text import safe_line

PAGE = 64
"""Rows that are read at once."""
PAGES = 32
"""Pages that are kept: more is read again when somebody comes back to it."""
GUTTER = 3
"""Cells before the columns: the cursor and the mark."""
CURSOR, MARK = "›", "●"

Read = Callable[[int, int], Sequence[Row]]
"""(first row, how many) -> those rows. Asked on the screen's thread, so it has to be quick."""


class PagedList(ScrollView, can_focus=True):
    """Rows under a header that stays, a cursor on one of them, marks on any number of them."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "paged-list--header",
        "paged-list--row",
        "paged-list--cursor",
        "paged-list--away",
        "paged-list--quiet",
        "paged-list--good",
        "paged-list--bad",
    }
    DEFAULT_CSS = """
    PagedList {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .paged-list--header { color: $text-muted; text-style: bold; }
        & > .paged-list--cursor { background: $primary 30%; text-style: bold; }
        & > .paged-list--away { background: $primary 12%; }
        & > .paged-list--quiet { color: $text-muted; }
        & > .paged-list--good { color: $text-success; }
        & > .paged-list--bad { color: $text-error; }
        &:ansi > .paged-list--cursor { text-style: reverse; }
        &:ansi > .paged-list--quiet { text-style: dim; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("list.up", "up,k", "step(-1)", "Up", "The row before"),
        key("list.down", "down,j", "step(1)", "Down", "The next row"),
        key("list.page_up", "pageup,ctrl+u", "turn(-1)", "Page up", "A page up"),
        key("list.page_down", "pagedown,ctrl+d", "turn(1)", "Page down", "A page down"),
        key("list.first", "home,g", "first", "First", "The first row"),
        key("list.last", "end,G", "last", "Last", "The last row"),
    ]

    cursor: reactive[int] = reactive(0, repaint=False, init=False)
    """The row that keys act on, from 0."""

    @dataclass
    class Chosen(Message):
        """A row was clicked on twice."""

        at: int

    def __init__(self, columns: Sequence[Column], id: str | None = None) -> None:
        super().__init__(id=id)
        self.count = 0
        self.nothing = ""
        """What is said where there are no rows."""
        self.marked: Callable[[int], bool] = lambda at: False
        self.moved: Callable[[], object] = lambda: None
        """Called when the cursor is on another row, or the row under it was read anew. At once: a
        message would come after the rows are drawn, and what says where one is a picture later."""
        self._columns = columns
        self._read: Read = lambda first, size: ()
        self._pages: OrderedDict[int, list[Row]] = OrderedDict()
        self._style = Style()
        self._sizes: list[tuple[int, int]] = []

    def show(self, count: int, read: Read, at: int = 0, nothing: str = "") -> None:
        """Show other rows, the cursor on row `at`, at the same height of the screen as it was."""
        height = self.cursor - self.scroll_offset.y
        self.count, self._read, self.nothing = count, read, nothing
        self.virtual_size = Size(self._width, count + 1)
        self.set_reactive(PagedList.cursor, self.validate_cursor(at))
        self.scroll_to(y=max(0, self.cursor - height) if at else 0, animate=False)
        self._bring_into_view()
        self.forget()

    def forget(self) -> None:
        """Read again what is in view: it may have changed."""
        self._pages.clear()
        self.refresh()
        self.moved()

    # --- the cursor

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    @property
    def _visible(self) -> int:
        return max(1, self.size.height - 1)

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.count - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        self.refresh_line(before + 1)
        self.refresh_line(now + 1)
        self._bring_into_view()
        self.moved()

    def _bring_into_view(self) -> None:
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + self._visible:
            self.scroll_to(y=self.cursor - self._visible + 1, animate=False)

    def action_step(self, step: int) -> None:
        self.cursor += step

    def action_turn(self, pages: int) -> None:
        """A page on, the cursor at the same height of the screen."""
        self.scroll_to(y=self.scroll_offset.y + pages * self._visible, animate=False)
        self.cursor += pages * self._visible

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = self.count - 1

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked on."""
        at = self.scroll_offset.y + event.y - 1
        if event.y > 0 and at < self.count:
            self.cursor = at
            if event.chain == 2:
                self.post_message(self.Chosen(at))

    def on_resize(self) -> None:
        self.virtual_size = Size(self._width, self.count + 1)
        self._bring_into_view()

    def watch_has_focus(self, _has_focus: bool) -> None:
        super().watch_has_focus(_has_focus)
        self.refresh_line(self.cursor + 1)

    # --- what is drawn

    def render_lines(self, crop: Region) -> list[Strip]:
        self._style = self.rich_style  # gathered from all that it stands in: once for all lines
        self._sizes = fitted(self._columns, self._width - GUTTER)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        if y == 0:
            header = Row([column.name for column in self._columns])
            return self._strip(header, "", "paged-list--header")
        at = self.scroll_offset.y + y - 1
        if at < self.count:
            here = at == self.cursor
            gutter = (CURSOR if here else " ") + (MARK if self.marked(at) else " ")
            return self._strip(self._row(at), gutter, self._ground(here))
        said = self.nothing.split("\n")[y - 2 : y - 1] if not self.count and y > 1 else []
        return self._strip(Row([], "quiet"), "  " + "".join(said), "paged-list--row")

    def _ground(self, here: bool) -> str:
        if not here:
            return "paged-list--row"
        return "paged-list--cursor" if self.has_focus else "paged-list--away"

    def _strip(self, row: Row, gutter: str, ground: str) -> Strip:
        """A line: the gutter and the columns that fit; without cells the gutter has all of it."""
        width = self._width
        sizes = self._sizes if row.cells else []
        cells = [fit(row.cells[at], size, right=self._columns[at].right) for at, size in sizes]
        text = fit(gutter, GUTTER if cells else width) + (" " * GAP).join(cells)
        style = self._style + self._component(ground)
        if row.tone:
            style += Style(color=self._component(f"paged-list--{row.tone}").color)
        return Strip([Segment(fit(text, width), style)], width)

    def _component(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)

    def _row(self, at: int) -> Row:
        number, place = divmod(at, PAGE)
        page = self._pages.get(number)
        if page is None:
            first = number * PAGE
            rows = self._read(first, min(PAGE, self.count - first))
            page = [Row([safe_line(cell) for cell in row.cells], row.tone) for row in rows]
            self._pages[number] = page
            if len(self._pages) > PAGES:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page[place] if place < len(page) else Row([""] * len(self._columns))
