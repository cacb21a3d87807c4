"""Where the person says something to the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from tear_tui.keys import key
from tear_tui.widgets.text_box import TextBox


class Composer(TextBox):
    """Enter sends, ctrl+j makes a new line. It grows with what is written."""

    BINDING_GROUP_TITLE = "while you say something"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("composer.send", "enter", "send", "Send", "Say it to the model",
            shown=True, display="⏎"),
        key("composer.newline", "ctrl+j,shift+enter", "newline", "New line", "Begin a new line",
            shown=True, display="^j"),
    ]  # fmt: skip

    sends = True
    """Whether something can be said now. Where it cannot, whoever receives it says why."""

    @dataclass
    class Sent(Message):
        """The person has finished."""

        text: str

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.sends if action == "send" else super().check_action(action, parameters)

    async def _on_key(self, event: events.Key) -> None:
        """Enter sends, in its turn after the letters before it."""
        if event.key == "enter":
            event.prevent_default()
            event.stop()
            self.action_send()

    def action_send(self) -> None:
        """Hand the text over; who receives it decides whether the box is emptied."""
        self.post_message(self.Sent(self.words))

    def action_newline(self) -> None:
        self.insert("\n")
