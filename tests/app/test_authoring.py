"""Writing what really happened: at once in the database, blind if wanted, now or later."""

from __future__ import annotations

from pathlib import Path

import pytest

from tear_core.engine.client import EngineError
from tear_core.store import open_store, sessions, triples
from tests.app.fake_engine import RESPONSE, SCENE, FakeEngine
from tests.app.support import (
    converse,
    flat,
    running,
    say,
    screen,
    see,
    type_text,
    wait_until,
    witness,
)


async def test_the_triple_is_in_the_database_when_the_key_press_returns(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine) as pilot:
        await say(pilot, "Hello")
        await pilot.press("f2")
        await type_text(pilot, "She played it")
        screen = converse(pilot)
        screen.action_go_on()  # what the key calls; nothing is awaited after it
        with open_store(home) as store:
            (kept,) = triples.list_triples(store)
    assert (kept.triple.input, kept.triple.response) == ("Hello", RESPONSE)
    assert (kept.triple.consequence, kept.status) == ("She played it", "pending")
    assert (kept.predicted, kept.blind, kept.turn) == (SCENE, False, 1)


async def test_the_box_opens_empty_and_the_prediction_comes_in_by_a_key_of_its_own(
    home: Path,
) -> None:
    async with running(home, FakeEngine()) as pilot:
        await say(pilot, "Hello")
        await pilot.press("f2")
        await see(pilot, "What really happened")
        assert converse(pilot).author.box.text == ""
        await pilot.press("ctrl+t")
        await wait_until(pilot, lambda: converse(pilot).author.box.text == SCENE)


async def test_blind_hides_the_prediction_until_the_scene_is_saved(home: Path) -> None:
    async with running(home, FakeEngine(), blind=True) as pilot:
        await say(pilot, "Hello")
        await see(pilot, "veiled until you save")
        assert "laughed" not in flat(pilot)
        await pilot.press("f2")
        await see(pilot, "What really happened")
        await pilot.press("ctrl+t")
        assert converse(pilot).author.box.text == ""
        await type_text(pilot, "She played it")
        assert "laughed" not in flat(pilot)
        await pilot.press("f2")
        await see(pilot, SCENE)
        turn = converse(pilot).session.turn(1)
        assert not turn.saw_prediction
    with open_store(home) as store:
        assert triples.list_triples(store)[0].blind


async def test_who_saw_the_prediction_is_recorded_as_having_seen_it(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await witness(pilot, "Hello", "She played it")
        assert converse(pilot).session.turn(1).saw_prediction


@pytest.mark.parametrize(
    ("keys", "landing"),
    [
        (("alt+h",), "healed"),
        (("f3",), "hurt"),
        (("tab", "h"), "healed"),
        (("tab", "left", "left"), "hurt"),
    ],
)
async def test_the_landing_is_marked_by_one_key(
    home: Path, keys: tuple[str, ...], landing: str
) -> None:
    async with running(home, FakeEngine()) as pilot:
        await witness(pilot, "Hello", "She played it", *keys)
        turn = converse(pilot).session.turn(1)
        assert (turn.consequence, turn.landing) == ("She played it", landing)


async def test_a_turn_can_be_witnessed_later(home: Path) -> None:
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        await say(pilot, "Hello")
        await pilot.press("f2")
        await type_text(pilot, "half a sen")
        await pilot.press("escape")
        assert pilot.app.focused is converse(pilot).composer
        assert converse(pilot).session.turn(1).phase == "responded"
        await witness(pilot, "And now", "He left")
        await pilot.press("alt+up", "alt+up", "w")
        await wait_until(pilot, lambda: converse(pilot).author.box.text == "half a sen")
        await type_text(pilot, "tence")
        await pilot.press("f2")
        await see(pilot, "half a sentence")
        assert converse(pilot).session.turn(1).consequence == "half a sentence"


async def test_what_happened_can_be_rewritten_and_the_old_words_are_set_aside(home: Path) -> None:
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        await witness(pilot, "Hello", "She played it")
        await wait_until(pilot, lambda: converse(pilot).session.turn(1).surprise is not None)
        await pilot.press("alt+up", "w")
        await wait_until(pilot, lambda: converse(pilot).author.box.text == "She played it")
        await type_text(pilot, " twice")
        await pilot.press("f2")
        await see(pilot, "She played it twice")
    with open_store(home) as store:
        counts = triples.counts(store)
    assert (counts["pending"], counts["rejected"]) == (1, 1)


async def test_nothing_is_saved_without_words(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await say(pilot, "Hello")
        await pilot.press("f2")
        await pilot.press("f2")
        await see(pilot, "Write what happened first")
        assert converse(pilot).session.turn(1).phase == "responded"


async def test_the_surprise_is_stored_before_the_engine_is_told_to_learn(home: Path) -> None:
    engine = FakeEngine(live=2)
    async with running(home, engine) as pilot:
        await witness(pilot, "Hello", "She played it")
        await wait_until(pilot, lambda: engine.pokes == 1)
        with open_store(home) as store:
            (kept,) = triples.list_triples(store)
            kinds = [event.kind for event in sessions.events(store, str(kept.session))]
    assert (kept.surprise, kept.surprise_tokens, kept.surprise_generation) == (3.41, 17, 2)
    assert kinds == ["input", "draft", "scene", "response", "take", "author", "surprise"]
    (asked,) = engine.scored[0].triples
    assert (asked.input, asked.response, asked.consequence) == (
        "Hello",
        RESPONSE,
        "She played it",
    )


async def test_a_surprise_somebody_else_measured_is_not_overwritten(home: Path) -> None:
    engine = FakeEngine()

    def the_learner_was_quicker() -> None:
        with open_store(home) as store:
            (kept,) = triples.list_triples(store)
            triples.record_surprise(store, kept.id, 5.0, 9, 0)

    engine.while_scoring = the_learner_was_quicker
    async with running(home, engine) as pilot:
        await witness(pilot, "Hello", "She played it")
        await see(pilot, "surprise 5.00 nats/token")


async def test_a_surprise_that_cannot_be_measured_says_so_and_loses_nothing(home: Path) -> None:
    engine = FakeEngine()
    engine.surprise_is = EngineError("that is too long")
    async with running(home, engine) as pilot:
        await witness(pilot, "Hello", "She played it")
        await see(pilot, "The surprise will be measured later: that is too long")
    engine.surprise_is = 2.5
    async with running(home, engine) as pilot:
        await see(pilot, "surprise 2.50 nats/token")


async def test_the_status_line_draws_the_surprises_of_the_session(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine, size=(120, 40)) as pilot:
        for number, surprise in enumerate((4.0, 2.0)):
            engine.surprise_is = surprise
            await witness(pilot, f"Hello {number}", f"She played it {number}")
            await see(pilot, f"surprise {surprise:.2f} nats/token")
        assert "█▁" in screen(pilot)
        assert "2.00 · order after" in flat(pilot)
