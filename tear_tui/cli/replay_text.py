"""A session again as text: on a terminal as fast as it happened, elsewhere at once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from tear_core.turn import Event
from tear_tui.cli.output import emit_piece, emit_text, narrate
from tear_tui.replays.replaying import Recording, part, whole
from tear_tui.replays.telling import Told, tell
from tear_tui.replays.timeline import Beat, duration

BEAT = 0.05
"""Seconds between two pieces of what is being written."""

Sleep = Callable[[float], None]


def play(recording: Recording, speed: float, step: bool) -> None:
    """Print a session event by event. `step`: each waits for enter."""
    if not recording.events:
        return narrate("Nothing happened in this session.")
    if step:
        narrate("Enter goes on, ctrl+c ends.")
    sleep = time.sleep if _watched() and not step else _no_sleep
    before = 0.0
    for done, (event, beat) in enumerate(zip(recording.events, recording.beats, strict=True), 1):
        sleep(max(0.0, beat.begins - before) / speed)
        before = beat.happens
        if beat.left_out >= 1:
            narrate(f"({duration(beat.left_out)} of waiting left out)")
        told = tell(recording.conversation(done), event)
        _print_heading(told, first=done == 1)
        if told.words and told.streams:
            _stream(event, beat, speed, sleep)
        elif told.words:
            emit_text(told.words + "\n")
        if told.after:
            emit_text(told.after + "\n")
        step = step and bool(sys.stdin.readline())


def _print_heading(told: Told, first: bool) -> None:
    if told.begins:
        emit_text(f"{'' if first else chr(10)}── {told.heading} ──\nyou")
    else:
        emit_text(f"[{told.heading}]" + ("" if told.words else "\n"))


def _stream(event: Event, beat: Beat, speed: float, sleep: Sleep) -> None:
    """Words as they came, piece by piece."""
    seconds = (beat.happens - beat.begins) / speed
    pieces = 1 if sleep is _no_sleep else max(1, int(seconds / BEAT))
    written, shown = whole(event), ""
    for number in range(1, pieces + 1):
        sleep(seconds / pieces)
        shown = emit_piece(part(written, number / pieces).text, shown)
    emit_text("\n")


def _watched() -> bool:
    """Whether somebody sees the words as they come."""
    return sys.stdout.isatty()


def _no_sleep(seconds: float) -> None:
    """Somebody else has the time in hand, or nobody watches."""
