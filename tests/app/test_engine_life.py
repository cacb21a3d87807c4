"""The engine comes late, goes away and comes back; the app stays, and keeps what was typed."""

from __future__ import annotations

from pathlib import Path

from tear_core.store import generations, open_store, triples
from tear_core.store.fitting import settle
from tests.app.fake_engine import RESPONSE, FakeEngine, FakeEngines
from tests.app.support import converse, flat, running, say, see, type_text, wait_until, witness
from tests.store.made import generation


async def test_the_conversation_is_there_before_the_engine_is(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await witness(pilot, "Hello", "She played it")
        await see(pilot, "surprise 3.41")
    nobody = FakeEngines(FakeEngine(), running=False)
    nobody.start = lambda home: None  # type: ignore[method-assign]
    async with running(home, nobody) as pilot:
        await see(pilot, "She played it")
        await see(pilot, "engine starting…")


async def test_what_is_said_while_the_model_loads_is_sent_when_it_is_there(home: Path) -> None:
    engines = FakeEngines(FakeEngine(), running=False)
    engines.start = lambda home: None  # type: ignore[method-assign]
    async with running(home, engines) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "gathering its words…")
        assert converse(pilot).composer.text == ""
        engines.running = True
        await see(pilot, RESPONSE)


async def test_while_the_model_loads_the_status_line_says_so(home: Path) -> None:
    engine = FakeEngine()
    engine.set(model="loading")
    async with running(home, engine) as pilot:
        await see(pilot, "nano · model loading…")
        engine.set(message="downloading Qwen: 1.20 of 3.40 GB")
        await see(pilot, "downloading Qwen: 1.20 of 3.40 GB…")
        engine.set(model="ready")
        await see(pilot, "nano · base")


async def test_a_model_that_cannot_be_loaded_says_why(home: Path) -> None:
    engine = FakeEngine()
    engine.set(model="failed", message="there is no model at /nowhere")
    async with running(home, engine, size=(120, 40)) as pilot:
        await see(pilot, "There is no model at /nowhere. F8 tries again.")
        await see(pilot, "nano · cannot be loaded")


async def test_what_was_learned_on_other_weights_is_said_once_and_stays_in_the_status_line(
    home: Path,
) -> None:
    with open_store(home) as store:
        generations.publish(store, generation(store), [], [])
    engine = FakeEngine(live=1)
    engine.set(model="loading")
    async with running(home, engine) as pilot:
        await see(pilot, "nano · model loading…")
        with open_store(home) as store:
            settle(store, "nano", "of the update")
        engine.set(model="ready", live=0, unfit=1, fingerprint="of the update")
        await see(pilot, "Generation 1 was learned on other weights of nano, so the base answers.")
        assert "`tear-tui generations rebuild 1` learns it again on these." in flat(pilot)
        assert "live again" not in flat(pilot)
        await see(pilot, "nano · base, generation 1 does not fit")
        converse(pilot).notice("")
        engine.set(pending=3)
        await see(pilot, "3 pending")
        assert "so the base answers" not in flat(pilot), "once is enough"
        engine.set(live=2, unfit=0)
        await see(pilot, "nano · generation 2")
        assert "does not fit" not in flat(pilot)


async def test_an_engine_that_dies_can_be_started_again_and_the_turn_rerolled(home: Path) -> None:
    engine = FakeEngine()
    engine.hold("scene", before=3)
    engines = FakeEngines(engine)
    async with running(home, engines) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "She laughed, and")
        engine.gone = True
        await see(pilot, "engine gone, F8 starts it")
        await wait_until(pilot, lambda: not converse(pilot).talk.busy)
        turn = converse(pilot).session.turn(1)
        assert (turn.candidates[0].draft, turn.candidates[0].scene) == (
            RESPONSE,
            "She laughed, and",
        )
        assert engines.starts == 0  # an engine that died is not started behind anybody's back
        engine.let_go("scene", before=3)
        await see(pilot, "F8 Start engine")
        await pilot.press("f8")
        await see(pilot, "nano · base")
        assert engines.starts == 1
        await pilot.press("alt+up", "r")
        await see(pilot, "2 of 2")
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)


async def test_without_an_engine_what_happened_is_saved_and_measured_later(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine) as pilot:
        await say(pilot, "Hello")
        engine.gone = True
        await see(pilot, "engine gone")
        await pilot.press("f2")
        await type_text(pilot, "She played it")
        await pilot.press("f2")
        await see(pilot, "what happened · neutral")
        with open_store(home) as store:
            assert triples.counts(store)["pending"] == 1
        assert "nats/token" not in flat(pilot)
        await pilot.press("f8")
        await see(pilot, "surprise 3.41 nats/token")


async def test_a_turn_left_without_an_answer_is_answered_on_coming_back(home: Path) -> None:
    nobody = FakeEngines(FakeEngine(), running=False)
    nobody.start = lambda home: None  # type: ignore[method-assign]
    async with running(home, nobody) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "gathering its words…")
    async with running(home, FakeEngine()) as pilot:
        await see(pilot, RESPONSE)


async def test_quitting_while_the_model_writes_ends_its_work_and_keeps_its_words(
    home: Path,
) -> None:
    engine = FakeEngine()
    engine.hold("scene", before=2)
    async with running(home, engine) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "She laughed,")
        speech = converse(pilot).talk.speech
        await pilot.press("ctrl+q")
        await wait_until(pilot, lambda: not pilot.app.is_running)
    assert speech is not None and speech.ended
    assert not [each for each in pilot.app.workers if each.group == "speak" and each.is_running]
    engine.let_go("scene", before=2)
    async with running(home, FakeEngine()) as pilot:
        await see(pilot, "She laughed,")
