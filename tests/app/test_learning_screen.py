"""Learning: what the log and the engine say is on the screen, and the keys do what they say."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tear_core.engine import pausing
from tear_core.engine.client import EngineError
from tear_core.engine.messages import LearnRequest, Reply
from tear_core.settings import load_settings
from tear_core.store import Store, generations, learning_log, open_store, triples
from tear_core.triples import Triple
from tear_tui.app import TearApp, open_log
from tear_tui.conversing.conversation import keepable
from tear_tui.monitoring.learning import (
    Learning,
    against_the_base,
    seconds_left,
    stands_still,
    taken,
    tokens_per_second,
    unmeasured,
)
from tear_tui.monitoring.learning_words import Policy, duration, headline, policy, size
from tear_tui.screens.learning import LearningScreen
from tear_tui.text.chart_lines import Line, chart, resampled
from tests.app.fake_engine import FakeEngine, FakeEngines
from tests.app.support import flat, footer, named, running, see, wait_until
from tests.app.test_hostile_text import HOSTILE
from tests.store.made import generation
from tests.store.made_updates import add, begin, step

SIZES = [(80, 24), (120, 40), (200, 50)]


def at_work(**more: Any) -> FakeEngine:
    """An engine that is this process, and learns."""
    engine = FakeEngine()
    engine.set(pid=os.getpid(), learning={"event": "step", "step": 17, "steps": 24}, **more)
    return engine


async def go(pilot: Pilot[int]) -> LearningScreen:
    """To the learning place, by its keys."""
    await pilot.press("f5")
    await wait_until(pilot, lambda: "go to" in flat(pilot))
    await pilot.press("l")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, LearningScreen))
    found = pilot.app.screen
    assert isinstance(found, LearningScreen)
    await wait_until(pilot, lambda: found.is_mounted)
    return found


@pytest.fixture(autouse=True)
def steps_never_grow_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps here are written once, and a machine may be slow."""
    monkeypatch.setattr("tear_tui.monitoring.learning.QUIET", 1e6)


# --- the fold and the figures, without a screen


def test_steps_are_folded_in_order_and_once(store: Store) -> None:
    run = learning_log.begin(store, "nano", 0, ["a"])
    row = learning_log.get_run(store, run)
    now = taken(Learning(), row, [step(run, 1), step(run, 2)])
    assert [each.step for each in now.steps] == [1, 2]
    assert taken(now, row, [step(run, 2), step(run, 3)]).steps[2:] == (step(run, 3),)
    other = learning_log.get_run(store, learning_log.begin(store, "nano", 0, ["a"]))
    assert taken(now, other, [step("x", 1)]).steps == (step("x", 1),)
    assert taken(now, row, ()) == now


def test_pace_and_what_is_left_come_from_the_latest_steps() -> None:
    slow = [step("r", n, 40, seconds=9.0) for n in range(1, 5)]
    quick = [step("r", n, 40, seconds=0.5) for n in range(5, 21)]
    assert seconds_left([*slow, *quick]) == 10.0
    assert tokens_per_second([*slow, *quick]) == 1800.0
    assert seconds_left([]) is None and tokens_per_second([]) is None


def test_an_update_that_takes_no_step_is_being_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tear_tui.monitoring.learning.QUIET", 5.0)
    done = [step("r", n, 40, seconds=2.0, at="2026-03-02T08:30:00+00:00") for n in range(1, 5)]
    late = datetime(2026, 3, 2, 8, 30, 11, tzinfo=timezone.utc)
    assert stands_still(done, late) and not stands_still(done, late.replace(second=9))
    assert not stands_still([], late)


def test_what_the_base_was_surprised_by_need_not_be_measured_again(store: Store) -> None:
    from tear_core.store.surprises import Measured

    curve = [Measured("a", 3.0, 0), Measured("b", 2.0, 4), Measured("c", 2.5, 4)]
    assert against_the_base(curve, {"c": 3.5}) == ([3.0, 2.0, 2.5], [3.0, None, 3.5])
    assert unmeasured(curve, {"c": 3.5}) == ["b"]


