"""Every key there is, those of the place where one is first, and a line to find one by."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tear_tui.keys import key
from tear_tui.places import CONVERSE
from tear_tui.preferences.key_table import first_here, groups, pressed
from tear_tui.text.cells import fit
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.plain import line

Section = tuple[str, list[tuple[str, str]]]
"""Where keys work, and the keys with what they do."""

KEYS = 22
"""Cells for the keys."""


class HelpScreen(ModalScreen[None]):
    """An overlay. `here` is the place, or the class of the overlay, that the help is asked for."""

    CSS_PATH = "help.tcss"
    AUTO_FOCUS = "#find-key"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("help.close", "escape,f1", "dismiss", "Close", "Close", shown=True, display="esc"),
        key("help.up", "up", "scroll(-1)", "Up", "Scroll up"),
        key("help.down", "down", "scroll(1)", "Down", "Scroll down", shown=True, display="↓"),
        key("help.page_up", "pageup", "page(-1)", "Page up", "A page up"),
        key("help.page_down", "pagedown", "page(1)", "Page down", "A page down"),
    ]  # fmt: skip

    def __init__(self, here: str = CONVERSE, keymap: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._sections = sections(here, keymap)
        self._words = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="help") as box:
            box.border_title = line("keys")
            box.border_subtitle = line("your own: place 6, settings, y")
            yield LineBox("Type words to find a key…", id="find-key")
            with VerticalScroll(id="keys", can_focus=False):
                yield Static(id="table", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, words: str) -> None:
        self._words = words
        found = found_in(self._sections, words)
        keys = self.query_one("#keys", VerticalScroll)
        table = _table(found, keys.size.width) if found else Content("No key does this.")
        self.query_one("#table", Static).update(table)
        keys.scroll_home(animate=False)

    def on_resize(self) -> None:
        self.call_after_refresh(lambda: self._show(self._words))

    def action_scroll(self, rows: int) -> None:
        self.query_one("#keys", VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        keys = self.query_one("#keys", VerticalScroll)
        keys.scroll_relative(y=pages * max(1, keys.size.height - 1), animate=False)


def sections(here: str = "", keymap: Mapping[str, str] | None = None) -> list[Section]:
    """Where keys work, and for each of these the keys and what they do; `here` comes first."""
    return [(group.title, rows(group.bindings, keymap)) for group in first_here(groups(), here)]


def rows(
    bindings: Iterable[Binding], keymap: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """Keys as they are pressed, and what they do."""
    return [(pressed(each, keymap), each.tooltip) for each in bindings if each.tooltip]


def found_in(given: Iterable[Section], words: str) -> list[Section]:
    """The keys in which all of these words are, with their headings."""
    wanted = words.casefold().split()
    found = [
        (title, [row for row in keys if _has(f"{title} {row[0]} {row[1]}", wanted)])
        for title, keys in given
    ]
    return [(title, keys) for title, keys in found if keys]


def _has(text: str, words: list[str]) -> bool:
    return all(word in text.casefold() for word in words)


def _table(sections: list[Section], width: int) -> Content:
    """Keys on the left, and on the right what they do, in as many lines as that takes."""
    parts: list[str | tuple[str, str]] = []
    for title, keys in sections:
        parts += ["\n" if parts else "", (title, "bold $accent"), "\n"]
        for each, does in keys:
            lines = textwrap.wrap(does, max(20, width - KEYS - 3))
            names = textwrap.wrap(each, KEYS)
            for name, line_ in zip_longest(names, lines, fillvalue=""):
                parts += [(f"  {fit(name, KEYS)}", "bold"), f" {line_}\n"]
    return Content.assemble(*parts)
