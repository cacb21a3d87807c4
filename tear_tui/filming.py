"""A replay filmed off the screen: the app's own turns and scrubber, picture by picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO

from rich.console import Console
from textual.app import App, ComposeResult

from tear_tui.preferences.themes import INK, PAPER
from tear_tui.replays.casting import Cast
from tear_tui.replays.replaying import Frame, Recording, frame
from tear_tui.replays.telling import headline
from tear_tui.widgets.film import Film
from tear_tui.widgets.plain import Plain

PER_SECOND = 12
"""Frames a second of the cast while something is being written."""
STAYS = 2.0
"""Seconds that the last picture stays."""


class FilmApp(App[None]):
    """Nobody presses a key here: whoever films it says which moment is shown."""

    CSS_PATH = ["app.tcss", "screens/converse.tcss", "screens/replay.tcss"]  # noqa: RUF012
    CSS = "#film-title { height: 1; padding: 0 2; text-wrap: nowrap; text-overflow: ellipsis; }"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012

    def __init__(self, recording: Recording, theme: str) -> None:
        super().__init__()
        for each in (INK, PAPER):
            self.register_theme(each)
        self.theme = theme if theme in self.available_themes else INK.name
        self._recording = recording

    def compose(self) -> ComposeResult:
        yield Plain((self._recording.title or "Untitled", "bold $accent"), id="film-title")
        yield Film(id="film")

    def show(self, shown: Frame, speed: float) -> None:
        """Be at a moment of the recording."""
        playing = shown.at < self._recording.seconds
        self.query_one(Film).show(self._recording, shown, speed, playing)

    def rows(self) -> list[str]:
        """What stands on the screen now: each row as a terminal is told it."""
        console = Console(color_system="truecolor", force_terminal=True, no_color=False)
        return [strip.render(console) for strip in self.screen._compositor.render_strips()]


async def film(
    recording: Recording,
    file: IO[str],
    size: tuple[int, int] = (100, 30),
    speed: float = 1.0,
    theme: str = INK.name,
    tell: Callable[[float], None] = lambda share: None,
) -> int:
    """Write a replay to `file` as an asciicast; returns how many pictures it has.

    Args:
        size: columns and rows of the terminal.
        speed: seconds of the replay in one of the cast.
        tell: hears how much is done, from 0 to 1.
    """
    app, cast, drawn = FilmApp(recording, theme), Cast(file), 0
    chapters = _chapters(recording)
    async with app.run_test(size=size) as pilot:
        cast.begin(size, recording.title or "A session", _started(recording))
        for shown in pictures(recording, speed):
            app.show(shown, speed)
            await pilot.pause()
            drawn += cast.draw(shown.at / speed, app.rows())
            while chapters and chapters[0][0] <= shown.at:
                cast.mark(shown.at / speed, chapters.pop(0)[1])
            tell(shown.at / recording.seconds if recording.seconds else 1.0)
        await pilot.pause()
        drawn += cast.draw(recording.seconds / speed, app.rows())
        cast.end(recording.seconds / speed + STAYS)
    return drawn


def pictures(recording: Recording, speed: float) -> Iterator[Frame]:
    """What is to be pictured: each moment at which there is something new to see."""
    before: tuple[object, ...] = ()
    for at in moments(recording, speed):
        shown = frame(recording, at)
        seen = (shown.done, shown.writing, int(at))
        if seen != before:
            before = seen
            yield shown


def moments(recording: Recording, speed: float) -> Iterator[float]:
    """The moments to be pictured: each event, often while words come, each second of waiting."""
    step, at = speed / PER_SECOND, 0.0
    yield at
    for beat in recording.beats:
        while at + speed < beat.begins:
            at += speed
            yield at
        if beat.happens > beat.begins:
            at = max(at, beat.begins)
            while at + step < beat.happens:
                at += step
                yield at
        if beat.happens > at:
            at = beat.happens
            yield at


def _chapters(recording: Recording) -> list[tuple[float, str]]:
    """Each turn, and what is marked on the scrubber."""
    found = [
        (recording.starts(turn.number), f"turn {turn.number}") for turn in recording.final.turns
    ]
    for mark in recording.marks:
        event = recording.events[recording.done(mark.at) - 1]
        found.append((mark.at, f"turn {mark.turn}: {headline(event)}"))
    return sorted(found)


def _started(recording: Recording) -> int | None:
    try:
        return int(datetime.fromisoformat(recording.events[0].at).timestamp())
    except (IndexError, ValueError, TypeError):
        return None
