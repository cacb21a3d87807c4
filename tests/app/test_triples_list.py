"""The list itself: any number of rows, and only those that are looked at are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tear_core.store import open_store
from tear_tui.text.columns import Column, Row
from tear_tui.widgets.paged_list import PAGE, PAGES, PagedList
from tests.app.fake_engine import FakeEngine
from tests.app.support import running, screen, see, wait_until
from tests.app.triples_support import at_triples, find
from tests.store.many import fill

MANY = 1_000_000


class Host(App[None]):
    """A list of numbers, and every page that was read for it."""

    def __init__(self, count: int = MANY) -> None:
        super().__init__()
        self.count = count
        self.read: list[tuple[int, int]] = []
        self.moved: list[int] = []
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield PagedList([Column("number", 8, right=True), Column("words", 10, share=1)], "list")

    def on_mount(self) -> None:
        self.rows = self.query_one(PagedList)
        self.rows.moved = lambda: self.moved.append(self.rows.cursor)
        self.rows.show(self.count, self.page, nothing="Nothing is here.\nNor here.")
        self.rows.focus()

    def page(self, first: int, size: int) -> Sequence[Row]:
        self.read.append((first, size))
        return [Row([str(at), f"漢字 [b]{at}[/b] \x1b[31m"]) for at in range(first, first + size)]

    def on_paged_list_chosen(self, event: PagedList.Chosen) -> None:
        self.chosen.append(event.at)


def shown(pilot: Pilot[None]) -> list[str]:
    return screen(pilot).split("\n")  # type: ignore[arg-type]


async def test_a_million_rows_are_read_by_the_page_and_gone_through_by_keys() -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert app.read == [(0, PAGE)]
        assert shown(pilot)[0].split() == ["number", "words"]
        assert shown(pilot)[1].split() == ["›", "0", "漢字", "[b]0[/b]"]
        for keys, at in (
            (["j", "down", "k"], 1),
            (["pagedown"], 20),
            (["pageup"], 1),
            (["end"], MANY - 1),
            (["down", "pagedown"], MANY - 1),
            (["g"], 0),
            (["G", "up"], MANY - 2),
            (["home", "k", "pageup"], 0),
        ):
            await pilot.press(*keys)
            assert app.rows.cursor == at == app.moved[-1]
            assert any("›" in line and line.split()[1] == str(at) for line in shown(pilot))
        assert len(app.read) <= 5
        app.read.clear()
        await pilot.press(*["pagedown"] * 30)
        assert len(app.read) <= 30 * 19 // PAGE + 1


async def test_no_more_pages_are_kept_than_are_needed() -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        for at in range(0, 40 * PAGE, PAGE):
            app.rows.cursor = at
            await pilot.pause()
        assert len(app.rows._pages) == PAGES
        app.read.clear()
        app.rows.cursor = 30 * PAGE
        await pilot.pause()
        assert app.read == []
        app.rows.cursor = 0
        await pilot.pause()
        assert app.read == [(0, PAGE)]


async def test_what_is_shown_again_keeps_the_height_of_its_cursor() -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        app.rows.cursor = 500
        await pilot.press("k", "k", "k")
        line = next(at for at, text in enumerate(shown(pilot)) if "›" in text)
        app.rows.show(800, app.page, 300)
        await pilot.pause()
        assert "›" in shown(pilot)[line] and app.rows.cursor == 300
        app.rows.show(2, app.page, 300)
        await pilot.pause()
        assert app.rows.cursor == 1 and app.rows.scroll_offset.y == 0


async def test_an_empty_list_says_so_and_takes_every_key() -> None:
    app = Host(0)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press(*"jkgG", "pagedown", "pageup", "home", "end", "up", "down")
        assert app.rows.cursor == 0 and app.read == []
        assert [line.strip() for line in shown(pilot)[2:4]] == ["Nothing is here.", "Nor here."]


async def test_a_row_is_clicked_on_and_clicked_on_twice() -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.click(PagedList, offset=(10, 7))
        assert app.rows.cursor == 6
        await pilot.click(PagedList, offset=(10, 0))  # the header
        assert app.rows.cursor == 6
        await pilot.double_click(PagedList, offset=(10, 3))
        assert app.rows.cursor == 2 and app.chosen == [2]
        app.rows.scroll_to(y=100, animate=False)
        await pilot.pause()
        assert shown(pilot)[1].split()[0] == "100" and app.rows.cursor == 2
        await pilot.press("j")
        assert app.rows.scroll_offset.y <= 3 < app.rows.scroll_offset.y + 19


async def test_marks_the_cursor_and_a_lost_focus_are_seen_without_colour() -> None:
    app = Host(5)
    async with app.run_test(size=(60, 20)) as pilot:
        app.rows.marked = lambda at: at in (1, 2)
        app.rows.refresh()
        await pilot.press("j")
        lines = shown(pilot)
        assert [line[:2].strip() for line in lines[1:5]] == ["", "›●", "●", ""]
        app.set_focus(None)
        await pilot.pause()
        assert shown(pilot)[2].startswith("›●")


async def test_a_page_that_comes_back_short_leaves_empty_rows() -> None:
    app = Host(10)
    async with app.run_test(size=(60, 20)) as pilot:
        app.rows.show(10, lambda first, size: [Row(["1", "one"])])
        await pilot.press("end")
        assert shown(pilot)[10].strip() == "›"


async def test_it_fits_whatever_the_size_is() -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        app.rows.cursor = 700
        for width, height in ((10, 5), (3, 2), (200, 60), (60, 20)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert any("›" in line for line in shown(pilot))
            assert all(len(line) <= width for line in shown(pilot))


@pytest.mark.slow
async def test_a_hundred_thousand_triples_take_few_questions(home: Path) -> None:
    """Opening, paging, jumping and searching ask the database a bounded number of times."""
    with open_store(home) as store:
        fill(store, 100_000)
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        asked: list[str] = []

        def ours(sql: str) -> None:
            if not sql.startswith(("--", "PRAGMA")):
                asked.append(sql)

        place = await at_triples(pilot)
        await see(pilot, "1 of 60,000 · 100,000 in all")
        await find(pilot, "")
        await see(pilot, "1 of 100,000")
        store = place.shared.store
        store.connection.set_trace_callback(ours)

        async def questions(*keys: str) -> int:
            asked.clear()
            await pilot.press(*keys)
            await wait_until(pilot, lambda: place._rest is None)
            return len(asked)

        assert await questions("pagedown") <= 4
        assert await questions(*["pagedown"] * 12) <= 2 * 12 + 12 * 36 // PAGE + 4
        assert await questions(*["j"] * 10) <= 2 * 10 + 4
        assert await questions("end") <= 5  # the last rows lie in two pages
        await see(pilot, "100,000 of 100,000")
        await see(pilot, "input 0")
        assert await questions("home") <= 4
        texts = sum(len(row.cells[3]) for page in place.rows._pages.values() for row in page)
        assert texts < PAGES * PAGE * 240
        store.connection.set_trace_callback(None)
        await find(pilot, "input kettle 7777 whistled surprise:<1")
        await see(pilot, "1 of 1 · 100,000 in all")
