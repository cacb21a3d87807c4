"""What the screen does no more often than it must: lay out, style, mount, import. Only counts."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen
from textual.widget import Widget

from tear_core.store import open_store
from tear_core.turn import Event, fold
from tear_tui.app import TearApp
from tear_tui.conversing.choosing import Choice
from tear_tui.conversing.looks import Writing, Written
from tear_tui.screens.converse import ConverseScreen
from tear_tui.text import pacing
from tear_tui.text.windowing import FEW, STEP, enough
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.plain import Plain
from tear_tui.widgets.transcript import Transcript
from tear_tui.widgets.turn_view import TurnView
from tests.app.fake_engine import FakeEngine
from tests.app.support import converse, flat, running, see, wait_until
from tests.app.test_long_and_pictured import write_session

WORDS = 100
Counts = Counter[str]


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """How often the screen was laid out, and a widget styled."""
    counted: Counts = Counter()

    def count(owner: type, name: str) -> None:
        real = getattr(owner, name)

        def counting(self: Any, *given: Any, **named: Any) -> Any:
            counted[name] += 1
            return real(self, *given, **named)

        monkeypatch.setattr(owner, name, counting)

    count(Compositor, "reflow")
    count(Stylesheet, "apply")
    return counted


class Host(App[None]):
    """One widget, alone."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


# --- words that come


async def test_a_text_that_grows_is_laid_out_once_a_row_and_not_once_a_word(
    counts: Counts,
) -> None:
    plain = Plain()
    async with Host(plain).run_test(size=(60, 40)) as pilot:
        await pilot.pause()
        counts.clear()
        for number in range(1, WORDS + 1):
            plain.show("words " * number)
            await pilot.pause()
        rows = plain.outer_size.height
        assert rows == len("words " * WORDS) // 60
        assert rows - 1 <= counts["reflow"] <= rows + 1
        shown = pilot.app.screen._compositor.render_strips()
        assert shown[rows - 1].text.rstrip().endswith("words")


async def test_a_text_that_shrinks_gives_its_rows_back(counts: Counts) -> None:
    plain = Plain()
    async with Host(plain).run_test(size=(60, 40)) as pilot:
        plain.show("words " * WORDS)
        await wait_until(pilot, lambda: plain.outer_size.height == 10)
        plain.show("a word")
        await wait_until(pilot, lambda: plain.outer_size.height == 1)
        await pilot.pause()
        counts.clear()
        plain.show("a word")
        await pilot.pause()
        assert not counts


async def test_a_scene_that_streams_lays_the_talk_out_once_a_row(counts: Counts) -> None:
    transcript = Transcript()
    facts = {"candidate": 0, "text": "A month is early.", "generation": 0, "tokens": 4}
    turns = fold(
        [
            Event("input", 1, {"text": "I play badly.", "order": "after"}),
            Event("draft", 1, facts),
        ]
    ).turns
    async with Host(transcript).run_test(size=(80, 60)) as pilot:
        for number in range(WORDS + 1):
            sections = {"scene": Written("words " * number, number)}
            transcript.show(turns, Choice(), Writing(0, "scene", sections))  # type: ignore[arg-type]
            await pilot.pause()
            if number == 0:
                counts.clear()
        scene = pilot.app.query_one(".scene", Plain)
        assert scene.outer_size.height >= 8
        assert counts["reflow"] <= scene.outer_size.height + 1
        assert counts["apply"] == 0


# --- the keys in the last row


class Keys(App[None]):
    """Three keys, of which one comes and goes."""

    BINDINGS = [  # noqa: RUF012
        Binding("a", "first", "First", tooltip="The first of them"),
        Binding("b", "second", "Second"),
        Binding("c", "third", "Third"),
    ]
    there = True
    pressed: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield KeyFooter()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.there or action != "second"

    def action_first(self) -> None:
        self.pressed += ("first",)

    def action_third(self) -> None:
        self.pressed += ("third",)


def names(app: Keys) -> list[str]:
    return [key.description for key in app.query_one(KeyFooter).keys]


