"""Where words are typed that are looked for in the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from tear_tui.keys import key
from tear_tui.widgets.plain import Plain
from tear_tui.widgets.search_line import SearchLine


class FindLine(Horizontal):
    """Tells what is typed at once. Enter goes to the places, esc ends the search."""

    BINDING_GROUP_TITLE = "while you look for words"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("find.done", "enter", "done", "To the places", "Go on with n and N", shown=True,
            display="⏎"),
        key("find.next", "down,ctrl+f,f3", "screen.find_step(1)", "Next", "The next place",
            shown=True, display="↓"),
        key("find.before", "up", "screen.find_step(-1)", "Before", "The place before", shown=True,
            display="↑"),
        key("find.close", "escape", "screen.find_end", "Close", "End the search", shown=True,
            display="esc"),
    ]  # fmt: skip

    @dataclass
    class Sought(Message):
        """These words are looked for."""

        words: str

    @dataclass
    class Done(Message):
        """Whoever typed wants to be with the turns."""

    def compose(self) -> ComposeResult:
        yield SearchLine("Find in this conversation…", id="find-words")
        yield Plain(id="find-told", classes="title")

    def open(self, words: str) -> None:
        """Be ready to be typed in."""
        self.query_one(SearchLine).fill(words)
        self.query_one(SearchLine).focus()

    def say(self, told: str) -> None:
        """How the search went."""
        self.query_one("#find-told", Plain).show(told)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Sought(event.value))

    def action_done(self) -> None:
        self.post_message(self.Done())
