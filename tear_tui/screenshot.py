"""A picture of the app on a home: `python -m tear_tui.screenshot OUT.svg [--size 100x30]`.

The app itself draws it, from what is there, with the engine running: the conversation, or with
`--place` another place. With `--say`, something is said first and the model's answer is waited
for, so that the picture shows a response beside its scene.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tear_core.engine import client as engine
from tear_core.engine.client import EngineClient
from tear_core.home import resolve_home
from tear_core.settings import load_settings
from tear_core.store import StoreError, open_store
from tear_tui.app import TearApp, open_log
from tear_tui.places import CONVERSE, names
from tear_tui.screens.base import TearScreen

PATIENCE = 300.0
"""Seconds to wait for the engine and its model."""
POLL = 0.1
ASKING = frozenset({"model", "press"})
"""Groups of workers that wait for a person, and not for anything to be done."""


def main(arguments: list[str] | None = None) -> int:
    """Draw the picture and write it; returns the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        svg = asyncio.run(
            draw(asked.home, asked.size, asked.theme, asked.session, asked.say, place=asked.place)
        )
        asked.out.write_text(svg, encoding="utf-8")
    except (TimeoutError, StoreError, OSError) as error:
        print(f"tear-tui: no picture was made: {error}", file=sys.stderr)
        return 1
    return 0


async def draw(  # noqa: PLR0913 - what is to be seen, all named
    home: Path | None,
    size: tuple[int, int] = (100, 30),
    theme: str | None = None,
    session: str | None = None,
    say: str | None = None,
    connect: Callable[[Path], EngineClient | None] = engine.connect,
    start: Callable[[Path], None] = engine.start,
    *,
    place: str = CONVERSE,
    what: Mapping[str, Any] | None = None,
    keys: Sequence[str] = (),
) -> str:
    """The app on `home` as SVG, `size` in columns and rows.

    `place` is gone to, told `what` (see `TearScreen.arrive`), and then `keys` are pressed.

    Raises:
        TimeoutError: the engine was not ready, or did not answer, within `PATIENCE`.
        StoreError: there is no such session, or the home cannot be opened.
    """
    where = resolve_home(home)
    with open_store(where) as store:
        log = open_log(store, session)
        app = TearApp(where, load_settings({"theme": theme}), log, connect=connect, start=start)
        async with app.run_test(size=size) as pilot:
            await _until(pilot, lambda: app.link.view.state in ("ready", "failed"))
            if say is not None:
                if log.open_turn is not None:
                    raise StoreError("the session's last turn is open; take or drop it first")
                app.converse.composer.fill(say)
                await pilot.press("enter")
                await _until(pilot, lambda: app.converse.talk.can_take)
            await app.go(place, **(what or {}))
            await _settle(pilot)
            for key in keys:
                await pilot.press(key)
                await _settle(pilot)
            if isinstance(app.screen, TearScreen):
                app.screen.notice("")
            await pilot.pause()
            svg = _offline(app.export_screenshot(title="tear-tui"))
            app.leave()
    return svg


async def _until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("the engine was not ready in time")
        await asyncio.sleep(POLL)
        await pilot.pause()


async def _settle(pilot: Pilot[int]) -> None:
    """Wait until everything that was begun is done: what is read, measured, spoken."""
    await pilot.pause()
    await _until(
        pilot,
        lambda: all(each.is_finished or each.group in ASKING for each in pilot.app.workers),
    )


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError("give columns x rows, e.g. 100x30")
    return int(width), int(height)


def _offline(svg: str) -> str:
    """The picture without the fonts it would fetch, and without comments: whoever looks at it
    tells nobody."""
    return re.sub(r"(@font-face\s*\{.*?\}|<!--.*?-->)\s*", "", svg, flags=re.DOTALL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tear_tui.screenshot", description="A picture of the app, as SVG."
    )
    parser.add_argument("out", type=Path, help="the file to write")
    parser.add_argument("--size", type=_size, default=(100, 30), help="columns x rows (100x30)")
    parser.add_argument("--home", type=Path, help="the home folder")
    parser.add_argument("--theme", help="ink, paper, or any theme of Textual")
    parser.add_argument("--session", help="a session's id; else the one used last")
    parser.add_argument("--place", choices=names(), default=CONVERSE, help="where to be")
    parser.add_argument("--say", metavar="TEXT", help="say this first, and wait for the answer")
    return parser


if __name__ == "__main__":
    sys.exit(main())