def test_a_chart_has_its_highest_value_on_top_and_its_lowest_at_the_bottom() -> None:
    rows = chart([Line("up", [1.0, 2.0, 3.0]), Line("flat", [2.0] * 3, dotted=True)], 30, 6)
    text = ["".join(p if isinstance(p, str) else p[0] for p in row) for row in rows]
    assert text[0].startswith("3.00") and text[4].startswith("1.00")
    assert text[0].rstrip()[-1] in "⠉⠊⠁⠈⠃⠋⠔⠒⠤⡠⡐" and text[4][5] not in " "
    assert "─ up 3.00" in text[5] and "┄ flat 2.00" in text[5]
    assert all(len(line) <= 30 for line in text)


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (10, 3), (400, 60)])
def test_a_chart_is_drawn_in_any_room_of_any_values(size: tuple[int, int]) -> None:
    width, height = size
    for values in ([], [1.0], [math.nan, 2.0], [None, 1.0, None], [5.0] * 3, [1e9, -1e9] * 999):
        rows = chart([Line("a", values), Line("b", values, dotted=True)], width, height)
        assert len(rows) == height


def test_more_values_than_dots_are_averaged_and_fewer_are_joined() -> None:
    assert resampled([1.0, 3.0, 5.0, 7.0], 2) == [2.0, 6.0]
    assert resampled([1.0, 3.0], 3) == [1.0, 2.0, 3.0]
    assert resampled([4.0], 3) == [4.0] * 3
    assert resampled([1.0, None, None, 4.0], 4) == [1.0, None, None, 4.0]


def test_policies_times_and_sizes_in_words() -> None:
    assert policy(Policy("off")) == "only when asked"
    assert policy(Policy("after", 1)) == "after each scene"
    assert policy(Policy("after", 5)) == "after 5 new scenes"
    assert policy(Policy("idle", 1, 7.5)).endswith("in 7.5 s")
    assert [duration(s) for s in (0.2, 80, 600, 9000)] == ["1 s", "80 s", "10 min", "2 h 30 min"]
    assert (size(312_400_000), size(1_540_000_000)) == ("312 MB", "1.5 GB")


# --- live


@pytest.mark.parametrize("size", SIZES)
async def test_an_update_in_hand_is_shown_with_all_its_figures(
    home: Path, size: tuple[int, int]
) -> None:
    with open_store(home) as store:
        ids = add(store, 3)
        begin(store, home, ids, 17)
    async with running(home, at_work(pending=3, memory_bytes=345_000_000), size=size) as pilot:
        await go(pilot)
        await see(pilot, "● learning · step 17 of 24 · at most 4 s left")
        await see(pilot, "λ 0.30 · 1,800 tokens/s · 345 MB · from the base")
        await see(pilot, "learns after each scene")
        await see(pilot, "consequence 1.10")
        await see(pilot, "response 2.33")
        await see(pilot, "step 17: 2 new, 1 replayed")
        await see(pilot, "new neutral I play the piano 0 → She")
        await see(pilot, "in hand, step 17 of 24")
        assert {"Pause", "Stop", "When"} <= named(pilot)
        assert not {"Learn now", "Resume", "Start engine"} & named(pilot)


async def test_new_steps_come_onto_the_screen_as_they_are_taken(home: Path) -> None:
    with open_store(home) as store:
        ids = add(store, 3)
        run = begin(store, home, ids, 1)
        async with running(home, at_work()) as pilot:
            screen = await go(pilot)
            await see(pilot, "step 1 of 24")
            learning_log.append(store, step(run, 2))
            await see(pilot, "step 2 of 24")
            assert [each.step for each in screen.learning.steps] == [1, 2]
            learning_log.end(store, run, "stopped")
            await see(pilot, "stopped after 2 of 24 steps")


async def test_an_update_in_another_process_is_followed_from_the_log(home: Path) -> None:
    """`tear-tui train` in another terminal: nobody here but the log knows of it."""
    with open_store(home) as store:
        begin(store, home, add(store, 3), 5)
    engine = FakeEngine()
    engine.set(pid=1)
    async with running(home, engine) as pilot:
        await go(pilot)
        await see(pilot, f"● learning · step 5 of 24 · at most 10 s left · process {os.getpid()}")
        assert "Stop" not in named(pilot)


