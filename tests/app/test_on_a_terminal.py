"""The app on a real terminal: what reaches it, what a power cut costs, how it is left behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tear_core.store import drafts, open_store, sessions
from tests.app.terminal import PATIENCE, Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

PAYLOADS = (
    b"\x1b]52;c;cHduZWQ=\x1b\\",  # write the clipboard
    "\x9d52;c;cHduZWQ=\x9c".encode(),  # the same in the 8-bit form
    b"\x1b]0;pwned\x1b\\",  # set the title
    b"\x1b[38;5;199m",
)


@pytest.mark.parametrize("switched_off", [False, True])
def test_no_escape_sequence_of_the_model_reaches_the_terminal(
    home: Path, switched_off: bool
) -> None:
    says = "before " + b"".join(PAYLOADS).decode() + "it all"
    environment = {"TEST_SAYS": says} | ({"TEST_UNSAFE": "1"} if switched_off else {})
    with Terminal(home, **environment) as terminal:
        terminal.see("Say something")
        terminal.type("Hi\r")
        terminal.wait(lambda: b"it all" in terminal.received.rpartition(b"before")[2])
    reached = [payload in terminal.received for payload in PAYLOADS]
    assert reached == [switched_off] * len(PAYLOADS)


def test_what_was_being_typed_survives_a_power_cut(home: Path) -> None:
    with Terminal(home) as terminal:
        terminal.see("Say something")
        terminal.type("a sentence that is not yet finished")
        terminal.see("not yet finished")
        with open_store(home) as store:
            terminal.wait(lambda: drafts.load(store, "prompt@new") is not None)
            terminal.wait(
                lambda: (drafts.load(store, "prompt@new") or "").endswith("not yet finished")
            )
        terminal.kill()
    with Terminal(home) as terminal:
        terminal.see("a sentence that is not yet finished")


def test_two_copies_on_one_home_take_no_words_from_each_other(home: Path) -> None:
    with Terminal(home) as one, Terminal(home) as two, open_store(home) as store:
        for terminal in (one, two):
            terminal.see("Say something")
        one.type("what the first one is saying")
        one.see("first one is saying")
        two.type("and what the second one is")
        two.see("second one is")
        two.wait(lambda: "second one is" in (drafts.load(store, "prompt@new") or ""))
        two.wait(lambda: len(drafts.owners(store, "prompt@new")) == 2)
        one.type("!")
        one.see("saying!")
        two.type("\x11")  # ctrl+q
        assert left_as_it_was(two)
        one.wait(lambda: "saying!" in (drafts.load(store, "prompt@new") or ""))
        one.kill()
    with Terminal(home) as terminal:
        terminal.see("what the first one is saying!")
        terminal.see("and what the second one is")


def test_an_app_whose_terminal_is_gone_ends_and_keeps_what_was_typed(home: Path) -> None:
    with Terminal(home) as terminal:
        terminal.see("Say something")
        terminal.type("half a sentence")
        terminal.see("half a sentence")
        with open_store(home) as store:
            terminal.wait(lambda: drafts.load(store, "prompt@new") == "half a sentence")
        terminal.vanish()
        terminal.process.wait(PATIENCE)
    with open_store(home) as store:
        assert drafts.load(store, "prompt@new") == "half a sentence"


def test_a_scene_being_written_survives_a_power_cut(home: Path) -> None:
    with Terminal(home) as terminal:
        terminal.see("Say something")
        terminal.type("Hi\r")
        terminal.see("Take")
        terminal.type("\x1bOQ")  # F2
        terminal.see("What really happened")
        terminal.type("She went back to the")
        terminal.see("went back to the")
        terminal.type("\x1bh")  # alt+h
        terminal.see("(●) healed")
        with open_store(home) as store:
            session = store.connection.execute("SELECT id FROM sessions").fetchone()["id"]
            slots = {
                f"consequence:1@{session}": "She went back to the",
                f"landing:1@{session}": "healed",
            }
            terminal.wait(
                lambda: all(drafts.load(store, slot) == text for slot, text in slots.items())
            )
        terminal.kill()
    with Terminal(home) as terminal:
        terminal.see("F4 What happened")
        terminal.type("\x1bOS")  # F4
        terminal.see("She went back to the")
        terminal.see("(●) healed")


def left_as_it_was(terminal: Terminal) -> bool:
    """Whether the app has ended, and the terminal is in no mode that it was not in before."""
    terminal.wait(lambda: terminal.process.poll() is not None)
    terminal.wait(lambda: b"\x1b[?1049l" in terminal.received)
    for mode in (b"1049", b"1000", b"1003", b"1006", b"2004", b"1004"):
        on = terminal.received.rfind(b"\x1b[?%sh" % mode)
        assert on < 0 or terminal.received.rfind(b"\x1b[?%sl" % mode) > on, mode
    assert terminal.received.rfind(b"\x1b[?25h") > terminal.received.rfind(b"\x1b[?25l")
    return terminal.settings()[:4] == list(terminal.before)[:4]


def test_the_terminal_is_left_as_it_was_found(home: Path) -> None:
    with Terminal(home) as terminal:
        terminal.see("Say something")
        terminal.type("\x11")  # ctrl+q
        assert left_as_it_was(terminal)
        assert terminal.process.returncode == 0


def test_after_a_crash_it_is_left_as_it_was_too_and_nothing_is_lost(home: Path) -> None:
    with Terminal(home, TEST_CRASH="secret words \x1b]0;pwned\x07") as terminal:
        terminal.see("Say something")
        terminal.type("half a thought")
        terminal.see("half a thought")
        terminal.type("\x0f")  # ctrl+o
        assert left_as_it_was(terminal)
        assert terminal.process.returncode == 1
        said = terminal.received.rpartition(b"\x1b[?1049l")[2]
        assert b"tear-tui had to end: RuntimeError." in said and b"Traceback" not in said
        assert b"secret" not in terminal.received and b"pwned" not in terminal.received
    log = (home / "logs" / "app.log").read_text()
    assert "RuntimeError" in log and "child.py" in log and "secret" not in log
    with open_store(home) as store:
        assert drafts.load(store, "prompt@new") == "half a thought"


def test_told_to_end_it_ends_as_if_somebody_had_left(home: Path) -> None:
    with Terminal(home) as terminal:
        terminal.see("Say something")
        terminal.type("half a thought")
        terminal.see("half a thought")
        terminal.process.terminate()
        assert left_as_it_was(terminal)
        assert terminal.process.returncode == 0
    with open_store(home) as store:
        assert drafts.load(store, "prompt@new") == "half a thought"


def test_what_native_code_prints_goes_to_the_log_and_not_to_the_screen(home: Path) -> None:
    with Terminal(home, TEST_NOISE="1") as terminal:
        terminal.see("nano · base")
        terminal.type("\x11")
        terminal.wait(lambda: terminal.process.poll() is not None)
    assert b"NATIVE NOISE" not in terminal.received
    assert b"NATIVE NOISE" in (home / "logs" / "app.log").read_bytes()


def test_leaving_waits_for_no_engine_however_deaf_and_keeps_the_words_it_had(home: Path) -> None:
    with Terminal(home, TEST_DEAF="1") as terminal:
        terminal.see("Say something")
        terminal.type("Hi\r")
        terminal.see("She laughed,")
        terminal.type("\x11")  # ctrl+q
        assert left_as_it_was(terminal)  # the engine has not answered, and never will
        assert terminal.process.returncode == 0
    with open_store(home) as store:
        latest = sessions.latest(store)
        assert latest is not None
        (turn,) = sessions.conversation(store, latest.id).turns
        assert turn.candidates[0].scene == "She laughed,"
