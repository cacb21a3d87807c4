"""The conversation from top to bottom: the newest turns, and earlier ones when asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.message import Message
from textual.reactive import reactive

from tear_core.turn import Turn
from tear_tui.choosing import Choice
from tear_tui.keys import key
from tear_tui.looks import Writing
from tear_tui.widgets.plain import Part, Plain
from tear_tui.widgets.turn_view import OPEN, TurnView

WINDOW = 50
"""Turns that are on the screen at first, and how many more come with each step back."""

WELCOME: tuple[Part, ...] = (
    ("Every word lands somewhere.", "italic"),
    "\n\nSay something below. Before the model answers you will see the scene it foresees. "
    "Then you write what really happened, and it learns from that.",
)


class Transcript(VerticalScroll):
    """Turns as widgets, a cursor on one of them, and the single keys that act on it."""

    BLANK = True

    BINDINGS: ClassVar[list[BindingType]] = [
        key("turn.take", "enter,t,f2", "screen.take", "Take", "This is what is said", shown=True,
            display="⏎"),
        key("turn.witness", "w,enter", "screen.witness", "What happened",
            "Write what really happened after this turn", shown=True, display="w"),
        key("turn.reroll", "r", "screen.reroll", "Reroll", "Write another candidate; this is kept",
            shown=True),
        key("turn.edit", "e", "screen.edit", "Edit", "Change the response in your words",
            shown=True),
        key("turn.beside", "a", "screen.alternative", "Beside",
            "An alternative beside it, with its own scene", shown=True),
        key("turn.previous", "less_than_sign", "screen.browse(-1)", "Other",
            "The candidate before, or the left one of two", shown=True, display="<"),
        key("turn.next", "greater_than_sign", "screen.browse(1)", "Other",
            "The next candidate, or the right one of two", display=">"),
        key("turn.alone", "o", "screen.alone", "Only", "Close the other one of two", shown=True),
        key("turn.draft", "d", "screen.first_draft", "Draft", "Look at the first draft",
            shown=True),
        key("turn.copy", "y", "screen.copy", "Copy", "Copy this turn"),
        key("turn.up", "up,k,alt+up,ctrl+up", "screen.select(-1)", "Up", "The turn before"),
        key("turn.down", "down,j,alt+down,ctrl+down", "screen.select(1)", "Down", "The next turn"),
        key("turn.left", "left", "screen.browse(-1)", "Left", "The same as <"),
        key("turn.right", "right", "screen.browse(1)", "Right", "The same as >"),
        key("turn.write", "i,slash", "screen.write", "Write", "Go on writing in the composer"),
        key("turn.help", "question_mark", "app.help", "Help", "All keys"),
        Binding("ctrl+q", "app.quit", show=False),  # the footer has no room for it here
    ]  # fmt: skip

    cursor: reactive[int | None] = reactive(None, bindings=True)
    """Number of the turn that single keys act on."""

    pinned: reactive[bool] = reactive(False)
    """The turn under the cursor stays marked while the keys are elsewhere."""

    @dataclass
    class EarlierAsked(Message):
        """Somebody clicked on the line that stands for earlier turns."""

    @dataclass
    class TypedEarly(Message):
        """A letter meant for the composer: the keys had only just come here."""

        text: str

    def __init__(self) -> None:
        super().__init__(id="transcript")
        self._grace_until = 0.0
        self._earlier = Plain(classes="earlier")
        self._empty = Plain(classes="empty")
        self._views: dict[int, TurnView] = {}
        self._window = WINDOW

    def update_node_styles(self, animate: bool = True) -> None:
        """Leave the turns as they are when only the focus has moved (they do not depend on it)."""

    def compose(self) -> ComposeResult:
        yield self._earlier
        yield self._empty

    def on_mount(self) -> None:
        self._earlier.display = False
        self._empty.show(*WELCOME)
        self.anchor()

    def show(
        self,
        turns: Sequence[Turn],
        choice: Choice | None = None,
        writing: Writing | None = None,
        first_draft: bool = False,
    ) -> None:
        """Show the newest of `turns`; the last two arguments are about the open one."""
        kept = [turn for turn in turns if turn.phase != "cancelled"]
        shown = kept[-self._window :]
        self._mount(shown)
        for turn in shown:
            is_open = turn is turns[-1] and turn.phase in OPEN
            view = self._views[turn.number]
            view.show(turn, choice, writing, first_draft) if is_open else view.show(turn)
        hidden = len(kept) - len(shown)
        self._earlier.display = hidden > 0
        if hidden:
            self._earlier.show(f"▲ {hidden} earlier turns")
        self._empty.display = not kept
        if self.cursor is not None and self.cursor not in self._views:
            self.cursor = None
        self._mark_cursor()

    def clear(self) -> None:
        """Another conversation begins."""
        for view in self._views.values():
            view.remove()
        self._views.clear()
        self._window = WINDOW
        self.cursor = None
        self.anchor()

    def show_earlier(self) -> None:
        """Make room for more of the earlier turns; they come with the next `show`."""
        self._window += WINDOW

    def select(self, step: int) -> None:
        """Move the cursor by one turn and bring it into view. Beyond the top there is more."""
        numbers = sorted(self._views)
        if not numbers:
            return
        if self.cursor is None:
            at = len(numbers) - (1 if step < 0 else 0)
        else:
            at = numbers.index(self.cursor) + step
        if at < 0:
            self.post_message(self.EarlierAsked())
        self.cursor = numbers[min(max(at, 0), len(numbers) - 1)]
        self._views[self.cursor].scroll_visible(animate=False)

    def grace(self, seconds: float) -> None:
        """For so long, whatever is typed is not meant for the turn."""
        self._grace_until = time.monotonic() + seconds

    def on_key(self, event: events.Key) -> None:
        """Send on what somebody was still typing when the keys came here."""
        if time.monotonic() >= self._grace_until:
            return
        if event.is_printable and event.character is not None:
            self.post_message(self.TypedEarly(event.character))
        elif event.key not in ("enter", "backspace"):
            return
        event.stop()
        event.prevent_default()

    @property
    def following(self) -> bool:
        """Whether new words at the bottom are in view."""
        return self.scroll_y >= self.max_scroll_y - 1

    def watch_cursor(self) -> None:
        self._mark_cursor()

    def watch_has_focus(self, _has_focus: bool) -> None:
        super().watch_has_focus(_has_focus)
        self._mark_cursor()

    def watch_pinned(self) -> None:
        self._mark_cursor()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the turn that was clicked on."""
        node: DOMNode | None = event.widget
        while node is not None and node is not self:
            if node is self._earlier:
                self.post_message(self.EarlierAsked())
            if isinstance(node, TurnView):
                self.cursor = node.number
            node = node.parent

    def _mount(self, shown: Sequence[Turn]) -> None:
        """Have a view for each of these turns, in order, and none for any other."""
        numbers = [turn.number for turn in shown]
        for number in [each for each in self._views if each not in numbers]:
            self._views.pop(number).remove()
        before = min(self._views, default=None)
        for number in numbers:
            if number in self._views:
                continue
            view = self._views[number] = TurnView(number)
            if before is not None and number < before:
                self.mount(view, before=f"#turn-{before}")
            else:
                self.mount(view)

    def _mark_cursor(self) -> None:
        marked = self.has_focus or self.pinned
        for number, view in self._views.items():
            view.set_class(marked and number == self.cursor, "-cursor")
