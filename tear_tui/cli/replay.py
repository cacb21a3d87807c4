"""`tear-tui replay`: a session again, as text, as JSON, as a film, or written anew."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from tear_core.corpus.atomic import whole_file
from tear_core.store import Store, StoreError, sessions
from tear_core.turn import Event, Turn
from tear_tui.cli import replay_text, replay_verify
from tear_tui.cli.output import CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import engine_of, store_of
from tear_tui.replays.replaying import Recording, record
from tear_tui.replays.timeline import LONGEST_WAIT, duration


def replay(
    ctx: typer.Context,
    session: Annotated[str, typer.Argument(help="A session: its id, or how it begins, or `last`.")],
    speed: Annotated[float, typer.Option(help="How fast; 1 is as it was.", min=0.01)] = 1.0,
    pause: Annotated[
        float,
        typer.Option(help="Longer waits between two events are cut to so many seconds.", min=0),
    ] = LONGEST_WAIT,
    step: Annotated[bool, typer.Option("--step", help="Wait for enter after each event.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON lines: each event, and then each turn.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Have it written again, and say where that departs."),
    ] = False,
    cast: Annotated[
        Path | None,
        typer.Option(help="Write a film of it: an asciicast for any player.", dir_okay=False),
    ] = None,
    size: Annotated[str, typer.Option(help="Columns x rows of the film.")] = "100x30",
    force: Annotated[bool, typer.Option("--force", help="Replace the file of the film.")] = False,
) -> None:
    """Replay a session from its log. Nothing is changed.

    With --verify each section is written again with its recorded seed, sampling and
    generation: 0 all the same, 1 something departs, 3 something cannot be verified.
    """
    if cast is not None and (json or verify or step):
        raise typer.BadParameter("--cast goes with --speed, --pause and --size only")
    with store_of(ctx) as store:
        recording = _recording(store, session, pause)
        if cast is not None:
            return _film(recording, cast, _size(size), speed, force)
        if verify:
            code = replay_verify.verify(engine_of(ctx), store, recording, json)
            _say_broken(recording)
            raise typer.Exit(code)
    if json:
        _as_json(recording)
    else:
        replay_text.play(recording, speed, step)
    _say_broken(recording)


def _recording(store: Store, wanted: str, pause: float) -> Recording:
    latest = sessions.latest(store) if wanted == "last" else None
    if wanted == "last" and latest is None:
        raise StoreError("there is no session yet")
    found = latest or sessions.get(store, wanted)
    return record(found.id, found.title, sessions.events(store, found.id), pause)


def _say_broken(recording: Recording) -> None:
    if recording.broken:
        raise CommandError(recording.broken, "what came before it was replayed")


def _as_json(recording: Recording) -> None:
    for event in recording.events:
        emit_json({"event": event.kind, "turn": event.turn, "at": event.at, **_facts(event)})
    for turn in recording.final.turns:
        emit_json({"event": "turn", "session": recording.session, **_turn(turn)})


def _facts(event: Event) -> dict[str, Any]:
    return {k: v for k, v in event.data.items() if k not in ("event", "turn", "at")}


def _turn(turn: Turn) -> dict[str, Any]:
    said = turn.said
    return {
        "turn": turn.number,
        "phase": turn.phase,
        "input": turn.input,
        "candidates": len(turn.candidates),
        "response": said and said.words,
        "scene": said and said.scene,
        "generation": said and said.generation,
        "consequence": turn.consequence,
        "landing": turn.landing,
        "surprise": turn.surprise,
        "learned_in": turn.learned_in,
        "retracted": turn.retracted,
    }


def _film(
    recording: Recording, target: Path, size: tuple[int, int], speed: float, force: bool
) -> None:
    from tear_core.settings import load_settings
    from tear_tui.filming import film

    theme, told = load_settings().theme, [-1]

    def tell_share(share: float) -> None:
        if int(share * 10) > told[0]:
            told[0] = int(share * 10)
            narrate(f"filming: {told[0] * 10} %")

    def write(file: IO[str]) -> None:
        asyncio.run(film(recording, file, size, speed, theme, tell_share))

    whole_file(target, write, force=force)
    seconds = recording.seconds / speed
    emit_text(f"{target}: {duration(seconds)}, {size[0]}x{size[1]}")
    _say_broken(recording)


def _size(text: str) -> tuple[int, int]:
    columns, _, rows = text.partition("x")
    if columns.isdecimal() and rows.isdecimal() and int(columns) >= 40 and int(rows) >= 10:
        return int(columns), int(rows)
    raise typer.BadParameter("--size is columns x rows, at least 40x10, e.g. 100x30")
