"""One triple whole, to be read: wrapped, scrolled, as long as it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from tear_tui.keys import key
from tear_tui.widgets.plain import Part, Plain, line
from tear_tui.widgets.settled import SettledScroll


class TripleView(SettledScroll, VerticalScroll):
    """A text under a title. The arrows scroll it; j and k go to the triples beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("triple.next", "j", "screen.step(1)", "Next", "The next triple"),
        key("triple.previous", "k", "screen.step(-1)", "Previous", "The triple before"),
    ]

    def compose(self) -> ComposeResult:
        yield Plain(id="triple-words")

    def show(self, title: str, subtitle: str, parts: Sequence[Part], *, anew: bool) -> None:
        """Show a text; `anew`: from its beginning."""
        self.border_title, self.border_subtitle = line(title), line(subtitle)
        self.query_one(Plain).show(*parts)
        if anew:
            self.scroll_home(animate=False)
