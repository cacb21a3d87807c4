"""Help: every key of every place, those of the place where one is first, found by typing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tear_tui.app import TearApp
from tear_tui.places import names
from tear_tui.preferences.key_pages import written_into
from tear_tui.preferences.key_table import ANYWHERE, first_here, groups, own_keys, screens
from tear_tui.preferences.keymap import problems
from tear_tui.screens.help import HelpScreen, found_in, sections
from tests.app.fake_engine import FakeEngine
from tests.app.support import flat, running, see, type_text, wait_until


def test_no_place_and_no_key_of_one_is_missing() -> None:
    assert list(screens()) == list(names())
    found = {each.id for group in groups() for each in group.bindings}
    for name, screen in screens().items():
        assert {each.id for each in own_keys(screen)} <= found
        assert any(name in group.where for group in groups())
    assert {"app.help", "composer.send", "turn.reroll", "landing.hurt", "place.back"} <= found


def test_a_key_is_listed_once() -> None:
    owners = [group.owner for group in groups()]
    assert len(owners) == len(set(owners))
    ids = [each.id for group in groups() for each in group.bindings]
    assert len(ids) == len(set(ids)) and None not in ids


def test_the_keys_of_the_place_where_one_is_come_first() -> None:
    for name in names():
        found = first_here(groups(), name)
        here = [name in group.where for group in found]
        assert here == sorted(here, reverse=True) and here[0]
    assert any(ANYWHERE in group.where for group in first_here(groups(), "settings"))


def test_words_find_keys_and_their_headings() -> None:
    every = sections("converse")
    assert found_in(every, "") == every
    found = found_in(every, "LANDING mark")
    assert found and all("landing" in f"{title} {row}".casefold()
                         for title, keys in found for row in keys)  # fmt: skip
    assert found_in(every, "no key does this at all") == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_help_opens_anywhere_says_all_and_finds(home: Path, size: tuple[int, int]) -> None:
    async with running(home, FakeEngine(), size=size) as pilot:
        app = pilot.app
        assert isinstance(app, TearApp)
        for number, place in enumerate(names(), start=1):
            if size != (80, 24) and place not in ("converse", "settings"):
                continue
            await app.action_go_number(number)
            await pilot.press("f1")
            await wait_until(pilot, lambda: isinstance(app.screen, HelpScreen))
            assert isinstance(app.screen, HelpScreen)
            heading = first_here(groups(), place)[0].title
            await see(pilot, heading)
            await type_text(pilot, "quit")
            await see(pilot, "ctrl+q Quit; everything is kept")
            await type_text(pilot, " nothing has this name")
            await see(pilot, "No key does this.")
            await pilot.press("escape")
            await wait_until(pilot, lambda: not isinstance(app.screen, HelpScreen))


async def test_the_question_mark_opens_it_in_every_place(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        app = pilot.app
        assert isinstance(app, TearApp)
        await app.go("settings")
        await pilot.press("question_mark")
        await see(pilot, "in settings")
        assert "enter" in flat(pilot) and "Change this setting" in flat(pilot)
        await pilot.press("pagedown", "down", "pageup", "escape")
        await wait_until(pilot, lambda: not isinstance(app.screen, HelpScreen))


# --- the page about the app

PAGE = Path(__file__).parents[2] / "docs" / "app.md"


def test_the_page_has_the_keys_of_now() -> None:
    page = PAGE.read_text(encoding="utf-8")
    stale = "run `python -m tear_tui.preferences.key_pages docs/app.md`"
    assert page == written_into(page), stale
    assert "| p | Stand still at the next micro-batch | `learning.pause` |" in page
    with pytest.raises(ValueError, match="in this page"):
        written_into("no marks")


def test_the_keymap_on_the_page_can_be_used() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = re.search(r"\[keymap\]\n((?:\".*\n)+)", page)
    assert shown is not None
    keymap = dict(re.findall(r'"([^"]+)" = "([^"]+)"', shown[1]))
    assert keymap and problems(keymap, groups()) == {}


def test_every_place_has_a_picture_that_is_small_and_fetches_nothing() -> None:
    page = PAGE.read_text(encoding="utf-8")
    pictures = re.findall(r"\]\((images/[^)]+\.svg)\)", page)
    assert {f"images/{name}.svg" for name in names()} <= set(pictures)
    for picture in pictures:
        svg = (PAGE.parent / picture).read_text(encoding="utf-8")
        assert len(svg.encode()) <= 100_000, picture
        assert "@font-face" not in svg
        assert set(re.findall(r"https?://[^\"')\s]+", svg)) <= {"http://www.w3.org/2000/svg"}
