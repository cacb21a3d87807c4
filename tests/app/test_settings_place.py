"""The settings place: what is changed is written, counts, and what cannot be says why."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tear_core.settings import kinds, load_settings, user_file
from tear_tui.app import TearApp
from tear_tui.screens import settings_models
from tear_tui.screens.settings import SettingsScreen
from tear_tui.widgets.row_list import RowList
from tests.app.fake_engine import FakeEngine
from tests.app.support import (
    converse,
    flat,
    footer,
    named,
    running,
    say,
    see,
    type_text,
    wait_until,
)
from tests.app.support import screen as screen_text

SIZES = [(80, 24), (120, 40), (200, 50)]


def place(pilot: Pilot[int]) -> SettingsScreen:
    """The screen under test."""
    assert isinstance(pilot.app.screen, SettingsScreen)
    return pilot.app.screen


async def go(pilot: Pilot[int], setting: str) -> SettingsScreen:
    """Be at the settings, on one of them."""
    assert isinstance(pilot.app, TearApp)
    await pilot.app.go("settings", setting=setting)
    await wait_until(pilot, lambda: place(pilot).row.name == setting)
    return place(pilot)


async def change(pilot: Pilot[int], setting: str, *keys: str) -> None:
    """Open the value of a setting and press keys on it."""
    await go(pilot, setting)
    await pilot.press("enter")
    await wait_until(pilot, lambda: place(pilot).editor.is_open)
    await pilot.press(*keys)


def written() -> str:
    return user_file().read_text() if user_file().exists() else ""


@pytest.mark.parametrize("size", SIZES)
async def test_every_setting_is_there_with_its_help_and_where_it_is_from(
    home: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("tear.toml").write_text("rank = 8")
    monkeypatch.setenv("TEAR_ALPHA", "64")
    async with running(home, FakeEngine(), size=size, **vars(load_settings())) as pilot:
        screen = await go(pilot, "alpha")
        await see(pilot, "LoRA scale: the update is multiplied by alpha / rank.")
        await see(pilot, "set by the environment's TEAR_ALPHA")
        shown = {row.name: row for row in screen._rows}
        assert shown["rank"].source.kind == "project" and shown["alpha"].value == "64"
        assert shown.keys() == kinds().keys()
        await see(pilot, "8 project")
        assert not any("…" in line for line in screen_text(pilot).splitlines()[2:])


async def test_a_number_is_changed_in_place_and_counts_in_the_next_candidate(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine) as pilot:
        await change(pilot, "temperature", *"0.25", "enter")
        await see(pilot, "Written. It counts at once.")
        assert written() == "temperature = 0.25\n"
        assert stat.S_IMODE(user_file().stat().st_mode) == 0o600
        await pilot.press("escape")
        await say(pilot, "Hello")
        assert engine.requests[0].sampling.temperature == 0.25


async def test_a_refused_value_stays_with_its_reason_and_nothing_is_written(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await change(pilot, "rank", "end", "x", "enter")
        await see(pilot, "`rank` should be a valid integer, unable to parse")
        assert place(pilot).editor.is_open and "rank" not in written()
        await pilot.press("backspace", "backspace", "backspace", "0", "enter")
        await see(pilot, "`rank` should be greater than or equal to 1, not '0'.")
        await pilot.press("escape")
        await wait_until(pilot, lambda: not place(pilot).editor.is_open)
        assert place(pilot).shared.settings.rank == 16


async def test_choices_are_picked_and_order_and_blind_count_from_the_next_turn(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await change(pilot, "order", "down", "enter")
        await change(pilot, "blind", "down", "enter")
        await pilot.press("escape")
        await see(pilot, "order before")
        await say(pilot, "Hello")
        turn = converse(pilot).session.turn(1)
        assert (turn.order, turn.blind) == ("before", True)
        assert written() == 'order = "before"\nblind = true\n'


async def test_an_order_chosen_by_its_key_outlives_another_setting(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await pilot.press("ctrl+o")
        await change(pilot, "top_k", "backspace", "5", "enter")
        assert converse(pilot).facts.order == "before"


async def test_a_theme_is_seen_while_it_is_looked_at_and_given_back(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await change(pilot, "theme", "down")
        await wait_until(pilot, lambda: pilot.app.theme == "paper")
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.theme == "ink")
        await change(pilot, "theme", "down", "enter")
        await wait_until(pilot, lambda: not place(pilot).editor.is_open)
        assert pilot.app.theme == "paper" and written() == 'theme = "paper"\n'


async def test_what_a_flag_or_the_environment_says_is_not_pretended_to_be_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAR_RANK", "4")
    async with running(home, FakeEngine(), rank=4) as pilot:
        await go(pilot, "rank")
        await pilot.press("enter")
        await see(pilot, "`rank` is set by the environment's TEAR_RANK; unset that to set it here.")
        assert not place(pilot).editor.is_open and not written()


async def test_the_projects_file_has_the_last_word_and_can_be_chosen(home: Path) -> None:
    Path("tear.toml").write_text("# ours\nrank = 8  # small\n")
    async with running(home, FakeEngine(), rank=8) as pilot:
        await go(pilot, "rank")
        await pilot.press("enter")
        await see(pilot, "that file has the last word here")
        await pilot.press("f")
        await see(pilot, "tear.toml (the project's)")
        await change(pilot, "rank", "backspace", "4", "enter")
        await see(pilot, "Written.")
        assert Path("tear.toml").read_text() == "# ours\nrank = 4  # small\n"
        await pilot.press("x")
        await see(pilot, "16 default")


async def test_what_needs_another_engine_says_so_and_has_a_key(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ("a-long-name-" * 8)))
    engine = FakeEngine()
    async with running(home, engine) as pilot:
        await change(pilot, "dtype", "down", "enter")
        await see(pilot, "waits for the engine: r starts it again")
        await wait_until(pilot, lambda: "Restart" in named(pilot))
        assert max(key.right for key in footer(pilot)) <= 80
        await pilot.press("r")
        await wait_until(pilot, lambda: pilot.app.link.view.state == "ready" and not engine.gone)  # type: ignore[attr-defined]
        await wait_until(pilot, lambda: not place(pilot).waiting)


async def test_a_file_that_cannot_be_written_is_said_and_nothing_changes(home: Path) -> None:
    user_file().parent.parent.mkdir(parents=True, exist_ok=True)
    user_file().parent.write_text("a file where the folder should be")
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        await change(pilot, "top_p", "backspace", "7", "enter")
        await see(pilot, "config.toml cannot be written: ")
        assert "Errno" not in flat(pilot)
        assert place(pilot).shared.settings.top_p == 0.95


async def test_the_engine_is_told_to_read_the_settings_again(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine) as pilot:
        await wait_until(pilot, lambda: pilot.app.link.client is not None)  # type: ignore[attr-defined]
        await change(pilot, "learn_when", "home", "enter")
        await wait_until(pilot, lambda: engine.now.learn_when == "off")


async def test_models_are_offered_with_what_fits_and_a_folder_can_be_typed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tear_core.machine import Torch

    monkeypatch.setattr(settings_models, "ask_torch", lambda: Torch(version="2"))
    monkeypatch.setattr(settings_models, "memory", lambda: (8_000_000_000, 0))
    settings_models._torch.cache_clear()
    folder = Path("my model [x]")
    folder.mkdir()
    async with running(home, FakeEngine()) as pilot:
        await go(pilot, "base")
        await pilot.press("enter")
        await see(pilot, "Qwen/Qwen3-1.7B-Base 1.7 B 10.4 GB ✗ too big")
        await see(pilot, "nano 6.5 M 1.5 GB ✓ fits now")
        await pilot.press("down", "down")
        await see(pilot, "does not fit: about 10.4 GB in float32, of 8.0 GB")
        await see(pilot, "with quantize nf4 it would")
        await pilot.press("o")
        await type_text(pilot, str(folder))
        await pilot.press("enter")
        await see(pilot, "r starts it again")
        assert place(pilot).shared.settings.base == str(folder.resolve())
    settings_models._torch.cache_clear()


async def test_a_key_of_ones_own_is_pressed_refused_taken_and_given_back(home: Path) -> None:
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        await go(pilot, "keymap")
        await pilot.press("enter")
        await type_text(pilot, "take the response")
        await see(pilot, "F2 Take the response")
        await pilot.press("f2")
        await see(pilot, "Press the key for Take")
        await pilot.press("f1")
        await see(pilot, "Not this one: F1 is taken anywhere")
        await pilot.press("t")
        await see(pilot, "would be written into a box")
        await pilot.press("f12")
        await see(pilot, "* F12 Take the response")
        assert written() == '[keymap]\n"converse.take" = "f12"\n'
        await pilot.press("escape", "escape")
        await say(pilot, "Hello")
        converse(pilot).composer.focus()
        await pilot.press("f12")
        await wait_until(pilot, lambda: converse(pilot).session.turn(1).said is not None)
        await go(pilot, "keymap")
        await pilot.press("enter")
        await type_text(pilot, "take the response")
        await pilot.press("f4")
        await see(pilot, "F2 Take the response")
        assert written() == ""


async def test_hostile_values_are_harmless(home: Path) -> None:
    bad = "[/nope] \x1b]52;c;x\x07[@click=app.quit]x \u202eevil " + "x" * 3000
    async with running(home, FakeEngine(), revision=bad) as pilot:
        await go(pilot, "revision")
        await see(pilot, "[/nope]")
        await pilot.press("enter")
        await wait_until(pilot, lambda: place(pilot).editor.is_open)
        assert "\x1b" not in place(pilot).editor._line.value
        assert not any(ord(each) < 32 for each in flat(pilot))
        await pilot.press("escape")
        await pilot.resize_terminal(60, 12)
        await pilot.resize_terminal(200, 50)
        await see(pilot, "revision")


async def test_a_broken_file_is_said_and_the_screen_stands(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await go(pilot, "rank")
        user_file().parent.mkdir(parents=True, exist_ok=True)
        user_file().write_text("rank 8")
        await pilot.press("enter")
        await see(pilot, "is not TOML")
        assert user_file().read_text() == "rank 8"
        assert isinstance(place(pilot).list, RowList)
