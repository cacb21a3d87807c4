"""Rerolls, alternatives, edits and cancelling: nothing that was written is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.fake_engine import RESPONSE, SCENE, FakeEngine, script
from tests.app.support import (
    converse,
    flat,
    on_the_response,
    running,
    say,
    screen,
    see,
    type_text,
    wait_until,
)

SECOND = "What would it sound like if it were allowed to be terrible?"
SECOND_SCENE = "He waited, and she did not close the lid."


def two() -> FakeEngine:
    return FakeEngine(script(), script(response=SECOND, scene=SECOND_SCENE))


async def test_a_reroll_is_another_candidate_and_the_first_one_is_kept(home: Path) -> None:
    async with running(home, two()) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await pilot.press("r")
        await see(pilot, SECOND)
        await see(pilot, "2 of 2")
        assert RESPONSE not in flat(pilot)
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)
        await pilot.press("<")
        await see(pilot, RESPONSE)
        assert "1 of 2" in flat(pilot)
        await pilot.press(">", "enter")
        await see(pilot, "What really happened")
        turn = converse(pilot).session.turn(1)
        assert [each.words for each in turn.candidates] == [RESPONSE, SECOND]
        assert turn.said is not None and turn.said.words == SECOND


@pytest.mark.parametrize(("size", "beside"), [((120, 40), True), ((80, 40), False)])
async def test_an_alternative_stands_beside_the_first_one_with_its_own_scene(
    home: Path, size: tuple[int, int], beside: bool
) -> None:
    async with running(home, two(), size=size) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await pilot.press("a")
        await see(pilot, SECOND_SCENE)
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)
        for words in (RESPONSE, SCENE, SECOND, SECOND_SCENE, "▸ model · base · 2 of 2"):
            await see(pilot, words)
        rows = [row for row in screen(pilot).splitlines() if "A month is such" in row]
        assert ("What would it" in rows[0]) == beside
        await pilot.press("left")
        await see(pilot, "▸ model · base · 1 of 2")
        await pilot.press("enter")
        await see(pilot, "What really happened")
        assert SECOND not in flat(pilot)
        said = converse(pilot).session.turn(1).said
        assert said is not None and said.words == RESPONSE


async def test_closing_one_of_two_leaves_the_chosen_one(home: Path) -> None:
    async with running(home, two(), size=(120, 40)) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await pilot.press("a")
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)
        await pilot.press("o")
        await wait_until(pilot, lambda: RESPONSE not in flat(pilot))
        assert SECOND in flat(pilot)


async def test_an_edit_is_a_new_candidate_and_its_scene_is_foreseen(home: Path) -> None:
    engine = two()
    async with running(home, engine) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await pilot.press("e")
        await see(pilot, "Say it in your words")
        await pilot.press("ctrl+end")
        await type_text(pilot, " Truly.")
        engine.hold("scene")
        await pilot.press("f2")
        await wait_until(pilot, lambda: len(engine.requests) == 2)
        assert engine.requests[1].response == f"{RESPONSE} Truly."
        await see(pilot, "your words")  # they are nobody's to hold back
        assert f"{RESPONSE} Truly." in flat(pilot)
        engine.let_go("scene")
        await see(pilot, SECOND_SCENE)
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)
        await pilot.press("f2")
        turn = converse(pilot).session.turn(1)
        assert turn.candidates[0].words == RESPONSE
        assert turn.said is not None and turn.said.edited
        assert turn.said.scene == SECOND_SCENE


async def test_escape_stops_the_model_and_keeps_what_it_wrote(home: Path) -> None:
    engine = FakeEngine()
    engine.hold("scene", before=5)
    async with running(home, engine) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "She laughed, and sat down")
        await pilot.press("escape")
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)
        assert engine.cancelled == {engine.requests[0].request_id}
        candidate = converse(pilot).session.turn(1).candidates[0]
        assert candidate.scene == "She laughed, and sat down"
        assert candidate.facts["scene"]["stopped"] == "cancelled"
        await see(pilot, "cut short")
        await pilot.press("escape")
        await see(pilot, "Dropped")
        assert converse(pilot).composer.text == "Hello"
        assert converse(pilot).session.turn(1).phase == "cancelled"
        assert "She laughed" not in flat(pilot)


async def test_escape_in_the_draft_keeps_the_words_so_far(home: Path) -> None:
    engine = FakeEngine()
    engine.hold("draft", before=4)
    async with running(home, engine) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "held back, 4 tokens")
        assert "month" not in flat(pilot)
        await pilot.press("escape")
        await see(pilot, "A month is such")
        assert converse(pilot).session.turn(1).candidates[0].draft == "A month is such"


async def test_an_engine_that_does_not_hear_the_stop_is_left_to_itself(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tear_tui.screens.speaking.STOPPING", 0.05)
    engine = FakeEngine()
    engine.hold("scene", before=2)
    engine.cancel = lambda request_id: None  # type: ignore[method-assign]
    async with running(home, engine) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "She laughed,")
        await pilot.press("escape")
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)
        candidate = converse(pilot).session.turn(1).candidates[0]
        assert (candidate.draft, candidate.scene) == (RESPONSE, "She laughed,")


async def test_dropping_a_turn_does_not_cost_what_is_being_typed(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await pilot.press("tab")
        await type_text(pilot, "and now")
        await pilot.press("escape")
        await see(pilot, "Dropped")
        assert converse(pilot).composer.text == "Hello\nand now"


async def test_keys_that_come_with_the_response_still_go_to_the_composer(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tear_tui.screens.converse.GRACE", 60.0)
    async with running(home, FakeEngine()) as pilot:
        await say(pilot, "Hello")
        await wait_until(pilot, lambda: pilot.app.focused is converse(pilot).transcript)
        await pilot.press("enter", "t", "r", "e")
        await wait_until(pilot, lambda: converse(pilot).composer.text == "tre")
        turn = converse(pilot).session.turn(1)
        assert (turn.phase, len(turn.candidates)) == ("previewed", 1)


async def test_the_response_does_not_take_the_keys_from_somebody_who_types(home: Path) -> None:
    engine = FakeEngine()
    engine.hold("scene", before=3)
    async with running(home, engine) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "She laughed, and")
        await type_text(pilot, "next")
        engine.let_go("scene", before=3)
        await see(pilot, "F2 takes it")
        assert pilot.app.focused is converse(pilot).composer
        await pilot.press("enter")
        await see(pilot, "This turn is still open")
        assert converse(pilot).composer.text == "next"
        await pilot.press("f2")
        await see(pilot, "What really happened")
