"""What the tests of the app share: an app on a home, waiting for the screen, and reading it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot

from tear_core.settings import Settings
from tear_core.store import open_store
from tear_tui.app import TearApp, open_log
from tear_tui.screens.converse import ConverseScreen
from tear_tui.widgets.footer import KeyFooter, ShownKey
from tear_tui.widgets.plain import Plain
from tests.app.fake_engine import FakeEngine, FakeEngines

PATIENCE = 30.0


@asynccontextmanager
async def running(
    home: Path,
    engine: FakeEngine | FakeEngines,
    *,
    size: tuple[int, int] = (80, 24),
    session: str | None = None,
    new: bool = False,
    **settings: Any,
) -> AsyncIterator[Pilot[int]]:
    """The app on `home` with this engine, driven by keys."""
    engines = engine if isinstance(engine, FakeEngines) else FakeEngines(engine)
    with open_store(home) as store:
        log = open_log(store, session, new)
        app = TearApp(home, Settings(**settings), log, connect=engines.connect, start=engines.start)
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            await wait_until(pilot, lambda: app.screen is app.converse and app.converse.is_mounted)
            yield pilot
            app.leave()


async def wait_until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    """Let the app run until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"it never came to be:\n{screen(pilot)}")
        await asyncio.sleep(0.04)


def screen(pilot: Pilot[int]) -> str:
    """The screen as text, line by line."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines)


def flat(pilot: Pilot[int]) -> str:
    """The screen's words on one line: row by row, and then widget by widget.

    Where two texts stand beside each other, the second reading has each of them whole.
    """
    strips = pilot.app.screen._compositor.render_strips()
    drawn = [strip.text for strip in strips]
    for widget in pilot.app.screen.query(Plain):
        x, y, width, height = widget.region
        drawn += [strip.crop(x, x + width).text for strip in strips[max(y, 0) : y + height]]
    words = "\n".join(drawn)
    for frame in "│╭╮╰╯─▌▁▇":
        words = words.replace(frame, " ")
    return " ".join(words.split())


def footer(pilot: Pilot[int]) -> tuple[ShownKey, ...]:
    """The keys that stand in the last row of the screen."""
    return pilot.app.screen.query_one(KeyFooter).keys


def named(pilot: Pilot[int]) -> set[str]:
    """What the keys in the last row are called."""
    return {key.description for key in footer(pilot)}


async def see(pilot: Pilot[int], words: str) -> None:
    """Wait until these words are on the screen."""
    await wait_until(pilot, lambda: words in flat(pilot))


async def type_text(pilot: Pilot[int], text: str) -> None:
    """Write words into the focused box: the first letter by its key, the rest in one go."""
    await pilot.press(text[0])
    pilot.app.post_message(events.Paste(text[1:]))
    await pilot.pause()


async def witness(pilot: Pilot[int], text: str, scene: str, *keys: str) -> int:
    """One turn, taken, witnessed and saved; returns its number."""
    await say(pilot, text)
    await pilot.press("f2")
    await see(pilot, "What really happened")
    await type_text(pilot, scene)
    await pilot.press(*keys, "f2")
    return len(converse(pilot).session.turns)


async def say(pilot: Pilot[int], text: str) -> None:
    """Say something and wait until the response can be taken."""
    await type_text(pilot, text)
    await pilot.press("enter")
    await wait_until(pilot, lambda: converse(pilot).talk.can_take)


async def on_the_response(pilot: Pilot[int]) -> None:
    """Wait until the keys have come to the response, and until they count."""
    transcript = converse(pilot).transcript
    await wait_until(pilot, lambda: pilot.app.focused is transcript)
    await wait_until(pilot, lambda: time.monotonic() >= transcript._grace_until)


def converse(pilot: Pilot[int]) -> ConverseScreen:
    """The screen under test."""
    app = pilot.app
    assert isinstance(app, TearApp)
    return app.converse
