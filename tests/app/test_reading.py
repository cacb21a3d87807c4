"""Reading a conversation: found words, copies, provenance, and several scenes for one draft."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from textual.message import Message
from textual.pilot import Pilot

from tear_core.engine.client import EngineError
from tear_core.store import generations, open_store, sessions, triples
from tear_tui.screens.choose import ChooseScreen
from tear_tui.screens.samples import SamplesScreen
from tear_tui.tty import clipboard
from tear_tui.widgets.turn_view import TurnView
from tests.app.fake_engine import RESPONSE, SCENE, FakeEngine, script
from tests.app.support import (
    converse,
    flat,
    on_the_response,
    running,
    say,
    see,
    wait_until,
    witness,
)
from tests.app.test_long_and_pictured import write_session
from tests.store.made import generation

OTHERS = ("He waited in the hall.", "She laughed, and went home.")


def styles_of(pilot: Pilot[int], words: str) -> list[str]:
    """How each place with these words is drawn, row by row."""
    return [
        str(segment.style)
        for strip in pilot.app.screen._compositor.render_strips()
        for segment in strip
        if segment.text == words
    ]


# --- finding


async def test_words_are_found_in_turns_that_are_not_on_the_screen(home: Path) -> None:
    with open_store(home) as store:
        write_session(store, 300)
    async with running(home, FakeEngine()) as pilot:
        await see(pilot, "300 times a day")
        await pilot.press("ctrl+f", *"BADLY, 7 ")
        await see(pilot, "1 of 1")
        await see(pilot, "7 times a day")
        transcript = converse(pilot).transcript
        assert len(transcript.query(TurnView)) <= 150 and transcript.cursor == 7
        await wait_until(pilot, lambda: bool(styles_of(pilot, "badly, 7 ")))
        assert all("reverse" in each for each in styles_of(pilot, "badly, 7 "))
        await pilot.press("ctrl+end")
        await see(pilot, "300 times a day")


async def test_n_and_N_step_through_what_was_found_and_esc_ends_the_search(home: Path) -> None:
    with open_store(home) as store:
        write_session(store, 3)
    async with running(home, FakeEngine()) as pilot:
        await see(pilot, "3 times a day")
        await pilot.press("alt+up", "slash", *"she did")
        await see(pilot, "2 of 2")  # the last of them; the third turn is not witnessed
        await pilot.press("enter")
        await wait_until(pilot, lambda: pilot.app.focused is converse(pilot).transcript)
        assert converse(pilot).transcript.cursor == 2
        await pilot.press("N")
        await see(pilot, "“she did”: 1 of 2")
        assert converse(pilot).transcript.cursor == 1
        await pilot.press("n", "n")
        await see(pilot, "1 of 2")
        await pilot.press("escape")
        await wait_until(pilot, lambda: not converse(pilot).found.words)
        assert not styles_of(pilot, "She did")
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.focused is converse(pilot).composer)


async def test_what_is_nowhere_is_said_and_a_veiled_scene_is_not_found(home: Path) -> None:
    async with running(home, FakeEngine(), blind=True) as pilot:
        await say(pilot, "Hello")
        await pilot.press("f2", "escape", "ctrl+f", *"laughed")
        await see(pilot, "“laughed” is nowhere in this conversation")
        await pilot.press("enter", "escape")
        await wait_until(pilot, lambda: not converse(pilot).find_line.display)
        assert converse(pilot).session.turn(1).phase == "responded"


async def test_ending_a_search_on_the_open_turn_does_not_drop_it(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await pilot.press("slash", *"hello", "enter")
        await see(pilot, "1 of 1")
        await pilot.press("escape")
        await wait_until(pilot, lambda: not converse(pilot).found.words)
        assert converse(pilot).session.turn(1).phase == "previewed"


# --- copying


class Clipboard:
    """Stands for the programs of a desktop; `there` are those that are installed."""

    def __init__(self, *there: str) -> None:
        self.there, self.copied = there, {}  # type: ignore[var-annotated]

    def which(self, name: str) -> str | None:
        return name if name in self.there else None

    def run(self, command: list[str], input: bytes, **_: object) -> None:
        if "broken" in self.there:
            raise subprocess.CalledProcessError(1, command)
        self.copied[command[0]] = input.decode()


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Clipboard:
    found = Clipboard("xclip")
    monkeypatch.setattr(clipboard.shutil, "which", found.which)
    monkeypatch.setattr(clipboard.subprocess, "run", found.run)
    for name in ("WAYLAND_DISPLAY", "TMUX", "SSH_TTY", "SSH_CONNECTION", "STY", "VTE_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("TERM", "xterm-256color")
    return found


async def test_a_part_of_a_turn_is_copied_and_the_way_is_named(
    home: Path, desktop: Clipboard
) -> None:
    async with running(home, FakeEngine()) as pilot:
        await witness(pilot, "Hello", "She played it", "alt+h")
        await see(pilot, "surprise 3.41")
        await pilot.press("alt+up")
        parts = {"r": RESPONSE, "s": SCENE, "w": "She played it", "i": "Hello"}
        for letter, text in parts.items():
            await pilot.press("y", letter)
            await wait_until(pilot, lambda text=text: desktop.copied.get("xclip") == text)
        await see(pilot, "Copied what you said with xclip.")
        await pilot.press("y", "j")
        await wait_until(pilot, lambda: desktop.copied["xclip"].startswith("{"))
        assert json.loads(desktop.copied["xclip"])["landing"] == "healed"
        await pilot.press("y", "y")
        await wait_until(pilot, lambda: "what happened (healed)" in desktop.copied["xclip"])


async def test_a_veiled_scene_cannot_be_copied(home: Path, desktop: Clipboard) -> None:
    async with running(home, FakeEngine(), blind=True) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await pilot.press("y")
        await see(pilot, "the whole turn")
        assert "scene" not in flat(pilot).split("copy of turn")[1].split("Choose")[0]
        await pilot.press("y")
        await see(pilot, "Copied")
        assert "laughed" not in desktop.copied["xclip"]


async def test_what_is_held_back_cannot_be_copied(home: Path, desktop: Clipboard) -> None:
    engine = FakeEngine()
    engine.hold("scene", before=2)
    async with running(home, engine) as pilot:
        await pilot.press("h", "i", "enter")
        await see(pilot, "She laughed,")
        await pilot.press("alt+up", "y")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
        await pilot.press("y")
        await see(pilot, "Copied")
        assert "month" not in desktop.copied["xclip"]
        engine.let_go("scene", before=2)


def test_ways_to_copy_are_tried_in_order_until_one_works(home: Path, desktop: Clipboard) -> None:
    def way(by_escape: bool = True, **environment: str) -> clipboard.Copied:
        return clipboard.copy("words", "it", home, by_escape, environment)

    assert way(DISPLAY=":0").way == "xclip"
    assert way(DISPLAY=":0", SSH_TTY="/dev/pts/1").way == "terminal"  # not that machine's screen
    desktop.there = ("xclip", "tmux")
    assert way(SSH_TTY="/dev/pts/1", TMUX="/tmp/tmux").way == "tmux"
    assert desktop.copied["tmux"] == "words"
    desktop.there = ("xclip", "tmux", "broken")
    assert way(DISPLAY=":0", TMUX="/tmp/tmux").way == "terminal"
    saved = way(by_escape=False, DISPLAY=":0")
    assert saved.way == "file" and "it is in " in saved.told
    path = Path(saved.told.rpartition(" is in ")[2])
    assert path.read_text() == "words" and path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("environment", "hears"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "linux"}, False),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm", "VTE_VERSION": "6800"}, False),
        ({}, False),
    ],
)
def test_a_terminal_that_is_known_to_be_deaf_is_not_asked(
    environment: dict[str, str], hears: bool
) -> None:
    assert clipboard.hears_escapes("words", environment) == hears
    assert not clipboard.hears_escapes("x" * 100_000, environment)


def test_through_screen_a_long_text_goes_in_pieces_it_can_take() -> None:
    sent = clipboard.escape_sequences("x" * 3_000, {"STY": "1.pts"})
    pieces = sent.split("\x1b\\")[:-1]
    assert all(each.startswith("\x1bP") and len(each) < 768 for each in pieces)
    whole = "".join(each.removeprefix("\x1bP") for each in pieces)
    assert whole == clipboard.escape_sequences("x" * 3_000, {})


# --- provenance


async def test_a_response_says_where_it_comes_from(home: Path, desktop: Clipboard) -> None:
    with open_store(home) as store:
        kept, _ = triples.add(
            store, triples.Triple("hi", "yo", "he wept"), source="s", status="pending"
        )
        made = generations.publish(store, generation(store), [kept.id], [])
        generations.rename(store, made.number, "kind") if hasattr(generations, "rename") else None
    engine = FakeEngine(live=1)
    async with running(home, engine, size=(120, 40)) as pilot:
        await witness(pilot, "Hello", "She played it")
        await see(pilot, "surprise 3.41")
        await pilot.press("alt+up", "p")
        for words in (
            "generation 1",
            "from the base of nano, not judged",
            "1 triple, 0 replayed",
            "he wept",
            "13 tokens, 130.0 tokens/s, 1 read before",
            "seed 7",
            "temperature 0.5, top p 0.95",
            "order after",
            "3.410 nats/token for generation 1",
            "was seen first",
        ):
            await see(pilot, words)
        await pilot.press("y")
        await wait_until(pilot, lambda: "seed                7" in desktop.copied.get("xclip", ""))


async def test_from_its_provenance_one_goes_to_the_generation_or_the_replay(home: Path) -> None:
    asked: list[tuple[str, dict[str, object]]] = []
    engine = FakeEngine(live=2)
    async with running(home, engine) as pilot:
        screen = converse(pilot)
        post = screen.post_message

        def listen(message: Message) -> bool:
            if not isinstance(message, screen.GoTo):
                return post(message)
            asked.append((message.place, message.what))
            return True

        screen.post_message = listen  # type: ignore[method-assign]
        await witness(pilot, "Hello", "She played it")
        await pilot.press("alt+up", "p")
        await see(pilot, "Its generation")
        await pilot.press("g")
        await wait_until(pilot, lambda: asked == [("generations", {"generation": 2})])
        await pilot.press("v")
        session = converse(pilot).session.session_id
        await wait_until(pilot, lambda: asked[1:] == [("replay", {"session": session, "turn": 1})])


# --- several scenes for one draft


def several() -> FakeEngine:
    return FakeEngine(script(), *(script(scene=OTHERS[n % 2]) for n in range(12)))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_more_scenes_for_a_draft_are_listed_with_their_spread(
    home: Path, size: tuple[int, int]
) -> None:
    engine = several()
    async with running(home, engine, size=size) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await pilot.press("s")
        await see(pilot, "5 scenes of the base · spread")
        for words in (SCENE, *OTHERS, "5 to 15 tokens"):
            await see(pilot, words)
        (asked,) = engine.requests[1:]
        assert asked.response == RESPONSE and len(set(asked.seeds)) == 4
        await pilot.press("s")
        await see(pilot, "9 scenes of the base")
        await pilot.press("escape")
        await see(pilot, "8 more sampled, spread")
        candidate = converse(pilot).session.turn(1).candidates[0]
        assert candidate.scene == SCENE
        assert [each.text for each in candidate.samples[:2]] == list(OTHERS)
        assert converse(pilot).talk.can_take
    with open_store(home) as store:
        (session,) = sessions.list_sessions(store)
        kinds = [each.kind for each in sessions.events(store, session.id)]
    assert kinds == ["input", "draft", "scene", "response"] + ["samples"] * 8


async def test_closing_stops_the_scene_that_is_being_written_and_keeps_the_whole_ones(
    home: Path,
) -> None:
    engine = several()
    async with running(home, engine) as pilot:
        await witness(pilot, "Hello", "She played it")
        engine.hold("scene", before=3)
        engine.scripts.appendleft(script(scene="Too short."))
        await pilot.press("alt+up", "s")
        await see(pilot, "foreseeing…")
        await see(pilot, "3 to come…")
        await pilot.press("escape")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, SamplesScreen))
        await wait_until(pilot, lambda: engine.requests[1].request_id in engine.cancelled)
        turn = converse(pilot).session.turn(1)
        assert [each.text for each in turn.candidates[0].samples] == ["Too short."]
        assert turn.phase == "authored"


async def test_what_goes_wrong_with_a_scene_is_said_and_can_be_tried_again(home: Path) -> None:
    engine = several()
    async with running(home, engine) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        speak, engine.speak = engine.speak, broken  # type: ignore[method-assign, assignment]
        await pilot.press("s")
        await see(pilot, "The model is out of memory. Close something.")
        engine.speak = speak  # type: ignore[method-assign]
        await pilot.press("s")
        await see(pilot, "5 scenes of the base")


def broken(request: object) -> None:
    raise EngineError("The model is out of memory", "Close something.")


async def test_behind_a_veil_no_scenes_are_sampled(home: Path) -> None:
    async with running(home, several(), blind=True) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await pilot.press("s")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, SamplesScreen)


async def test_hostile_words_are_harmless_wherever_they_are_read(
    home: Path, desktop: Clipboard
) -> None:
    from tests.app.test_hostile_text import HOSTILE

    text = HOSTILE["markup and escapes"] + HOSTILE["scripts and broken"]
    engine = FakeEngine(*(script(response=text, scene=text) for _ in range(9)))
    async with running(home, engine) as pilot:
        await say(pilot, "Hello [/b]")
        await on_the_response(pilot)
        for keys in (("s",), ("escape", "p"), ("escape", "y"), ("escape", "slash", *"[/b]")):
            await pilot.press(*keys)
            await pilot.pause()
            drawn = flat(pilot)
            assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in drawn)
        await see(pilot, "of 3")  # in the input, the response and the scene
