"""All keys, read from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widgets import Static

from tear_tui.keys import key

Section = tuple[str, list[tuple[str, str]]]


class HelpScreen(ModalScreen[None]):
    """An overlay with every key there is, by the place where it works."""

    CSS_PATH = "help.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("help.close", "escape,f1,q,question_mark", "dismiss", "Close", "Close", shown=True,
            display="esc"),
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "keys"
            box.border_subtitle = "esc closes"
            yield Static(_table(sections(type(self.app))), markup=False)


def sections(app: type[DOMNode]) -> list[Section]:
    """Where keys work, and for each place the keys and what they do."""
    from tear_tui.screens.converse import ConverseScreen
    from tear_tui.widgets.composer import Composer
    from tear_tui.widgets.landing import LandingRow
    from tear_tui.widgets.panels import AuthorPanel, EditPanel
    from tear_tui.widgets.text_box import TextBox
    from tear_tui.widgets.transcript import Transcript

    places: list[tuple[str, type[DOMNode]]] = [
        ("anywhere", app),
        ("in the conversation", ConverseScreen),
        ("while you say something", Composer),
        ("on a turn", Transcript),
        ("while you write what happened", AuthorPanel),
        ("on the landing marks", LandingRow),
        ("while you edit a response", EditPanel),
        ("in every box", TextBox),
    ]
    return [(title, rows(vars(place)["BINDINGS"])) for title, place in places]


def rows(bindings: Iterable[object]) -> list[tuple[str, str]]:
    """Keys as they are pressed, and what they do."""
    return [
        (", ".join(_name(each) for each in binding.key.split(",")), binding.tooltip)
        for binding in bindings
        if isinstance(binding, Binding) and binding.tooltip
    ]


_NAMES = {
    "less_than_sign": "<", "greater_than_sign": ">", "question_mark": "?", "slash": "/",
    "escape": "esc", "pageup": "page up", "pagedown": "page down", "up": "↑", "down": "↓",
    "left": "←", "right": "→",
}  # fmt: skip


def _name(key: str) -> str:
    *held, last = key.split("+")
    last = _NAMES.get(last, last.upper() if last[0] == "f" and last[1:].isdigit() else last)
    return "+".join([*held, last])


def _table(sections: list[Section]) -> Content:
    parts: list[str | tuple[str, str]] = []
    for title, keys in sections:
        parts += ["\n" if parts else "", (title, "bold $accent"), "\n"]
        for pressed, does in keys:
            parts += [(f"  {pressed:<20}", "bold"), f" {does}\n"]
    return Content.assemble(*parts)
