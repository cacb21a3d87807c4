"""The footer, the help and the palette: they fit, and what they promise is so."""

from __future__ import annotations

from pathlib import Path

from textual.binding import Binding
from textual.pilot import Pilot

from tear_tui.app import TearApp
from tear_tui.screens.help import sections
from tests.app.fake_engine import FakeEngine, script
from tests.app.support import (
    converse,
    flat,
    footer,
    named,
    on_the_response,
    running,
    say,
    see,
    type_text,
    wait_until,
)


async def check_footer(pilot: Pilot[int], *names: str) -> None:
    """These are in the footer, all of it is inside the screen, and no key is there twice."""
    await wait_until(pilot, lambda: set(names) <= named(pilot))
    await pilot.pause()
    shown = footer(pilot)
    assert max(key.right for key in shown) <= pilot.app.size.width
    assert len({key.key for key in shown}) == len(shown)


async def test_the_footer_fits_into_80_columns_in_every_situation(home: Path) -> None:
    engine = FakeEngine(script("reflect"), script("reflect"))
    engine.hold("response")
    async with running(home, engine, order="reflect") as pilot:
        await check_footer(pilot, "Send", "New line", "Help", "Go to", "Quit")
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await check_footer(pilot, "Stop")
        engine.let_go("response")
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)
        await on_the_response(pilot)
        await check_footer(pilot, "Take", "Reroll", "Edit", "Beside", "Draft", "Drop", "Help")
        await pilot.press("e")
        await check_footer(pilot, "Foresee its scene", "Back")
        await pilot.press("escape", "a")
        await wait_until(pilot, lambda: converse(pilot).talk.can_take)
        await check_footer(pilot, "Take", "Only", "Other", "Draft", "Drop")
        await pilot.press("enter")
        await check_footer(pilot, "Save", "Landing", "Prediction", "Later")
        await pilot.press("tab")
        await check_footer(pilot, "Healed", "Neutral", "Hurt", "Save")
        await pilot.press("escape")
        await check_footer(pilot, "What happened", "Turns")
        await pilot.press("alt+up")
        await check_footer(pilot, "What happened", "Back")


async def test_an_engine_that_is_away_has_its_key_in_the_footer(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine) as pilot:
        await say(pilot, "Hello")
        engine.gone = True
        await check_footer(pilot, "Start engine", "Take")


async def test_help_lists_every_binding_with_a_tooltip(home: Path) -> None:
    async with running(home, FakeEngine(), size=(120, 50)) as pilot:
        await pilot.press("f1")
        await wait_until(pilot, lambda: pilot.app.screen is not converse(pilot))
        listed = [does for _, keys in sections(TearApp) for _, does in keys]
        assert "Write another candidate; this is kept" in listed
        await pilot.pause()
        assert "in converse" in "".join(
            strip.text for strip in pilot.app.screen._compositor.render_strips()
        )
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.screen is converse(pilot))


def test_every_binding_has_an_id_of_its_own_and_says_what_it_does() -> None:
    from tear_tui.app import TearApp
    from tear_tui.screens.converse import ConverseScreen
    from tear_tui.widgets.composer import Composer
    from tear_tui.widgets.landing import LandingRow
    from tear_tui.widgets.panels import AuthorPanel, EditPanel
    from tear_tui.widgets.transcript import Transcript

    places = (TearApp, ConverseScreen, Composer, Transcript, AuthorPanel, LandingRow, EditPanel)
    bindings = [
        each for place in places for each in vars(place)["BINDINGS"] if each.show or each.id
    ]
    assert all(isinstance(each, Binding) and each.id and each.tooltip for each in bindings)
    assert len({each.id for each in bindings}) == len(bindings)
    for alone in ["ctrl+b", "ctrl+a", "ctrl+s", "ctrl+z", "ctrl+i", "ctrl+m", "ctrl+h"]:
        assert alone not in {each.key for each in bindings}


async def test_the_palette_offers_what_can_be_done_now(home: Path) -> None:
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        titles = {each.title for each in pilot.app.get_system_commands(pilot.app.screen)}
        assert "witness: Order" in titles
        assert "turn: Take" not in titles
        await say(pilot, "Hello")
        titles = {each.title for each in pilot.app.get_system_commands(pilot.app.screen)}
        assert {"turn: Take", "turn: Reroll", "view: Theme", "app: Quit"} <= titles


async def test_order_and_blind_hold_from_the_next_turn_on(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine, size=(120, 40)) as pilot:
        await pilot.press("ctrl+o")
        await see(pilot, "the scene first, then the response")
        await pilot.press("f9")
        await see(pilot, "order before · blind")
        await say(pilot, "Hello")
        turn = converse(pilot).session.turn(1)
        assert (turn.order, turn.blind) == ("before", True)


async def test_ctrl_c_stops_the_model_and_only_a_second_one_quits(home: Path) -> None:
    engine = FakeEngine()
    engine.hold("draft", before=2)
    async with running(home, engine) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "held back, 2 tokens")
        await pilot.press("ctrl+c")
        await see(pilot, "Stopped")
        await wait_until(pilot, lambda: not converse(pilot).talk.busy)
        await pilot.press("ctrl+c")
        await see(pilot, "Ctrl+c again quits")
        await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: not pilot.app.is_running)


async def test_enter_sends_and_ctrl_j_makes_a_new_line(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await pilot.press("a", "ctrl+j", "b")
        assert converse(pilot).composer.text == "a\nb"
        await pilot.press("enter")
        await see(pilot, "a b")
        assert converse(pilot).session.turn(1).input == "a\nb"
        assert "alt" not in flat(pilot).split("Say something")[0]


async def test_a_chord_is_not_typed_into_the_box(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await pilot.press("a", "alt+h", "b")
        assert converse(pilot).composer.text == "ab"
