"""Which turn to go to: a number, and enter."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.validation import Integer
from textual.widgets import Input

from tear_tui.keys import key


class AskTurn(ModalScreen[int | None]):
    """A small box over the screen; gives the number, or None."""

    CSS_PATH = "ask_turn.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ask_turn.close", "escape", "dismiss", "Close", "Stay here", shown=True, display="esc"),
    ]

    def __init__(self, turns: int) -> None:
        super().__init__()
        self._turns = turns

    def compose(self) -> ComposeResult:
        with Vertical(id="ask-turn") as box:
            box.border_title = f"go to turn (1 to {self._turns})"
            yield Input(
                type="integer",
                max_length=9,
                compact=True,
                validators=[Integer(1, self._turns)],
                validate_on=["submitted"],
            )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        valid = event.validation_result is not None and event.validation_result.is_valid
        if event.value and valid:
            self.dismiss(int(event.value))