async def test_other_keys_cost_no_layout_and_no_widget(counts: Counts) -> None:
    app = Keys()
    async with app.run_test(size=(60, 5)) as pilot:
        await wait_until(pilot, lambda: "Second" in names(app))  # type: ignore[arg-type]
        await pilot.pause()
        counts.clear()
        for number in range(10):
            app.there = number % 2 == 1
            app.screen.refresh_bindings()
            await wait_until(pilot, lambda: ("Second" in names(app)) == app.there)  # type: ignore[arg-type]
        assert not counts
        last = app.screen._compositor.render_strips()[-1].text
        assert last.startswith("a First b Second c Third")


async def test_a_key_in_the_last_row_can_be_clicked_on_and_says_what_it_is_for() -> None:
    app = Keys()
    app.there = False
    async with app.run_test(size=(60, 5), tooltips=True) as pilot:
        await wait_until(pilot, lambda: names(app)[:2] == ["First", "Third"])  # type: ignore[arg-type]
        row = app.query_one(KeyFooter)
        third = next(key for key in row.keys if key.description == "Third")
        await pilot.click(KeyFooter, offset=(third.right - 1, 0))
        await pilot.click(KeyFooter, offset=(1, 0))
        await pilot.click(KeyFooter, offset=(55, 0))  # nothing stands there
        await wait_until(pilot, lambda: app.pressed == ("third", "first"))  # type: ignore[arg-type]
        await pilot.hover(KeyFooter, offset=(2, 0))
        await wait_until(pilot, lambda: row.tooltip == "The first of them")  # type: ignore[arg-type]
        await pilot.hover(KeyFooter, offset=(55, 0))
        await wait_until(pilot, lambda: row.tooltip is None)  # type: ignore[arg-type]


# --- a turn, and a key in it


async def test_a_key_typed_into_the_composer_lays_nothing_out(home: Path, counts: Counts) -> None:
    with open_store(home) as store:
        write_session(store, 30)
    async with running(home, FakeEngine()) as pilot:
        await see(pilot, "30 times a day")
        await wait_until(pilot, lambda: len(converse(pilot).query(TurnView)) == STEP)
        await pilot.press("a")
        await pilot.pause()
        counts.clear()
        for letter in "bcdefghij":
            await pilot.press(letter)
        assert converse(pilot).composer.text == "abcdefghij"
        assert not counts


async def test_while_somebody_types_the_models_words_come_right_after_a_key(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "BETWEEN_KEYS", 600.0)  # somebody types all the time
    monkeypatch.setattr(pacing, "SLOWEST", 600.0)
    flushed: list[str] = []
    real = ConverseScreen._flush

    def flush(self: ConverseScreen) -> None:
        flushed.append(self.composer.text)
        real(self)

    monkeypatch.setattr(ConverseScreen, "_flush", flush)
    engine = FakeEngine()
    engine.hold("scene", before=6)
    async with running(home, engine) as pilot:
        screen = converse(pilot)
        await pilot.press("H", "i", "enter")
        await wait_until(pilot, lambda: engine.tokens_written > 6)
        await pilot.pause()
        for typed in ("a", "ab", "abc"):
            await wait_until(pilot, lambda: time.monotonic() >= screen._due)
            await pilot.press(typed[-1])
            await wait_until(pilot, lambda: flushed[-1:] == [typed])  # noqa: B023
        assert [each for each in flushed if each] == ["a", "ab", "abc"]
        assert "She laughed" in flat(pilot)


# --- the first picture


