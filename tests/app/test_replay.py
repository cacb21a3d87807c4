"""Replay: a session as it happened, moved through by every key, and its scenes beside today's."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.pilot import Pilot

from tear_core.engine.client import EngineError
from tear_core.engine.messages import Sampling
from tear_core.settings import Settings
from tear_core.store import Store, forgetting, generations, open_store, sessions
from tear_core.turn import Event
from tear_tui.app import TearApp, open_log
from tear_tui.screens.replay import ReplayScreen
from tear_tui.screens.replay_keys import FILM
from tear_tui.widgets.scrubber import Scrubber
from tear_tui.widgets.turn_view import TurnView
from tests.app.fake_engine import FakeEngine, FakeEngines, script
from tests.app.recorded import THEN, at, keep, lived, written
from tests.app.support import converse, flat, footer, named, running, see, wait_until
from tests.app.test_hostile_text import HOSTILE
from tests.store.made import generation, pending_triple

FIVE = [event for turn in range(1, 6) for event in lived(turn, turn * 100)]
NOW = script(scene="She smiled, and stood up, and played the first four bars of it loudly.")
SIZES = [(80, 24), (120, 40), (200, 50)]
MOSTLY_WORST = [
    pytest.param(name, marks=pytest.mark.slow if number else ())
    for number, name in enumerate(HOSTILE)
]


def replay(pilot: Pilot[int]) -> ReplayScreen:
    """The screen under test."""
    screen = pilot.app.screen
    assert isinstance(screen, ReplayScreen)
    return screen


@asynccontextmanager
async def replaying(
    home: Path, engine: FakeEngine | None = None, turn: int = 1, **how: Any
) -> AsyncIterator[Pilot[int]]:
    """The last session of this home in replay, standing still at a turn's beginning."""
    with open_store(home) as store:
        latest = sessions.latest(store)
    assert latest is not None
    async with running(home, engine or FakeEngine(), new=True, **how) as pilot:
        app = pilot.app
        assert isinstance(app, TearApp)
        await app.go("replay", session=latest.id, turn=turn)
        await wait_until(pilot, lambda: replay(pilot).view == FILM)
        if replay(pilot).playing:
            await pilot.press("space")
        replay(pilot).seek(replay(pilot).recording.starts(turn))  # type: ignore[union-attr]
        await pilot.pause()
        yield pilot


async def footer_fits(pilot: Pilot[int], *names: str) -> None:
    """These are in the footer, and all of it is inside the screen."""
    await wait_until(pilot, lambda: set(names) <= named(pilot))
    await pilot.pause()
    assert max(key.right for key in footer(pilot)) <= pilot.app.size.width
    assert len({key.key for key in footer(pilot)}) == len(footer(pilot))


@pytest.fixture
def five(store: Store) -> str:
    return keep(store, FIVE)


# --- choosing


@pytest.mark.parametrize("size", SIZES)
async def test_a_session_is_chosen_from_a_list_and_plays(
    home: Path, store: Store, five: str, size: tuple[int, int]
) -> None:
    for number in range(30):
        keep(store, lived()[:1], f"Other {number}")
    async with running(home, FakeEngine(), size=size) as pilot:
        await pilot.press("alt+2")
        await see(pilot, "Other 29")
        await footer_fits(pilot, "Replay", "Back")
        await pilot.press(*"piano")
        await wait_until(pilot, lambda: "Other" not in flat(pilot))
        await pilot.press("enter")
        await see(pilot, "I play badly, 1 times a day.")
        await see(pilot, "6 min 28 s of waiting left out")
        assert replay(pilot).playing
        await see(pilot, "draft held back")
        assert "Which song was it" not in flat(pilot)
        await pilot.press("end")
        await see(pilot, "Which song was it, 5?")
        await wait_until(pilot, lambda: not replay(pilot).playing)
        await footer_fits(pilot, "Play", "Turn", "Then/now", "Open", "Sessions", "Back")
        await pilot.press("s", "down", "up")
        await footer_fits(pilot, "Replay")


