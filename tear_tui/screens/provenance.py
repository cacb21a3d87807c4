"""Where a response comes from, over the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen

from tear_tui.conversing.provenance import Line
from tear_tui.keys import key
from tear_tui.places import names
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.plain import Plain, line

Wish = Literal["generations", "replay", "copy"]
COLUMN = 20


class ProvenanceScreen(ModalScreen["Wish | None"]):
    """Gives where somebody wants to go on from here, if anywhere."""

    CSS_PATH = "over.tcss"

    BINDING_GROUP_TITLE = "where a response comes from"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("provenance.generation", "g", "wish('generations')", "Its generation",
            "See the generation that wrote this", shown=True),
        key("provenance.replay", "v", "wish('replay')", "Replay", "See it happen again",
            shown=True),
        key("provenance.copy", "y", "wish('copy')", "Copy", "Copy all of this", shown=True),
        key("provenance.close", "escape,p,q", "dismiss", "Close", "Back to the conversation",
            shown=True, display="esc"),
    ]  # fmt: skip

    def __init__(self, title: str, lines: Sequence[Line], generation: int) -> None:
        super().__init__()
        self._title, self._lines, self._generation = title, lines, generation

    def compose(self) -> ComposeResult:
        with Vertical(classes="over") as box:
            box.border_title = line(self._title)
            with VerticalScroll() as scroll:
                scroll.can_focus = True
                for name, said in self._lines:
                    with Horizontal(classes="line"):
                        yield Plain((name, "dim"), classes="name")
                        yield Plain(said, classes="told")
        yield KeyFooter()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "wish" or parameters == ("copy",):
            return True
        there = str(parameters[0]) in names()
        return there and (parameters != ("generations",) or self._generation > 0)

    def action_wish(self, wish: Wish) -> None:
        self.dismiss(wish)


def as_text(lines: Sequence[Line]) -> str:
    """All of it as plain text: names in a column, what is said of them beside it."""
    return "\n".join(f"{name:<{COLUMN}}{said}".rstrip() for name, said in lines)
