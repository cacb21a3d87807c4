"""The two rows below a replay: where it is, and what is happening there. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tear_tui.replays.replaying import Frame, Recording
from tear_tui.replays.telling import headline
from tear_tui.replays.timeline import Mark, clock, duration

Part = str | tuple[str, str]

HEAD, PLAYED, TO_COME, SAVE, GENERATION = "●", "━", "─", "◆", "▲"
LEGEND = f"{SAVE} saved  {GENERATION} generation"
CROWDED = 0.4
"""Beyond this share of its cells, marks would hide the track: they are counted instead."""
SAYS = {
    "draft": "the draft is written, held back",
    "scene": "the scene is foreseen",
    "response": "the response is written",
}


def column(at: float, seconds: float, width: int) -> int:
    """The cell of a track of `width` cells in which a moment lies."""
    return round(min(max(at / seconds, 0.0), 1.0) * (width - 1)) if seconds > 0 else 0


def moment(column: int, seconds: float, width: int) -> float:
    """The moment that a cell of the track stands for."""
    return min(max(column / max(1, width - 1), 0.0), 1.0) * seconds


def track(at: float, seconds: float, marks: Sequence[Mark], width: int) -> list[Part]:
    """The track in `width` cells: what is played, the head, what is to come, and the marks."""
    head, signs = column(at, seconds, width), _signs(seconds, marks, width)
    lines = [PLAYED if cell < head else TO_COME for cell in range(width)]
    cells = [signs.get(cell, line) for cell, line in enumerate(lines)]
    played, coming = "".join(cells[:head]), "".join(cells[head + 1 :])
    return [(played, "$accent"), (HEAD, "bold $accent"), (coming, "$text-muted")]


def _signs(seconds: float, marks: Sequence[Mark], width: int) -> dict[int, str]:
    """Where on the track a sign stands; none at all where it would be crowded."""
    signs: dict[int, str] = {}
    for mark in marks:
        cell, sign = column(mark.at, seconds, width), SAVE if mark.kind == "save" else GENERATION
        signs[cell] = GENERATION if signs.get(cell) == GENERATION else sign
    return signs if len(signs) <= CROWDED * width else {}


def legend(recording: Recording, width: int) -> str:
    """What the signs on a track of `width` cells mean, or how many there would be."""
    if not recording.marks:
        return ""
    if _signs(recording.seconds, recording.marks, width):
        return LEGEND
    saves = sum(1 for mark in recording.marks if mark.kind == "save")
    return f"{saves:,} saved, {len(recording.marks) - saves:,} new generations"


def position(recording: Recording, at: float, speed: float, playing: bool) -> tuple[str, str]:
    """What stands to the left and to the right of the track."""
    total = clock(recording.seconds)
    sign = "▶" if playing else "Ⅱ"
    return f"{sign} {clock(at):>{len(total)}} ", f" {total}  ×{speed:g}"


def says(recording: Recording, shown: Frame, width: int) -> str:
    """The second row: the turn, what happens in it now, and what the signs mean if that fits."""
    number = happening_in(recording, shown)
    of = f"turn {number} of {len(recording.final.turns)}" if number else "before the first turn"
    words = f"{of} · {_happening(recording, shown)}"
    signs = legend(recording, width)
    room = width - cell_len(words) - cell_len(signs)
    return words + " " * room + signs if room >= 3 else words


def happening_in(recording: Recording, shown: Frame) -> int:
    """The turn in which something happens at this moment; 0: in none yet."""
    if shown.writing is not None or shown.done == 0:
        return shown.turn
    return recording.events[shown.done - 1].turn


def _happening(recording: Recording, shown: Frame) -> str:
    writing, left = shown.writing, len(recording.events) - shown.done
    if recording.broken and not left:
        return recording.broken
    if writing is not None:
        return SAYS.get(writing.section or "", "the model gathers its words")
    if shown.done == 0:
        return "nothing has happened"
    if shown.done < len(recording.beats):
        coming = recording.beats[shown.done]
        if coming.left_out >= 1 and shown.at > recording.beats[shown.done - 1].happens:
            return f"{duration(coming.left_out)} of waiting left out"
    return headline(recording.events[shown.done - 1])