async def test_the_first_picture_waits_for_what_it_shows_and_nothing_else(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(home) as store:
        write_session(store, 30)
    found: list[tuple[int, bool, bool]] = []
    real = TearApp.post_display_hook

    def look(self: TearApp) -> None:
        screen = self.screen
        if isinstance(screen, ConverseScreen) and screen.drawn and not found:
            asked = self.link.client is not None
            found.append((len(screen.transcript.query(TurnView)), asked, screen.judging))
        real(self)

    monkeypatch.setattr(TearApp, "post_display_hook", look)
    async with running(home, FakeEngine()) as pilot:
        screen = converse(pilot)
        await wait_until(pilot, lambda: screen.judging and screen.link.client is not None)
        await wait_until(pilot, lambda: len(screen.transcript.query(TurnView)) == STEP)
    assert found == [(enough(24), False, False)]


async def test_the_first_picture_is_of_the_first_screen_and_it_is_styled_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(home) as store:
        write_session(store, 30)
    styled: list[str] = []
    real = TearApp.update_styles

    def note(self: TearApp, node: Any, **given: Any) -> None:
        if isinstance(node, Screen) and not self._seen:
            styled.append(type(node).__name__)
        real(self, node, **given)

    monkeypatch.setattr(TearApp, "update_styles", note)
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        await see(pilot, "30 times a day")
        assert {"-wide", "-tall"} <= converse(pilot).classes
        assert styled == ["ConverseScreen"]  # when it is shown
        assert pilot.app._screen_stacks.keys() == {"converse"}
        await pilot.resize_terminal(80, 24)
        await wait_until(pilot, lambda: {"-narrow", "-short"} <= converse(pilot).classes)
        assert not {"-wide", "-tall"} & converse(pilot).classes


async def test_the_turns_of_the_first_picture_are_laid_out_once_all_together(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(home) as store:
        write_session(store, 30)
    laid_out: list[int] = []
    real = Transcript.arrange

    def arrange(self: Transcript, *given: Any, **named: Any) -> Any:
        if not self.screen.was_seen:  # type: ignore[attr-defined]
            laid_out.append(len(self.query(".scene")))
        return real(self, *given, **named)

    monkeypatch.setattr(Transcript, "arrange", arrange)
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        await see(pilot, "30 times a day")
        await wait_until(pilot, lambda: converse(pilot).was_seen)
    turns = enough(40)
    assert set(laid_out) == {0, turns}, "all of them, or none"
    assert laid_out.count(turns) <= 2  # a picture asks twice: how tall it is all, and what is where


async def test_the_turns_out_of_view_come_a_few_at_a_time(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(home) as store:
        write_session(store, 30)
    shown: list[int] = []
    real: Callable[..., None] = Transcript._mount_views

    def mount(self: Transcript, turns: Any) -> None:
        shown.append(len(turns))
        real(self, turns)

    monkeypatch.setattr(Transcript, "_mount_views", mount)
    async with running(home, FakeEngine()) as pilot:
        await wait_until(pilot, lambda: shown[-1] == STEP)
        steps = sorted(set(shown))
        assert steps[0] == enough(24)
        assert all(more - less <= FEW for less, more in pairwise(steps))
        assert "30 times a day" in flat(pilot)


PROGRAM = """
import asyncio, sys
from pathlib import Path
from tear_tui.entrance import open_store, open_log, TearApp, load_settings

def look(self, real=TearApp.post_display_hook):
    if not self._seen and self.screen is self.converse and self.converse.drawn:
        print(*sorted(sys.modules))
    real(self)

async def main(home):
    TearApp.post_display_hook = look
    with open_store(home) as store:
        app = TearApp(home, load_settings(), open_log(store), may_start=False)
        async with app.run_test():
            while not app._seen:
                await asyncio.sleep(0.02)
            app.leave()

asyncio.run(main(Path(sys.argv[1])))
"""
LATER = {
    *("httpx", "tear_core.evaluate", "tear_core.evaluate.anti_judge", "tear_core.store.undoing"),
    *("tear_core.store.forgetting", "tear_core.store.deciding", "tear_core.store.lineage"),
    *("tear_tui.preferences.keymap", "tear_tui.preferences.key_table", "tear_tui.cli"),
    *(f"tear_tui.screens.{name}" for name in ("choose", "pick", "samples", "provenance", "help")),
    *(f"tear_tui.screens.{name}" for name in ("triples", "learning", "generations", "settings")),
    *(f"tear_tui.screens.{name}" for name in ("replay", "palette", "go_to", "place", "copy_out")),
    *("tear_tui.conversing.provenance", "tear_tui.conversing.more_scenes", "tear_tui.tty.editor"),
    *("typer", "pydantic"),
}


def test_the_first_picture_imports_only_what_is_on_it(home: Path) -> None:
    with open_store(home) as store:
        write_session(store, 3)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(home)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    loaded = set(done.stdout.split())
    assert "tear_tui.screens.converse" in loaded
    assert not loaded & LATER
