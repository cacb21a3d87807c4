"""A question above the footer, and a line to answer it in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input

from tear_tui.keys import key
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.plain import Plain


class AnswerBox(LineBox):
    """The line itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ask.answer", "enter", "submit", "Do it", "Do what is asked", shown=True,
            display="⏎"),
    ]  # fmt: skip


class AskLine(Vertical):
    """Hidden until something is asked. Enter answers, esc takes the question back."""

    DEFAULT_CSS = """
    AskLine {
        display: none;
        height: auto;
        max-height: 10;
        padding: 0 2;
        border-top: solid $primary 60%;
    }
    AskLine.-asking { display: block; }
    AskLine Plain { height: auto; max-height: 8; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ask.cancel", "escape", "cancel", "Cancel", "Leave everything as it is", shown=True,
            display="esc"),
    ]  # fmt: skip

    @dataclass
    class Answered(Message):
        """The answer, which is empty where none was needed; None: the question was taken back."""

        text: str | None

    def __init__(self) -> None:
        super().__init__(id="ask")
        self._needed = False

    def compose(self) -> ComposeResult:
        yield Plain(id="question")
        yield AnswerBox(id="answer")

    @property
    def asking(self) -> bool:
        return self.has_class("-asking")

    def ask(
        self, question: str, hint: str, *, needed: bool = False, earlier: Sequence[str] = ()
    ) -> None:
        """Ask. `needed`: an empty answer is none. `earlier` answers are offered while typing."""
        self._needed = needed
        self.query_one("#question", Plain).show(question)
        box = self.query_one(AnswerBox)
        box.placeholder = hint
        box.suggester = SuggestFromList(earlier, case_sensitive=False) if earlier else None
        box.fill("")
        self.add_class("-asking")
        self.screen.set_focus(box)  # at once: what is typed next is an answer and no command

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if text or not self._needed:
            self._end(text)

    def action_cancel(self) -> None:
        self._end(None)

    def _end(self, text: str | None) -> None:
        self.remove_class("-asking")
        self.post_message(self.Answered(text))
