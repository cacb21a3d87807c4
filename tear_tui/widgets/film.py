"""A session being replayed: the turns as the live screen shows them, and the scrubber below."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from tear_tui.replays.replaying import Frame, Recording
from tear_tui.text.windowing import Window
from tear_tui.widgets.scrubber import Scrubber
from tear_tui.widgets.transcript import Transcript

AT_ONCE = 12
"""Turns that are there at once: a jump to anywhere in a long session makes so many anew."""


class Pages(Transcript, inherit_bindings=False, can_focus=False):
    """The turns, to be read only: none of the live screen's keys are here."""

    def __init__(self) -> None:
        super().__init__()
        self._window = Window(AT_ONCE)
        self.set_reactive(Pages.pinned, True)

    def follow(self) -> None:
        super().follow()
        self._window = Window(AT_ONCE)

    def at(self, frame: Frame) -> None:
        """Show the turns as they were at that moment."""
        if not frame.conversation.turns:
            self._empty.show("Nothing has happened yet.")
        self.show(frame.conversation.turns, frame.choice, frame.writing)


class Film(Vertical):
    """One recording at one moment. It knows the time only when it is told."""

    def compose(self) -> ComposeResult:
        yield Pages()
        yield Scrubber()

    @property
    def pages(self) -> Pages:
        return self.query_one(Pages)

    def show(self, recording: Recording, frame: Frame, speed: float, playing: bool) -> None:
        """Bring pages and scrubber to this moment."""
        self.pages.at(frame)
        self.query_one(Scrubber).show(recording, frame, speed, playing)