async def test_a_home_without_sessions_says_so(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await pilot.press("alt+2")
        await see(pilot, "There is no such session.")
        await pilot.press("enter", "escape")
        await wait_until(pilot, lambda: pilot.app.screen is converse(pilot))


async def test_a_session_that_is_not_there_is_a_line(home: Path, five: str) -> None:
    async with replaying(home) as pilot:
        await pilot.app.go("replay", session="01NOBODY")  # type: ignore[attr-defined]
        await see(pilot, "Not opened: there is no session '01NOBODY'")


# --- moving


async def test_every_key_that_moves_moves(home: Path, five: str) -> None:
    async with replaying(home) as pilot:
        screen = replay(pilot)
        recording = screen.recording
        assert recording is not None
        await pilot.press("full_stop")
        assert screen.at == recording.beats[1].happens
        await see(pilot, "draft held back, 5 tokens")
        await pilot.press("full_stop", "full_stop")
        await see(pilot, "Which song was it, 1?")
        await pilot.press("comma")
        assert screen.at == recording.beats[2].happens
        await pilot.press("right_square_bracket")
        assert screen.at == recording.starts(2)
        await see(pilot, "turn 2 of 5 · the model gathers its words")
        await pilot.press("left_square_bracket")
        assert screen.at == 0
        await pilot.press("m")
        assert screen.at == recording.marks[0].at
        await see(pilot, "what happened is saved (healed)")
        await pilot.press("m", "M")
        assert screen.at == recording.marks[0].at
        await pilot.press("home", "right")
        assert screen.at == pytest.approx(5.0)
        await pilot.press("left", "left")
        assert screen.at == 0
        await pilot.press("g", "4", "enter")
        await wait_until(pilot, lambda: screen.at == recording.starts(4))
        await pilot.press("g", "9", "enter")
        await pilot.pause()
        assert pilot.app.screen is not screen  # there is no turn 9: it still asks
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("plus", "plus", "plus", "plus")
        assert screen.speed == 8
        await see(pilot, "×8")
        await pilot.press(*["minus"] * 9)
        assert screen.speed == 0.5


async def test_playing_goes_to_the_end_and_begins_again(home: Path, store: Store) -> None:
    keep(store, lived()[:4])
    async with replaying(home) as pilot:
        screen = replay(pilot)
        await pilot.press(*["plus"] * 4, "space")
        await see(pilot, THEN)
        await wait_until(pilot, lambda: not screen.playing)
        assert screen.recording is not None and screen.at == screen.recording.seconds
        await pilot.press(*["minus"] * 4, "space")
        assert screen.playing and screen.at < screen.recording.seconds
        await pilot.press("full_stop")
        assert not screen.playing  # a step stands still


async def test_the_mouse_moves_the_head(home: Path, five: str) -> None:
    async with replaying(home, size=(100, 30)) as pilot:
        screen = replay(pilot)
        assert screen.recording is not None
        scrubber = pilot.app.screen.query_one(Scrubber)
        start, width = scrubber._track
        x, y = scrubber.content_region.x + start, scrubber.region.y
        await pilot.click(offset=(x + width - 1, y))
        assert screen.at == pytest.approx(screen.recording.seconds)
        await pilot.mouse_down(offset=(x + width // 2, y))
        await pilot.hover(offset=(x + width // 4, y))
        await pilot.mouse_up(offset=(x + width // 4, y))
        assert screen.at == pytest.approx(screen.recording.seconds / 4, rel=0.05)
        await pilot.hover(offset=(x + width - 1, y))
        assert screen.at == pytest.approx(screen.recording.seconds / 4, rel=0.05)


async def test_a_hidden_replay_stands_still_and_goes_on_when_it_is_back(
    home: Path, five: str
) -> None:
    async with replaying(home) as pilot:
        screen = replay(pilot)
        await pilot.press("space", "f1")
        await wait_until(pilot, lambda: pilot.app.screen is not screen)
        await pilot.pause(0.1)
        stood = screen.at
        await pilot.pause(0.5)
        assert screen.at == stood
        await pilot.press("escape")
        await wait_until(pilot, lambda: screen.at > stood)


async def test_a_resize_at_any_moment(home: Path, five: str) -> None:
    async with replaying(home, turn=3) as pilot:
        for width, height in [(200, 50), (40, 10), (120, 40), (80, 24)]:
            await pilot.resize_terminal(width, height)
            await pilot.press("full_stop")
            await see(pilot, "turn 3 of 5")
        await pilot.press("c")
        await see(pilot, "then · generation 2")
        await pilot.resize_terminal(200, 50)
        await see(pilot, "now · base, live")


# --- what happened, as it was


async def test_a_blind_turn_is_veiled_until_it_was_authored(home: Path, store: Store) -> None:
    keep(store, lived(blind=True))
    async with replaying(home) as pilot:
        await pilot.press(*["full_stop"] * 4)
        await see(pilot, "veiled until you save")
        assert THEN not in flat(pilot) and "░" in flat(pilot)
        await pilot.press("full_stop")
        await see(pilot, "She did.")
        await see(pilot, THEN)


async def test_a_blind_turn_that_is_not_authored_yet_is_not_compared(
    home: Path, store: Store
) -> None:
    keep(store, lived(blind=True)[:5])
    engine = FakeEngine()
    async with replaying(home, engine) as pilot:
        await pilot.press("end", "c")
        await see(pilot, "its scene stays veiled until you write what happened")
        assert THEN not in flat(pilot)
        assert not engine.requests


async def test_old_empty_dropped_and_broken_sessions(home: Path, store: Store) -> None:
    old = [Event(each.kind, 1, {"text": "old words", "candidate": 0}) for each in lived()[:4]]
    dropped = [*lived()[:1], written(2, "draft", 1, "one", 1.0, stopped="cancelled")]
    logs = {
        "old": old,
        "empty": [],
        "dropped": [*dropped, at(3, "cancel"), *lived(2, 10)],
        "broken": [*lived()[:2], at(9, "author", 1, triple="T", consequence="x", landing="hurt")],
    }
    names = {name: keep(store, events, name) for name, events in logs.items()}
    async with running(home, FakeEngine(), new=True) as pilot:
        for name, seen in [
            ("old", "old words"),
            ("empty", "Nothing has happened yet."),
            ("dropped", "Which song was it, 2?"),
            ("broken", "event 3 of 3 breaks the log"),
        ]:
            await pilot.app.go("replay", session=names[name])  # type: ignore[attr-defined]
            await wait_until(
                pilot, lambda name=name: getattr(replay(pilot).recording, "title", "") == name
            )
            await pilot.press(
                "c", "end", *"..,,mM[]", "space", "space", "up", "down", "home", "end"
            )
            await see(pilot, seen)


async def test_two_thousand_turns_open_at_once_and_are_there_a_few_at_a_time(
    home: Path, store: Store
) -> None:
    keep(store, [event for turn in range(1, 2001) for event in lived(turn, turn * 100)])
    async with replaying(home, turn=1500) as pilot:
        await see(pilot, "I play badly, 1500 times a day.")
        screen = replay(pilot)
        assert len(screen.query(TurnView)) <= 13
        for key in ("end", "home", "end", "left", "right", "home"):
            await pilot.press(key)
        await see(pilot, "I play badly, 1 times a day.")
        await wait_until(pilot, lambda: len(screen.query(TurnView)) <= 2)


async def test_the_turns_on_the_screen_can_be_walked_and_more_of_them_come(
    home: Path, store: Store
) -> None:
    keep(store, [event for turn in range(1, 31) for event in lived(turn, turn * 100)])
    async with replaying(home) as pilot:
        await pilot.press("end")
        await see(pilot, "I play badly, 30 times a day.")
        await pilot.press("up", "up", "up")
        assert replay(pilot).turn_in_view == 28
        await pilot.press(*["k"] * 10)
        await wait_until(pilot, lambda: len(replay(pilot).query(TurnView)) == 30)
        await pilot.press("pageup", "pagedown", "j")
        await pilot.press("end")
        await wait_until(pilot, lambda: len(replay(pilot).query(TurnView)) == 12)


async def test_a_session_that_has_grown_is_there_with_all_of_it(
    home: Path, store: Store, five: str
) -> None:
    async with replaying(home) as pilot:
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.screen is converse(pilot))
        sessions.append(store, five, Event("input", 6, {"text": "And now?"}))
        await pilot.press("alt+2", "end")
        await see(pilot, "And now?")


@pytest.mark.parametrize("name", MOSTLY_WORST)
async def test_hostile_words_do_no_harm(home: Path, store: Store, name: str) -> None:
    text = HOSTILE[name]
    events = [
        at(0, "input", 1, text=text),
        *(written(n, k, 1, f"{text} {k}", 1.0) for n, k in ((2, "draft"), (4, "scene"))),
        written(4, "response", 1, f"{text} draft"),
        at(5, "edit", 1, candidate=1, text=text, of=0),
        written(7, "scene", 1, text, 1.0, candidate=1, base=text),
        at(8, "take", 1, candidate=0),
        at(9, "author", 1, triple=text, consequence=text, landing=text),
    ]
    keep(store, events, text.replace("\0", "").encode("utf-8", "replace").decode())
    engine = FakeEngine(script(scene=text + " today"))
    engine.set(base=text, message=text)
    async with replaying(home, engine) as pilot:
        for key in (*["full_stop"] * 8, "home", "right", "end", "c"):
            await pilot.press(key)
            await pilot.pause()
            drawn = flat(pilot)
            assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in drawn)
        await wait_until(pilot, lambda: not replay(pilot).now.writing)
        await pilot.press("less_than_sign", "escape", "s")
        await see(pilot, "last used")


# --- then beside now


async def test_then_beside_now_says_what_differs_and_which_surprises_more(
    home: Path, five: str
) -> None:
    engine = FakeEngine(NOW, live=3)
    engine.surprise_is = 2.0
    async with replaying(home, engine, turn=2, size=(120, 40)) as pilot:
        await pilot.press("c")
        await see(pilot, "then · generation 1")
        await see(pilot, "now · generation 3, live")
        await see(pilot, "She [-laughed-], and [-sat down again-], and")
        await see(pilot, "She {+smiled+}, and {+stood up+}, and")
        await see(pilot, "of it {+loudly+}.")
        await see(pilot, "surprise 3.25 (generation 1)")
        await see(pilot, "What happened surprises it less by 1.25 nats/token.")
        (asked,) = engine.requests
        assert (asked.seed, asked.sampling, asked.generation) == (7, Sampling(), "live")
        assert asked.response == "Which song was it, 2?"
        assert [past.input for past in asked.context] == ["I play badly, 1 times a day."]
        (scored,) = engine.scored
        assert scored.triples[0].consequence == "She did." and scored.generation == "3"
        await footer_fits(pilot, "Generation", "Turn", "Open", "Back")


async def test_a_surprise_that_the_log_does_not_have_is_measured_today(
    home: Path, store: Store
) -> None:
    keep(store, [event for event in FIVE if event.kind != "surprise"])
    engine = FakeEngine(NOW, live=3)
    engine.surprise_is = 2.0
    async with replaying(home, engine, turn=2, size=(80, 24)) as pilot:
        await pilot.press("c")
        await see(pilot, "surprise 2.00 (measured today)")
        await see(pilot, "What happened surprises it as much as then.")
        assert [each.generation for each in engine.scored] == ["3", "1"]


async def test_any_generation_can_be_asked_and_any_turn(
    home: Path, store: Store, five: str
) -> None:
    for parent in (None, 1):
        kept = pending_triple(store, f"scene {parent}")
        generations.publish(store, generation(store, parent=parent), [kept.id], [])
    engine = FakeEngine(live=2)
    async with replaying(home, engine, turn=2) as pilot:
        await pilot.press("c")
        await see(pilot, "now · generation 2, live")
        await footer_fits(pilot, "Generation", "Back")
        for key, title in [
            ("less_than_sign", "now · generation 2 "),
            ("left", "now · generation 1"),
            ("b", "now · base"),
            ("less_than_sign", "now · generation 2, live"),
            ("right", "now · base"),
            ("l", "now · generation 2, live"),
        ]:
            await pilot.press(key)
            await wait_until(pilot, lambda: not replay(pilot).now.writing)
            await see(pilot, title.strip())
        assert [asked.generation for asked in engine.requests] == [
            "live", "2", "1", "base", "live", "base", "live",
        ]  # fmt: skip
        await pilot.press("right_square_bracket")
        await see(pilot, "turn 3")
        await pilot.press(*["right_square_bracket"] * 4)
        await see(pilot, "There is no other turn with something to compare.")
        await see(pilot, "turn 5")


async def test_a_turn_in_which_nothing_was_said_is_not_compared(home: Path, store: Store) -> None:
    keep(store, [*lived()[:3], at(9, "cancel"), *lived(2, 100)])
    async with replaying(home) as pilot:
        await pilot.press("c")
        await see(pilot, "Nothing was said in turn 1: it was dropped.")
        assert replay(pilot).view == FILM
        await pilot.press("end", "c")
        await see(pilot, "then · generation 1")
        await pilot.press("left_square_bracket")
        await see(pilot, "There is no other turn")


async def test_what_is_being_foreseen_stops_when_nobody_wants_it_any_more(
    home: Path, five: str
) -> None:
    engine = FakeEngine()
    engine.hold("scene", before=2)
    async with replaying(home, engine) as pilot:
        await pilot.press("c")
        await see(pilot, "foreseeing…")
        await see(pilot, "She laughed,")
        first = engine.requests[0].request_id
        await pilot.press("b")
        await wait_until(pilot, lambda: first in engine.cancelled)
        await wait_until(pilot, lambda: len(engine.requests) == 2)
        await pilot.press("escape")
        await wait_until(pilot, lambda: engine.requests[1].request_id in engine.cancelled)
        assert replay(pilot).view == FILM
        engine.let_go("scene", before=2)


async def test_an_engine_that_is_gone_is_a_message_and_a_key(home: Path, five: str) -> None:
    engine = FakeEngine()
    engines = FakeEngines(engine)
    async with replaying(home, engines) as pilot:  # type: ignore[arg-type]
        engine.gone = True
        await pilot.press("c")
        await see(pilot, "the engine does not answer any more")
        await footer_fits(pilot, "Start engine")
        await pilot.press("r")
        await see(pilot, "F8 starts it")
        await pilot.press("f8")
        await see(pilot, "15 of 15 words are the same.")
        assert engines.starts == 1


async def test_a_surprise_that_cannot_be_measured_is_said(home: Path, five: str) -> None:
    engine = FakeEngine()
    engine.surprise_is = EngineError("that is too long", "shorten it")
    async with replaying(home, engine) as pilot:
        await pilot.press("c")
        await see(pilot, "The surprise was not measured: that is too long.")
        await see(pilot, "15 of 15 words are the same.")


# --- elsewhere


async def test_the_conversation_opens_at_the_turn_in_view(
    home: Path, store: Store, five: str
) -> None:
    async with replaying(home, turn=3) as pilot:
        keep(store, lived(), "Another")
        await pilot.press("o")
        await wait_until(pilot, lambda: pilot.app.screen is converse(pilot))
        assert converse(pilot).session.session_id == five
        await wait_until(pilot, lambda: converse(pilot).transcript.cursor == 3)


async def test_a_fork_begins_with_the_turns_up_to_the_one_in_view(
    home: Path, store: Store, five: str
) -> None:
    async with replaying(home, turn=3) as pilot:
        await pilot.press("f")
        await wait_until(pilot, lambda: pilot.app.screen is converse(pilot))
        await wait_until(pilot, lambda: converse(pilot).session.session_id != five)
        assert len(converse(pilot).session.turns) == 3
    assert len(sessions.conversation(store, five).turns) == 5


async def test_a_session_that_is_deleted_meanwhile_is_shown_and_leads_nowhere(
    home: Path, store: Store, five: str
) -> None:
    async with replaying(home, turn=3) as pilot:
        forgetting.delete(store, five, with_triples=False)
        await pilot.press("right_square_bracket")
        await see(pilot, "turn 4 of 5")
        await pilot.press("f")
        await see(pilot, f"Not forked: there is no session '{five}'")
        await pilot.press("o")
        await see(pilot, f"there is no session '{five}'")
        await pilot.app.go("converse")  # type: ignore[attr-defined]
        await pilot.app.go("replay")  # type: ignore[attr-defined]
        await see(pilot, "Not read again: there is no session")
        await see(pilot, "turn 4 of 5")


async def test_whatever_is_pressed_nothing_is_written(home: Path, store: Store, five: str) -> None:
    def everything() -> list[tuple[Any, ...]]:
        tables = ("events", "triples", "sessions", "generations", "text_drafts")
        return [
            tuple(row) for t in tables for row in store.connection.execute(f"SELECT * FROM {t}")
        ]

    before = everything()
    engine = FakeEngine()
    async with replaying(home, engine) as pilot:
        for key in "twreadinpyxzq":
            await pilot.press(key)
        await pilot.press("enter", "f2", "f4", "f9", "tab", "space", "end", "home", "m", "plus")
        assert not engine.requests
        await pilot.press("c", "enter", "f2", "b", "w", "t", "escape")
        await wait_until(pilot, lambda: not replay(pilot).now.writing)
    assert everything() == before


def test_every_binding_has_an_id_of_its_own_and_says_what_it_does() -> None:
    from tear_tui.screens.ask_turn import AskTurn
    from tear_tui.screens.place import PlaceScreen
    from tear_tui.screens.replay_keys import OFFERS, WHERE
    from tear_tui.widgets.session_chooser import FindBox, SessionChooser

    places = (PlaceScreen, ReplayScreen, AskTurn, SessionChooser, FindBox)
    bindings = [
        each for place in places for each in vars(place)["BINDINGS"] if each.show or each.id
    ]
    assert all(isinstance(each, Binding) and each.id and each.tooltip for each in bindings)
    assert len({each.id for each in bindings}) == len(bindings)
    for action in (*WHERE, *(offer[2] for offer in OFFERS)):
        assert hasattr(ReplayScreen, f"action_{action}")


@pytest.mark.skipif(bool(os.environ.get("NO_SNAPSHOTS")), reason="asked not to compare pictures")
@pytest.mark.parametrize(("view", "size"), [("film", (80, 24)), ("compare", (120, 40))])
def test_the_replay_looks_as_it_did(
    home: Path, store: Store, five: str, snap_compare: Any, view: str, size: tuple[int, int]
) -> None:
    engines = FakeEngines(FakeEngine(NOW, live=3))
    log = open_log(store)
    app = TearApp(home, Settings(), log, connect=engines.connect, start=engines.start)

    async def before(pilot: Any) -> None:
        await wait_until(pilot, lambda: app.link.view.state == "ready")
        await app.go("replay", session=five, turn=3)
        await wait_until(pilot, lambda: replay(pilot).view == FILM)
        replay(pilot).playing = False
        replay(pilot).notice("")
        replay(pilot).seek(replay(pilot).recording.starts(3) + 5.1)  # type: ignore[union-attr]
        await see(pilot, "the scene is foreseen")
        if view == "compare":
            await pilot.press("c")
            await see(pilot, "What happened surprises it")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)
