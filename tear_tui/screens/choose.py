"""A question with a few answers, each one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tear_tui.keys import key
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.plain import Part, Plain, line
from tear_tui.widgets.row_list import RowList

Answer = tuple[str, str]
"""The letter that gives it, and what it says."""


class ChooseScreen(ModalScreen["str | None"]):
    """Gives the letter that was chosen; None: everything is to stay as it is."""

    CSS_PATH = "over.tcss"

    BINDING_GROUP_TITLE = "where something is to be chosen"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("choose.this", "enter", "choose", "Choose", "The answer under the cursor",
            shown=True, display="⏎"),
        key("choose.close", "escape", "dismiss", "Cancel", "Leave everything as it is",
            shown=True, display="esc"),
    ]  # fmt: skip

    def __init__(self, title: str, text: Sequence[Part], answers: Sequence[Answer]) -> None:
        super().__init__()
        self._title, self._text, self._answers = title, text, answers

    def compose(self) -> ComposeResult:
        with Vertical(classes="over") as box:
            box.border_title = line(self._title)
            if self._text:
                yield Plain(*self._text)
            yield RowList("answers")
        yield KeyFooter()

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.show([[(f"{letter}  ", "bold"), says] for letter, says in self._answers])
        rows.styles.height = len(self._answers)
        rows.focus()

    async def on_key(self, event: events.Key) -> None:
        """A letter is enough."""
        if event.character in {letter for letter, _ in self._answers}:
            event.stop()
            self.dismiss(event.character)

    @on(RowList.Chosen)
    def action_choose(self) -> None:
        self.dismiss(self._answers[self.query_one(RowList).cursor][0])
