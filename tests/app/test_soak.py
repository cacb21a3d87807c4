"""Ten thousand turns cost the screen no more than a few hundred, however long one reads in them."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from tear_core.store import open_store
from tear_tui.text.windowing import MOST
from tear_tui.widgets.turn_view import TurnView
from tests.app.fake_engine import FakeEngine
from tests.app.support import converse, running, say, see
from tests.app.test_long_and_pictured import write_session

TURNS = 10_000
WIDGETS_OF_A_TURN = 8
GROWN = 40_000_000
"""Bytes that the process may hold more after a tour than after the same tour before it."""


async def tour(pilot: Pilot[int], turns: Sequence[int]) -> None:
    """Stand on each of these turns; at none are there more widgets than the window holds."""
    screen = converse(pilot)
    for number in turns:
        screen.go_to_turn(number)
        await see(pilot, f"{number} times a day")
        assert len(screen.transcript.query(TurnView)) <= MOST
        assert len(list(screen.walk_children())) <= MOST * WIDGETS_OF_A_TURN


async def live(pilot: Pilot[int], words: str) -> None:
    """One turn at the end, whose response is taken."""
    converse(pilot).action_follow()
    converse(pilot).action_write()
    await say(pilot, words)
    await pilot.press("f2")
    await see(pilot, "What really happened")
    await pilot.press("escape")


def held() -> Counter[str]:
    """How many widgets of each kind somebody holds on to, on the screen or not."""
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, Widget))


def memory() -> int:
    """Bytes of memory that this process has now; 0 where that cannot be told."""
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.slow
async def test_a_conversation_of_ten_thousand_turns_stays_light(home: Path) -> None:
    with open_store(home) as store:
        write_session(store, TURNS)
    async with running(home, FakeEngine()) as pilot:
        await see(pilot, f"{TURNS} times a day")
        await tour(pilot, range(TURNS - 100, 0, -6_000))
        await live(pilot, "Hello")
        widgets, bytes_ = held(), memory()
        await tour(pilot, range(40, TURNS, 4_000))
        for word in ("One", "Two"):
            await live(pilot, word)
        assert memory() - bytes_ < GROWN
        after = held()
        assert after["TurnView"] <= MOST
        assert sum((after - widgets).values()) < 200, (after - widgets).most_common(5)
        assert len(converse(pilot).session.turns) == TURNS + 3