async def test_pause_resume_and_stop_are_asked_of_the_engine(home: Path) -> None:
    with open_store(home) as store:
        begin(store, home, add(store, 3), 5)
    engine = at_work()
    async with running(home, engine) as pilot:
        await go(pilot)
        await see(pilot, "● learning")
        await pilot.press("p")
        await see(pilot, "‖ paused · step 5 of 24")
        await wait_until(pilot, lambda: "Resume" in named(pilot))
        assert engine.now.paused and "Pause" not in named(pilot)
        await pilot.press("p")
        await see(pilot, "● learning")
        assert not engine.now.paused
        await pilot.press("s")
        await wait_until(pilot, lambda: engine.stops == 1)
        await see(pilot, "It stops after this step")


async def test_learn_now_is_there_when_something_waits(home: Path) -> None:
    with open_store(home) as store:
        add(store, 2)
    engine = FakeEngine()
    asked: list[LearnRequest] = []

    def learn(request: LearnRequest) -> Iterator[Reply]:
        asked.append(request)
        yield {"event": "error", "message": "it did not stay finite", "hint": "lower the rate"}

    engine.learn = learn  # type: ignore[method-assign]
    async with running(home, engine) as pilot:
        await go(pilot)
        await see(pilot, "○ idle · 2 scenes wait to be learned")
        await wait_until(pilot, lambda: "Learn now" in named(pilot))
        await pilot.press("l")
        await see(pilot, "Nothing was published: it did not stay finite. lower the rate")
        assert len(asked) == 1 and asked[0].limit is None


async def test_a_policy_is_chosen_written_down_and_read_by_the_engine(home: Path) -> None:
    engine = FakeEngine()
    async with running(home, engine) as pilot:
        await go(pilot)
        await see(pilot, "learns after each scene")
        await pilot.press("w")
        await see(pilot, "when nobody has asked for anything")
        await pilot.press("down", "9", "0", "enter")
        await see(pilot, "learns when nobody has asked for anything in 90 s")
        assert (engine.now.learn_when, engine.now.learn_idle_seconds) == ("idle", 90.0)
        assert load_settings().learn_when == "idle"
        await pilot.press("w", "up")
        await wait_until(pilot, lambda: "scenes" in flat(pilot))
        await pilot.press("0", "enter")
        await see(pilot, "greater than or equal to 1")
        await pilot.press("backspace", "4", "enter")
        await see(pilot, "learns after 4 new scenes")
        await pilot.press("w", "down", "down", "enter")
        await see(pilot, "learns only when asked")
    assert load_settings().learn_after == 4


async def test_a_policy_that_something_stronger_decides_is_not_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAR_LEARN_WHEN", "off")
    engine = FakeEngine()
    engine.set(learn_when="off")
    async with running(home, engine, size=(120, 40)) as pilot:
        await go(pilot)
        await pilot.press("w", "up", "up", "enter")
        await see(pilot, "TEAR_LEARN_WHEN")
        assert "learns only when asked" in flat(pilot)


# --- afterwards


async def test_past_updates_are_listed_and_looked_at_again(home: Path) -> None:
    with open_store(home) as store:
        ids = add(store, 3)
        for outcome, why in (("stopped", ""), ("failed", "it did not stay finite"), ("", "")):
            run = learning_log.begin(store, "nano", 0, ids)
            learning_log.append(store, step(run, 1, 6, response_loss=None, consequence_loss=7.25))
            if outcome:
                learning_log.end(store, run, outcome, why)  # type: ignore[arg-type]
        run = learning_log.begin(store, "nano", 0, ids)
        learning_log.append(store, step(run, 4, 6, consequence_loss=1.5))
        row = generations.publish(store, generation(store), ids[:1], ids[1:])
        learning_log.end(store, run, "published", generation=row.number)
    async with running(home, FakeEngine(live=1), size=(200, 50)) as pilot:
        screen = await go(pilot)
        await see(pilot, "generation 1")
        await see(pilot, "stopped after 1 of 6 steps")
        await see(pilot, "failed: it did not stay finite")
        await see(pilot, "its process died after 1 of 6 steps")
        await see(pilot, "consequence 1.50")
        await pilot.press("down")
        await see(pilot, "consequence 7.25")
        assert "response 2" not in flat(pilot)
        await pilot.press("up")
        await see(pilot, "consequence 1.50")
        await wait_until(pilot, lambda: "Generation" in named(pilot))
        assert screen.learning.result is not None and screen.learning.result.number == 1


