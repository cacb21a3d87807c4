"""A turn from the first word to a new generation, all by keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tear_core.store import open_store, sessions, triples
from tests.app.fake_engine import RESPONSE, REVISED, SCENE, FakeEngine, script
from tests.app.support import (
    converse,
    flat,
    on_the_response,
    running,
    see,
    type_text,
    wait_until,
    witness,
)

SIZES = [(80, 24), (120, 40), (200, 50)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_whole_turn_by_keys(home: Path, size: tuple[int, int]) -> None:
    engine = FakeEngine(live=2)
    async with running(home, engine, size=size) as pilot:
        await see(pilot, "nano · generation 2")
        await type_text(pilot, "I play badly")
        await pilot.press("enter")
        await see(pilot, RESPONSE)
        await see(pilot, SCENE)
        await see(pilot, "model · generation 2")
        await wait_until(pilot, lambda: "Take" in flat(pilot))
        await on_the_response(pilot)
        await pilot.press("enter")
        await see(pilot, "What really happened")
        await type_text(pilot, "She played it")
        await pilot.press("alt+h", "f2")
        with open_store(home) as store:
            assert triples.counts(store)["pending"] == 1
        await see(pilot, "what happened · healed")
        await see(pilot, "surprise 3.41 nats/token")
        assert pilot.app.focused is converse(pilot).composer
        await wait_until(pilot, lambda: engine.pokes == 1)


@pytest.mark.parametrize("size", SIZES[:2])
async def test_the_scene_is_on_the_screen_before_the_response(
    home: Path, size: tuple[int, int]
) -> None:
    engine = FakeEngine()
    engine.hold("scene")
    async with running(home, engine, size=size) as pilot:
        await type_text(pilot, "I play badly")
        await pilot.press("enter")
        await see(pilot, "draft held back, 13 tokens")
        await see(pilot, "░░░░ ░░")
        assert "month" not in flat(pilot)
        engine.hold("scene", before=4)
        engine.let_go("scene")
        await see(pilot, "She laughed, and sat")
        assert "month" not in flat(pilot)
        engine.let_go("scene", before=4)
        await see(pilot, RESPONSE)
        await see(pilot, SCENE)


async def test_with_order_before_the_scene_comes_first_and_then_the_response(home: Path) -> None:
    engine = FakeEngine()
    engine.hold("response")
    async with running(home, engine, order="before") as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, SCENE)
        assert "month" not in flat(pilot)
        engine.let_go("response")
        await see(pilot, RESPONSE)
        turn = converse(pilot).session.turn(1)
        assert turn.candidates[0].draft is None
        assert turn.candidates[0].words == RESPONSE


async def test_with_order_reflect_the_revised_response_is_said_and_the_draft_can_be_seen(
    home: Path,
) -> None:
    engine = FakeEngine(script("reflect"))
    engine.hold("response")
    async with running(home, engine, order="reflect") as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, SCENE)
        assert "early days" not in flat(pilot)
        engine.let_go("response")
        await see(pilot, REVISED)
        assert "early days" not in flat(pilot)
        await on_the_response(pilot)
        await pilot.press("d")
        await see(pilot, "its first draft")
        assert RESPONSE in flat(pilot)
        await pilot.press("d", "enter")
        await type_text(pilot, "She did")
        await pilot.press("f2")
        await see(pilot, "surprise 3.41")
    with open_store(home) as store:
        kept = triples.list_triples(store)[0].triple
    assert kept.response == REVISED
    assert kept.draft is not None and (kept.draft.response, kept.draft.scene) == (RESPONSE, SCENE)


async def test_a_new_generation_is_announced_and_stamped_on_what_it_writes(home: Path) -> None:
    engine = FakeEngine(live=3)
    async with running(home, engine) as pilot:
        await see(pilot, "generation 3")
        engine.set(learning={"event": "step", "step": 4, "steps": 12, "consequence_loss": 2.311})
        converse(pilot).link.nudge()
        await see(pilot, "learning 4/12, loss 2.31")
        engine.set(learning=None, live=4)
        converse(pilot).link.nudge()
        await see(pilot, "Generation 4 is live")
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "model · generation 4")


async def test_what_was_learned_meanwhile_is_shown_on_its_turn(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine, size=(120, 40)) as pilot:
        number = await witness(pilot, "Hello", "She did")
        await see(pilot, "surprise 3.41")
        turn = converse(pilot).session.turn(number)
        with open_store(home) as store, store.write():
            sessions.tell_turns(store, str(turn.triple), "learned", {"generation": 1})
        engine.set(live=1)
        converse(pilot).link.nudge()
        await see(pilot, "what happened · neutral → generation 1")


async def test_the_next_turn_is_given_what_was_said_before(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine) as pilot:
        await witness(pilot, "Hello", "She did")
        await type_text(pilot, "And now")
        await pilot.press("enter")
        await wait_until(pilot, lambda: len(engine.requests) == 2)
        (past,) = engine.requests[1].context
        assert (past.input, past.response) == ("Hello", RESPONSE)


async def test_leaving_and_coming_back_shows_the_same_conversation(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine, size=(120, 40)) as pilot:
        await witness(pilot, "Hello", "She did")
        await see(pilot, "surprise 3.41")
    async with running(home, engine, size=(120, 40)) as pilot:
        for words in ("Hello", RESPONSE, SCENE, "She did", "surprise 3.41 nats/token"):
            await see(pilot, words)
        await pilot.press("ctrl+n")
        await wait_until(pilot, lambda: "She did" not in flat(pilot))
        await type_text(pilot, "Another")
        await pilot.press("enter")
        await see(pilot, RESPONSE)
    with open_store(home) as store:
        assert [each.title for each in sessions.list_sessions(store)] == ["Another", "Hello"]
