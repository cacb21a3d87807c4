"""What was written before, to be searched and taken again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tear_core.store.recall import Earlier
from tear_tui.keys import key
from tear_tui.text.safe_text import safe_line
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.plain import Part, Plain, line
from tear_tui.widgets.row_list import RowList
from tear_tui.widgets.search_line import SearchLine

Search = Callable[[str], Awaitable[Sequence[Earlier]]]
"""Everything with these words in it, newest first; all of it without words."""


class PickScreen(ModalScreen["tuple[Sequence[Earlier], int] | None"]):
    """Gives what was found and which of it was chosen; None: nothing was."""

    CSS_PATH = "over.tcss"

    BINDING_GROUP_TITLE = "among what was written before"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("pick.take", "enter", "take", "Take", "Put it into the box", shown=True,
            display="⏎"),
        key("pick.older", "up,ctrl+p", "step(-1)", "Up", "The one above"),
        key("pick.newer", "down,ctrl+r", "step(1)", "Down", "The one below", shown=True,
            display="↓"),
        key("pick.close", "escape", "dismiss", "Close", "Leave the box as it is", shown=True,
            display="esc"),
    ]  # fmt: skip

    def __init__(self, title: str, search: Search) -> None:
        super().__init__()
        self._title, self._search = title, search
        self._found: Sequence[Earlier] = ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="over") as box:
            box.border_title = line(self._title)
            yield SearchLine("Type words to find…", id="words")
            yield RowList("found", nothing="Nothing was written with these words.")
            yield Plain(classes="preview")
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(SearchLine).focus()
        self._look("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._look(event.value)

    @work(group="pick", exclusive=True, exit_on_error=False)
    async def _look(self, words: str) -> None:
        found = await self._search(words)
        if self.is_attached:
            self._found = found
            self._show()

    def _show(self) -> None:
        rows = self.query_one(RowList)
        shown: list[list[Part]] = [[(f"{_day(each.at)}  ", "dim"), safe_line(each.text[:300])]
                                   for each in self._found]  # fmt: skip
        rows.show(shown, cursor=0)
        rows.styles.height = max(1, min(12, len(shown)))
        self._preview()

    @on(RowList.Moved)
    def _preview(self) -> None:
        at = self.query_one(RowList).cursor
        text = self._found[at].text if at < len(self._found) else ""
        self.query_one(".preview", Plain).show(text[:1000])

    def action_step(self, rows: int) -> None:
        self.query_one(RowList).action_step(rows)

    @on(RowList.Chosen)
    def action_take(self) -> None:
        at = self.query_one(RowList).cursor
        if at < len(self._found):
            self.dismiss((self._found, at))


def _day(at: str) -> str:
    return at[:10]