async def test_the_gate_s_findings_are_on_the_screen(home: Path) -> None:
    from dataclasses import replace

    probe = {
        "verdict": "fail",
        "why": "the consequence loss rose",
        "rules": [
            {"passed": True, "words": "plain English costs 2% more"},
            {"passed": False, "words": "scenes cost 2.31 nats more"},
        ],
    }
    with open_store(home) as store:
        ids = add(store, 2)
        run = learning_log.begin(store, "nano", 0, ids)
        row = replace(generation(store), verdict="fail", gate={"probe": probe})
        number = generations.publish(store, row, ids, []).number
        learning_log.end(store, run, "refused", "the consequence loss rose", number)
    async with running(home, FakeEngine()) as pilot:
        await go(pilot)
        await see(pilot, "generation 1, refused")
        await see(pilot, "gate: fail the consequence loss rose")
        await see(pilot, "✗ scenes cost 2.31 nats more")
        await see(pilot, "2 scenes wait to be learned (tried before, so not by itself)")


async def test_the_base_is_measured_at_the_scenes_it_has_not_seen(home: Path) -> None:
    with open_store(home) as store:
        ids = add(store, 6)
        for name in ids:
            triples.record_surprise(store, name, 2.0, 9, 3)
    engine = FakeEngine()
    engine.surprise_is = 3.75
    async with running(home, engine) as pilot:
        await go(pilot)
        await see(pilot, "as it was 2.00 ┄ the base 3.75")
        await wait_until(pilot, lambda: sum(len(r.triples) for r in engine.scored) == 6)
        assert {r.generation for r in engine.scored} == {"base"}
        assert max(len(r.triples) for r in engine.scored) <= 4


# --- the engine is away, and other trouble


async def test_an_engine_that_dies_while_it_learns_is_missed_and_started_again(
    home: Path,
) -> None:
    with open_store(home) as store:
        ids = add(store, 2)
        begin(store, home, ids, 3)
        engines = FakeEngines(at_work())
        async with running(home, engines) as pilot:
            await go(pilot)
            await see(pilot, "● learning")
            (home / "learner.pid").unlink()
            engines.engine.gone = True
            await see(pilot, "○ not learning · the engine is not running; F8 starts it")
            await see(pilot, "its process died after 3 of 24 steps")
            await wait_until(pilot, lambda: "Start engine" in named(pilot))
            engines.engine.set(learning=None)
            await pilot.press("f8")
            await see(pilot, "○ idle")
            assert engines.starts == 1


async def test_a_pause_without_an_engine_is_written_down_all_the_same(home: Path) -> None:
    with open_store(home) as store:
        begin(store, home, add(store, 2), 3)
    engine = FakeEngine()
    engine.gone = True
    async with watching(home, engine) as pilot:
        await see(pilot, "● learning")
        await pilot.press("p")
        await see(pilot, "‖ paused")
        assert pausing.is_paused(home)
        await pilot.press("p")
        await see(pilot, "● learning")
        assert not pausing.is_paused(home)


