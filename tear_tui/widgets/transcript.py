"""The conversation from top to bottom: the newest turns, and earlier ones when asked for."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive

from tear_core.turn import Turn
from tear_tui.conversing.choosing import Choice
from tear_tui.conversing.finding import Place
from tear_tui.conversing.looks import Writing
from tear_tui.keys import key
from tear_tui.text.windowing import FEW, MOST, Window, enough
from tear_tui.widgets.plain import Part, Plain
from tear_tui.widgets.settled import SettledScroll
from tear_tui.widgets.turn_view import NO_AIDS, OPEN, Aids, TurnView

LAYOUTS = 20
"""How often a turn that is to be looked at may be waited for until it has its place."""

WELCOME: tuple[Part, ...] = (
    ("Every word lands somewhere.", "italic"),
    "\n\nSay something below. Before the model answers you will see the scene it foresees. "
    "Then you write what really happened, and it learns from that.",
)


class Transcript(SettledScroll, VerticalScroll):
    """Turns as widgets, a cursor on one of them, and the single keys that act on it."""

    BLANK = True

    BINDING_GROUP_TITLE = "on a turn"
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
        key("turn.samples", "s", "screen.samples", "Scenes",
            "Sample more scenes for these words, and see how far they lie apart", shown=True),
        key("turn.found", "n", "screen.find_step(1)", "Next", "The next place that was found",
            shown=True),
        key("turn.found_before", "N", "screen.find_step(-1)", "Before",
            "The place that was found before", shown=True, display="N"),
        key("turn.copy", "y", "screen.copy", "Copy", "Copy this turn, or a part of it",
            shown=True),
        key("turn.provenance", "p", "screen.provenance", "Provenance",
            "Where this response comes from, and how it was written", shown=True),
        key("turn.fork", "f", "screen.fork", "Fork",
            "A new session that begins with the turns up to this one", shown=True),
        key("turn.replay", "v", "screen.replay", "Replay", "See it happen again from this turn on",
            shown=True),
        key("turn.find", "slash", "screen.find", "Find", "The same as ctrl+f"),
        key("turn.up", "up,k,alt+up,ctrl+up", "screen.select(-1)", "Up", "The turn before"),
        key("turn.down", "down,j,alt+down,ctrl+down", "screen.select(1)", "Down", "The next turn"),
        key("turn.left", "left", "screen.browse(-1)", "Left", "The same as <"),
        key("turn.right", "right", "screen.browse(1)", "Right", "The same as >"),
        key("turn.write", "i", "screen.write", "Write", "Go on writing in the composer"),
        key("turn.help", "question_mark", "app.help", "Help", "All keys"),
        Binding("ctrl+q", "app.quit", show=False),  # the footer has no room for it here
    ]  # fmt: skip

    cursor: reactive[int | None] = reactive(None, bindings=True)
    """Number of the turn that single keys act on."""

    pinned: reactive[bool] = reactive(False)
    """The turn under the cursor stays marked while the keys are elsewhere."""

    @dataclass
    class MoreAsked(Message):
        """Somebody wants to see the turns before those in view, or the later ones."""

        earlier: bool

    @dataclass
    class TypedEarly(Message):
        """A letter meant for the composer: the keys had only just come here."""

        text: str

    def __init__(self) -> None:
        super().__init__(id="transcript")
        self._grace_until = 0.0
        self._earlier = Plain(classes="earlier")
        self._later = Plain(classes="earlier")
        self._empty = Plain(classes="empty")
        self._views: dict[int, TurnView] = {}
        self._window = Window()
        self._opened = 0
        self._opening = True  # until it has been drawn
        self._again: Callable[[], None] = lambda: None
        self._kept: list[int] = []
        self._coming: list[Awaitable[None]] = []

    def update_node_styles(self, animate: bool = True) -> None:
        """Leave the turns as they are when only the focus has moved (they do not depend on it)."""

    def compose(self) -> ComposeResult:
        yield self._earlier
        yield self._empty
        yield self._later

    def on_mount(self) -> None:
        self._earlier.display = self._later.display = False
        self._empty.show(*WELCOME)
        self.anchor()

    def show(
        self,
        turns: Sequence[Turn],
        choice: Choice | None = None,
        writing: Writing | None = None,
        first_draft: bool = False,
        aids: Aids = NO_AIDS,
    ) -> None:
        """Show those of `turns` that are in the window; the arguments but the last are about
        the open one. Of a conversation that is opened first those that fill the screen."""
        kept = [turn for turn in turns if turn.phase != "cancelled"]
        self._kept = [turn.number for turn in kept]
        first, end = self._window.span(len(kept))
        self._opened = self._opened or enough(self.app.size.height)
        self._again = partial(self.show, turns, choice, writing, first_draft, aids)
        shown = kept[max(first, end - self._opened) : end]
        if self._opened >= end - first:
            self._opened = MOST
        elif not self._opening:
            self._opening = True
            self.call_after_refresh(self.open_the_rest)
        self._mount_views(shown)
        for turn in shown:
            is_open = turn is turns[-1] and turn.phase in OPEN
            about = (choice, writing, first_draft) if is_open else (None, None, False)
            self._views[turn.number].show(turn, *about, aids)
        self._say_hidden(first, len(kept) - end)
        self._empty.display = not kept
        if self.cursor is not None and self.cursor not in self._views:
            self.cursor = None
        self._mark_cursor()

    def clear(self) -> None:
        """Another conversation begins."""
        for view in self._views.values():
            view.remove()
        self._views.clear()
        self._kept = []
        self._opened, self._again = 0, lambda: None
        self.cursor = None
        self.follow()

    def follow(self) -> None:
        """Be at the newest turn, and stay there as more comes (after the next `show`)."""
        self._window = Window()
        self.anchor()

    @property
    def drawn(self) -> bool:
        """Whether the newest turn, or the words that stand for none, have their place."""
        if not self._views:
            return not self._empty.display or bool(self._empty.outer_size)
        return self._views[max(self._views)].drawn

    async def complete(self) -> None:
        """Wait until the turns that `show` has put here have all their widgets."""
        coming, self._coming = self._coming, []
        for each in coming:
            await each
        if len(self._views) >= enough(self.app.size.height):
            self.show_vertical_scrollbar = True  # it will be: nothing is laid out without it first

    def open_the_rest(self) -> None:
        """Have the rest of the window come, a few turns at a time, after what is seen at once:
        neither the first picture nor a key waits for turns that are out of view."""
        self._opening = False
        self._opened += FEW
        self._again()

    def show_more(self, earlier: bool) -> None:
        """Move the window; the turns come with the next `show`."""
        self._opened = MOST
        total = len(self._kept)
        self._window = (self._window.earlier if earlier else self._window.later)(total)

    def bring(self, number: int) -> bool:
        """Have a turn in the window from the next `show` on; whether there is such a turn."""
        if number not in self._kept:
            return False
        self._opened = MOST
        self.release_anchor()
        self._window = self._window.around(self._kept.index(number), len(self._kept))
        return True

    def look_at(self, number: int, place: Place | None = None) -> None:
        """Put the cursor on a turn that is in the window and scroll to it, or to a place in it."""
        self.cursor = number
        if number in self._views:
            self.call_after_refresh(self._bring_into_view, self._views[number], place)

    def _bring_into_view(self, view: TurnView, place: Place | None, tries: int = LAYOUTS) -> None:
        if not view.is_attached:
            return
        if not view.you.content_size.width and tries:  # it has only just been mounted
            self.call_after_refresh(self._bring_into_view, view, place, tries - 1)
            return
        if place is None:
            return view.scroll_visible(animate=False, top=True)
        widget, row = view.where(place)
        top = widget.content_region.y - self.content_region.y + round(self.scroll_y) + row
        self.scroll_to_region(Region(0, top, 1, 1), animate=False, center=True)

    def _say_hidden(self, earlier: int, later: int) -> None:
        self._earlier.display, self._later.display = earlier > 0, later > 0
        if earlier:
            self._earlier.show(f"▲ {earlier:,} earlier turns")
        if later:
            self._later.show(f"▼ {later:,} later turns")

    def select(self, step: int) -> None:
        """Move the cursor by one turn and bring it into view. Beyond the top there is more."""
        numbers = sorted(self._views)
        if not numbers:
            return
        if self.cursor is None:
            at = len(numbers) - (1 if step < 0 else 0)
        else:
            at = numbers.index(self.cursor) + step
        if at < 0 or at >= len(numbers):
            self.post_message(self.MoreAsked(earlier=at < 0))
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
            if node in (self._earlier, self._later):
                self.post_message(self.MoreAsked(earlier=node is self._earlier))
            if isinstance(node, TurnView):
                self.cursor = node.number
            node = node.parent

    def _mount_views(self, shown: Sequence[Turn]) -> None:
        """Have a view for each of these turns, in order, and none for any other."""
        numbers = [turn.number for turn in shown]
        wanted = set(numbers)
        for number in [each for each in self._views if each not in wanted]:
            self._views.pop(number).remove()
        first = min(self._views, default=None)
        self._coming = []
        for number in numbers:
            if number in self._views:
                continue
            next_one = self._views[first] if first is not None and number < first else self._later
            view = self._views[number] = TurnView(number)
            self._coming.append(self.mount(view, before=next_one))

    def _mark_cursor(self) -> None:
        marked = self.has_focus or self.pinned
        for number, view in self._views.items():
            view.set_class(marked and number == self.cursor, "-cursor")
