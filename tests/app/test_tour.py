"""The first minute: it follows what somebody does, never a clock, and covers nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tear_core.store import open_store, sessions
from tear_core.turn import Conversation, Event, fold
from tear_tui import entrance
from tear_tui.app import TearApp
from tear_tui.conversing.tour import LAST, is_first_time, remember, step
from tear_tui.widgets.tour_panel import TourPanel
from tests.app.fake_engine import FakeEngine
from tests.app.support import converse, flat, running, say, see, type_text, wait_until

HAPPENED = [
    Event("input", 1, {"text": "Hello"}),
    Event("draft", 1, {"text": "Hi"}),
    Event("scene", 1, {"text": "She smiles."}),
    Event("response", 1, {"text": "Hi"}),
    Event("take", 1, {"candidate": 0}),
    Event("author", 1, {"triple": "T", "consequence": "She left.", "landing": "hurt"}),
    Event("surprise", 1, {"triple": "T", "nats_per_token": 3.41}),
    Event("learned", 1, {"triple": "T", "generation": 1}),
]


def number(conversation: Conversation, begun: int = 0, busy: bool = False) -> int:
    return step(conversation, begun, busy, lambda id: id).number


def test_each_step_comes_from_what_has_happened() -> None:
    stood = [number(fold(HAPPENED[:events])) for events in range(len(HAPPENED) + 1)]
    assert stood == [1, 2, 2, 2, 3, 4, 5, 5, LAST]
    assert number(fold(HAPPENED[:4]), busy=True) == 2


def test_a_dropped_turn_leads_back_to_the_beginning() -> None:
    assert number(fold([*HAPPENED[:3], Event("cancel", 1)])) == 1


def test_turns_from_before_are_none_of_its_business() -> None:
    assert number(fold(HAPPENED), begun=1) == 1


def test_the_words_name_the_keys_that_the_person_has() -> None:
    asked: list[str] = []

    def key(id: str) -> str:
        asked.append(id)
        return f"<{id}>"

    said = [step(fold(HAPPENED[:events]), 0, False, key).text for events in (0, 4, 5, 7, 8)]
    assert "<composer.send>" in said[0] and "<converse.take>" in said[1]
    assert "<author.save>" in said[2] and "3.41 nats" in said[3]
    assert "Generation 1 is what answers" in said[4] and "<app.help>" in said[4]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_a_whole_first_minute(home: Path, size: tuple[int, int]) -> None:
    engine = FakeEngine()
    engine.hold("scene")
    async with running(home, engine, size=size) as pilot:
        app = pilot.app
        assert isinstance(app, TearApp)
        await app.action_tour()
        await see(pilot, "a first minute: 1 of 6")
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "2 of 6")
        engine.let_go("scene")
        await see(pilot, "3 of 6")
        covered = app.screen.query_one(TourPanel).region
        assert not covered.overlaps(converse(pilot).composer.region)
        assert not covered.overlaps(converse(pilot).transcript.region)
        await pilot.press("f2")
        await see(pilot, "4 of 6")
        await type_text(pilot, "She left.")
        await pilot.press("f2")
        await see(pilot, "surprised it by 3.41 nats per token")
        kept = converse(pilot).session.turn(1).triple
        converse(pilot).session.record("learned", 1, triple=kept, generation=1)
        converse(pilot).refresh_turns()
        await see(pilot, "Generation 1 is what answers from now on")
        await pilot.press("escape")
        await wait_until(pilot, lambda: not app.screen.query(TourPanel))


async def test_escape_ends_it_at_once_and_the_palette_opens_it_again(home: Path) -> None:
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        app = pilot.app
        assert isinstance(app, TearApp)
        await app.action_tour()
        await see(pilot, "1 of 6")
        await pilot.press("escape")
        await wait_until(pilot, lambda: "1 of 6" not in flat(pilot))
        offered = {each.title: each.callback for each in app.get_system_commands(app.screen)}
        assert "app: End the tour" not in offered
        await say(pilot, "Hello")
        await app.action_tour()
        await see(pilot, "3 of 6")  # it takes up the turn that is open
        offered = {each.title: each.callback for each in app.get_system_commands(app.screen)}
        assert "app: Tour" not in offered and "app: End the tour" in offered


async def test_hostile_words_do_it_no_harm(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        assert isinstance(pilot.app, TearApp)
        await pilot.app.action_tour()
        await say(pilot, "[/INST] [@click=app.quit]x[/]")
        await see(pilot, "3 of 6")


def test_it_opens_by_itself_once_and_only_where_nobody_has_said_anything(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bool] = []
    monkeypatch.setattr(TearApp, "run", lambda self: opened.append(self._tour) or 0)
    monkeypatch.setattr(entrance, "own_terminal", lambda log: open_store(home))
    assert entrance.run(home) == 0 and entrance.run(home) == 0
    assert entrance.run(home, tour=True) == 0
    assert opened == [True, False, True]
    other = home.with_name("other")
    with open_store(other) as store:
        sessions.create(store, "Somebody was here")
    entrance.run(other)
    assert opened[-1] is False and is_first_time(other)
    remember(other)
    remember(other)
    assert not is_first_time(other)
