"""Where a replay is: a track with a head to be moved, by the mouse too, and a row of words."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from tear_tui.replays.replaying import Frame, Recording
from tear_tui.replays.scrubbing import moment, position, says, track
from tear_tui.widgets.plain import Plain


class Scrubber(Vertical):
    """Two rows of a fixed height; drawing them lays nothing out again."""

    DEFAULT_CSS = """
    Scrubber { height: 2; padding: 0 2; }
    Scrubber Plain { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Scrubber #moment { color: $text-muted; }
    """

    @dataclass
    class Sought(Message):
        """Somebody put the head at a moment, in seconds from the start."""

        at: float

    def __init__(self) -> None:
        super().__init__()
        self._row = Plain(id="track")
        self._words = Plain(id="moment")
        self._shown: tuple[Recording, Frame, float, bool] | None = None
        self._track = (0, 1)
        self._held = False

    def compose(self) -> ComposeResult:
        yield self._row
        yield self._words

    def show(self, recording: Recording, frame: Frame, speed: float, playing: bool) -> None:
        """Show where the replay is."""
        self._shown = (recording, frame, speed, playing)
        width = self.size.width
        if width <= 0:
            return
        left, right = position(recording, frame.at, speed, playing)
        room = max(1, width - cell_len(left) - cell_len(right))
        self._track = (cell_len(left), room)
        parts = track(frame.at, recording.seconds, recording.marks, room)
        self._row.show((left, "bold"), *parts, right, layout=False)
        self._words.show(says(recording, frame, width), layout=False)

    def on_resize(self) -> None:
        if self._shown is not None:
            self.show(*self._shown)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._held = True
        self.capture_mouse()
        self._seek(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._held:
            self._seek(event)

    def on_mouse_up(self) -> None:
        self._held = False
        self.release_mouse()

    def _seek(self, event: events.MouseEvent) -> None:
        if self._shown is None:
            return
        start, width = self._track
        column = event.screen_x - self.content_region.x - start
        self.post_message(self.Sought(moment(column, self._shown[0].seconds, width)))
