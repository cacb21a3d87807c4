"""What a long list does no more often than it must: read, and draw. Only counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult

from tear_core.store import open_store
from tear_tui.app import TearApp
from tear_tui.reviewing.review_queue import ReviewQueue
from tear_tui.widgets.filter_line import FilterLine
from tear_tui.widgets.paged_list import PagedList
from tests.app.fake_engine import FakeEngine
from tests.app.support import running, see, wait_until
from tests.app.triples_support import add, at_triples, find, the_place
from tests.store.many import fill


class Host(App[None]):
    """A filter line, alone."""

    def __init__(self, line: FilterLine) -> None:
        super().__init__()
        self.line = line
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.line

    def on_filter_line_settled(self, event: FilterLine.Settled) -> None:
        self.told.append(event.text)


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The screen's words after each picture that was drawn since."""
    drawn: list[str] = []
    real = TearApp.post_display_hook

    def look(self: TearApp) -> None:
        strips = self.screen._compositor.render_strips()
        drawn.append("\n".join(strip.text for strip in strips))
        real(self)

    monkeypatch.setattr(TearApp, "post_display_hook", look)
    return drawn


def under_the_cursor(picture: str) -> str:
    return next(line for line in picture.split("\n") if "›" in line)


async def test_a_page_down_is_one_picture_of_its_rows_and_of_where_they_are(
    home: Path, pictures: list[str]
) -> None:
    with open_store(home) as store:
        fill(store, 300)
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        await at_triples(pilot)
        await find(pilot, "")
        await see(pilot, "1 of 300")
        await pilot.press("pagedown", "pagedown")
        place = the_place(pilot)
        await wait_until(pilot, lambda: place._rest is None)
        await pilot.pause()
        pictures.clear()
        at = place.rows.cursor
        await pilot.press("pagedown")
        now = place.rows.cursor
        assert now > at
        for picture in pictures:  # the row under the cursor, and the number that is said
            where = now if f"{now + 1} of 300" in picture else at
            assert f"{where + 1} of 300" in picture
            assert f"input {299 - where} " in under_the_cursor(picture)


async def test_a_letter_of_a_search_is_one_reading_and_one_picture_of_rows_and_count(
    home: Path, pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(home) as store:
        fill(store, 300)
    asked: list[str] = []
    shown: list[int] = []
    real, show = ReviewQueue.reading, PagedList.show

    def reading(self: ReviewQueue) -> Callable[[], Callable[[int | None], int | None]]:
        asked.append(self.typed)
        return real(self)

    def showing(self: PagedList, count: int, *given: Any) -> None:
        shown.append(count)
        show(self, count, *given)

    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        place = await at_triples(pilot)
        await find(pilot, "kettle 12")
        await see(pilot, "1 of 11 · 300 in all")
        await pilot.press("slash", "backspace")  # it had put a space behind the words
        await wait_until(pilot, lambda: place._rest is None and not place._fresh)
        await pilot.pause()
        monkeypatch.setattr(ReviewQueue, "reading", reading)
        monkeypatch.setattr(PagedList, "show", showing)
        pictures.clear()
        await pilot.press("7")
        await see(pilot, "1 of 1 · 300 in all")
        assert (asked, shown) == (["kettle 127"], [1])
        before, after = "1 of 11 ", "1 of 1 "
        found = next(each for each in pictures if after in each)
        assert "input 127 " in found and "input 128 " not in found
        assert all(before in each for each in pictures[: pictures.index(found)])


async def test_the_first_letter_counts_at_once_and_what_comes_right_after_it_is_one_wish(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tear_tui.widgets.filter_line.REST", 3600.0)
    line = FilterLine("", lambda typed: None, "filter")
    app = Host(line)
    async with app.run_test(size=(60, 5)) as pilot:
        line.focus()
        await pilot.press("a")
        assert app.told == ["a"]
        await pilot.press("b", "c")
        assert app.told == ["a"]
        line._rested()
        await pilot.press("d")
        assert app.told == ["a", "abc", "abcd"]


async def test_one_reading_of_the_list_at_a_time_and_the_last_letter_counts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(home) as store:
        for word in ("river", "ribbon", "rain"):
            add(store, word)
    gate, readings = threading.Event(), []
    real = ReviewQueue.reading

    def slow(self: ReviewQueue) -> Callable[[], Callable[[int | None], int | None]]:
        readings.append(self.typed)
        read = real(self)

        def wait() -> Callable[[int | None], int | None]:
            gate.wait(30)
            return read()

        return wait

    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        await wait_until(pilot, lambda: place.rows.count == 3)
        monkeypatch.setattr(ReviewQueue, "reading", slow)
        await pilot.press("slash", "ctrl+u")
        await wait_until(pilot, lambda: len(readings) == 1)
        for letter in "rib":
            typed = letter
            await pilot.press(letter)
            await wait_until(pilot, lambda typed=typed: place.queue.typed.endswith(typed))  # type: ignore[misc]
        assert len(readings) == 1
        gate.set()
        await wait_until(pilot, lambda: place.rows.count == 1)
        assert readings == ["", "rib"]