async def test_what_the_engine_refuses_is_said(home: Path) -> None:
    engine = at_work()

    def refuse() -> None:
        raise EngineError("it cannot be paused now", "try again")

    engine.pause_learning = refuse  # type: ignore[method-assign]
    with open_store(home) as store:
        begin(store, home, add(store, 2), 3)
    async with running(home, engine) as pilot:
        await go(pilot)
        await see(pilot, "● learning")
        await pilot.press("p")
        await see(pilot, "it cannot be paused now. try again")


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_is_harmless_here(home: Path, size: tuple[int, int]) -> None:
    with open_store(home) as store:
        ids = [
            triples.add(
                store,
                Triple(keepable(text), "a", keepable(text)),
                source="test",
                status="pending",
            )[0].id
            for text in HOSTILE.values()
        ]
        run = begin(store, home, ids, 1)
        learning_log.append(store, step(run, 2, new_ids=tuple(ids)))
    engine = at_work(message="[/INST] \x1b]52;c;aGk=\x07")
    async with running(home, engine, size=size) as pilot:
        await go(pilot)
        await see(pilot, f"step 2: {len(set(ids))} new, 0 replayed")
        drawn = "".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        assert "\x1b" not in drawn and "\x07" not in drawn and "\u202e" not in drawn


async def test_every_key_fits_into_80_columns(home: Path) -> None:
    with open_store(home) as store:
        ids = add(store, 2)
        run = learning_log.begin(store, "nano", 0, ids)
        learning_log.append(store, step(run, 1))
        row = generations.publish(store, generation(store), [], [])
        learning_log.end(store, run, "published", generation=row.number)
    async with running(home, FakeEngine()) as pilot:
        await go(pilot)
        await wait_until(pilot, lambda: {"Generation", "Learn now", "When"} <= named(pilot))
        assert max(key.right for key in footer(pilot)) <= 80


async def test_hidden_it_looks_at_nothing(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        screen = await go(pilot)
        await pilot.press("escape")
        await wait_until(pilot, lambda: not screen.is_current)
        assert screen._looks is not None and not screen._looks._active.is_set()
        await go(pilot)
        await wait_until(
            pilot, lambda: screen._looks is not None and screen._looks._active.is_set()
        )


# --- alone, beside a long run


def watching(home: Path, engine: FakeEngine) -> Any:
    """The app as `tear-tui monitor` opens it."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def watch() -> Any:
        engines = FakeEngines(engine)
        with open_store(home) as store:
            app = TearApp(
                home,
                load_settings(),
                open_log(store),
                connect=engines.connect,
                start=engines.start,
                at="learning",
                may_start=False,
            )
            async with app.run_test(size=(80, 24)) as pilot:
                await wait_until(pilot, lambda: isinstance(app.screen, LearningScreen))
                yield pilot
                assert engines.starts == 0
                app.leave()

    return watch()


async def test_opened_alone_it_starts_no_engine(home: Path) -> None:
    engine = FakeEngine()
    engine.gone = True
    async with watching(home, engine) as pilot:
        await see(pilot, "the engine is not running; F8 starts it")


def test_the_headline_says_whose_turn_it_is() -> None:
    from tear_tui.engine_link import EngineView

    def said(**view: Any) -> str:
        parts = headline(Learning(), EngineView(**view), False)
        return "".join(part if isinstance(part, str) else part[0] for part in parts)

    assert "starting" in said(state="starting")
    assert "loading" in said(state="loading")
    assert "no model at /x" in said(state="failed", problem="no model at /x")
    assert "nothing waits" in said(state="ready")


@pytest.mark.parametrize("size", [(80, 24), (160, 44)])
def test_the_learning_place_looks_as_it_did(
    home: Path, size: tuple[int, int], snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tear_tui.monitoring.learning_words.moment", lambda at: "03-02 08:30")
    with open_store(home) as store:
        ids = add(store, 8)
        for number, name in enumerate(ids):
            triples.record_surprise(store, name, 3 + math.sin(number) / 2, 9, 0)
        old = learning_log.begin(store, "nano", 0, ids[:4])
        learning_log.append(store, step(old, 6))
        learning_log.end(store, old, "stopped")
        begin(store, home, ids, 17)
        engines = FakeEngines(at_work(pending=8, memory_bytes=345_000_000))
        app = TearApp(
            home,
            load_settings(),
            open_log(store),
            connect=engines.connect,
            start=engines.start,
            at="learning",
        )

        async def settle(pilot: Pilot[int]) -> None:
            await see(pilot, "● learning · step 17 of 24")
            await wait_until(pilot, lambda: "Stop" in named(pilot))

        assert snap_compare(app, terminal_size=size, run_before=settle)
