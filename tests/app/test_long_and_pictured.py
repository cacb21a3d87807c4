"""A long conversation stays light, and the app can be pictured."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tear_core.settings import Settings
from tear_core.store import Store, open_store, sessions
from tear_core.turn import Event, Kind
from tear_tui.app import TearApp, open_log
from tear_tui.screenshot import draw, main
from tear_tui.text.windowing import STEP as WINDOW
from tear_tui.widgets.turn_view import TurnView
from tests.app.fake_engine import RESPONSE, SCENE, FakeEngine, FakeEngines
from tests.app.support import (
    converse,
    flat,
    on_the_response,
    running,
    see,
    type_text,
    wait_until,
)


def write_session(store: Store, turns: int) -> None:
    """A session of witnessed turns, the last one with nothing written about it."""
    session = sessions.create(store, "Piano").id
    with store.write():
        for number in range(1, turns + 1):
            kept = f"T{number}"
            happened: list[tuple[Kind, dict[str, Any]]] = [
                ("input", {"text": f"I play badly, {number} times a day.", "order": "after"}),
                ("draft", {"candidate": 0, "text": RESPONSE, "generation": 2, "tokens": 13}),
                ("scene", {"candidate": 0, "text": SCENE, "tokens": 15}),
                ("response", {"candidate": 0, "text": RESPONSE}),
                ("take", {"candidate": 0}),
                ("author", {"triple": kept, "consequence": "She did.", "landing": "healed"}),
                ("surprise", {"triple": kept, "nats_per_token": 4 - number % 7 / 3}),
                ("learned", {"triple": kept, "generation": 3}),
            ]
            for kind, data in happened if number < turns else happened[:5]:
                sessions.append(store, session, Event(kind, number, data))


async def test_a_long_session_mounts_its_newest_turns_and_earlier_ones_on_demand(
    home: Path,
) -> None:
    with open_store(home) as store:
        write_session(store, 70)
    async with running(home, FakeEngine()) as pilot:
        await see(pilot, "70 times a day")
        transcript = converse(pilot).transcript
        await wait_until(pilot, lambda: len(transcript.query(TurnView)) == WINDOW)
        assert len(list(converse(pilot).walk_children())) < 9 * WINDOW + 60
        transcript.cursor = 70 - WINDOW + 1
        await pilot.press("alt+up")
        await wait_until(pilot, lambda: len(transcript.query(TurnView)) == 2 * WINDOW)
        await pilot.press("alt+up")
        await see(pilot, f"{70 - WINDOW} times a day")


async def test_following_stops_when_somebody_reads_and_comes_back_at_the_end(home: Path) -> None:
    with open_store(home) as store:
        write_session(store, 20)
    engine = FakeEngine()
    engine.hold("scene", before=3)
    async with running(home, engine) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "She laughed, and")
        await pilot.press("pageup", "pageup", "pageup")
        await wait_until(pilot, lambda: "Hello" not in flat(pilot))
        engine.let_go("scene", before=3)
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)
        assert "Hello" not in flat(pilot)
        await pilot.press("ctrl+end")
        await see(pilot, "Hello")


async def test_an_empty_conversation_takes_every_key(home: Path) -> None:
    keys = ("pageup", "pagedown", "ctrl+end", "up", "home", "alt+up", "f2", "f4", "f8")
    async with running(home, FakeEngine()) as pilot:
        await pilot.press(*keys, "escape")
        converse(pilot).transcript.focus()
        await pilot.press(*keys, *"wyrea<>odjkt", "enter", "question_mark")
        await pilot.press("escape")
        await see(pilot, "Every word lands somewhere.")


async def test_a_picture_is_drawn_from_the_conversation_that_is_there(home: Path) -> None:
    with open_store(home) as store:
        write_session(store, 2)
    engines = FakeEngines(FakeEngine(live=3))
    svg = await draw(home, (100, 30), "paper", None, "And now?", engines.connect, engines.start)
    assert svg.startswith("<svg")
    words = svg.replace("&#160;", " ")
    for shown in ("And now?", "tear-tui", "scene foreseen", "model · generation 3"):
        assert shown in words


async def test_a_picture_shows_any_place_after_keys_too(home: Path) -> None:
    engines = FakeEngines(FakeEngine())
    svg = await draw(
        home,
        (80, 24),
        connect=engines.connect,
        start=engines.start,
        place="settings",
        what={"setting": "temperature"},
        keys=("enter",),
    )
    assert "[6&#160;settings]" in svg and "Keep" in svg


def test_a_picture_of_a_session_that_is_not_there_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(home / "x.svg"), "--home", str(home), "--session", "01ABC"]) == 1
    assert "there is no session '01ABC'" in capsys.readouterr().err


@pytest.mark.skipif(bool(os.environ.get("NO_SNAPSHOTS")), reason="asked not to compare pictures")
@pytest.mark.parametrize(
    ("size", "theme"), [((80, 24), "ink"), ((120, 40), "ink"), ((80, 24), "paper")]
)
def test_the_conversation_looks_as_it_did(
    home: Path, snap_compare: Any, size: tuple[int, int], theme: str
) -> None:
    with open_store(home) as store:
        write_session(store, 3)
        engines = FakeEngines(FakeEngine(live=3))
        app = TearApp(
            home,
            Settings(theme=theme),
            open_log(store),
            connect=engines.connect,
            start=engines.start,
        )

        async def before(pilot: Any) -> None:
            await see(pilot, "generation 3")
            await type_text(pilot, "And now?")
            await pilot.press("enter")
            await on_the_response(pilot)
            await pilot.pause()

        assert snap_compare(app, terminal_size=size, run_before=before)
