"""What `app.py` does in one round: start the app, type into it, leaf and search in it.

Each works on the screen of a terminal, as a person does. Knows the engine's client.
"""

from __future__ import annotations

import atexit
import os
import random
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from subprocess import Popen

from app_homes import LAST_WORDS, found
from on_a_terminal import Terminal, Took
from side_by_side import CannotRun, Figures, Round, percentile

OURS = [sys.executable, "-c", "from tear_tui.__main__ import main; main()"]
BARE = f"""
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("{LAST_WORDS}")
Bare().run()
"""
BETWEEN = (0.05, 0.15)
"""Seconds between two keys: somebody who types fast, at no beat of the screen's."""
LETTERS = [chr(code) for code in range(0x100, 0x180) if chr(code).isalpha()]
"""Letters that stand nowhere else, so that each is seen when it comes."""
EMPTY, ESCAPE, PAGE_UP, PAGE_DOWN, TRIPLES = "\x15", "\x1b", "\x1b[5~", "\x1b[6~", "\x1b3"
SEARCHED = "word"
"""What the words begin with that are searched for: `word1`, `word12`, …"""
PATIENCE = 120.0
MEASURING = 15.0
"""Seconds in which the engine measures what it is before it learns; then come the steps."""


def first_picture(name: str, home: Path) -> Figures:
    """A start, until the newest turn is on the screen."""
    if name == "python":
        began = time.perf_counter()
        child = Popen([sys.executable, "-c", "pass"])
        _, _, used = os.wait4(child.pid, 0)
        child.returncode = 0
        return _figures(Took(time.perf_counter() - began, used.ru_utime + used.ru_stime))
    ours = name == "tear-tui"
    with _ours(home) if ours else Terminal([sys.executable, "-c", BARE]) as it:
        return _figures(it.started(LAST_WORDS))


def _figures(took: Took) -> Figures:
    return {"clock_ms": took.clock * 1000, "processor_ms": took.processor * 1000}


def told(took: Sequence[Took]) -> Figures:
    """The middle and the slow ones of some presses, in milliseconds."""
    clock = [each.clock * 1000 for each in took]
    return {
        "clock_p50_ms": percentile(clock, 0.5),
        "clock_p95_ms": percentile(clock, 0.95),
        "clock_worst_ms": max(clock),
        "processor_ms": sum(each.processor for each in took) / len(took) * 1000,
    }


def _open(home: Path, environment: Mapping[str, str] | None = None) -> Terminal:
    """The app on a home, until this process ends."""
    terminal = _ours(home, environment)
    atexit.register(terminal.end)
    return terminal


def _ours(home: Path, environment: Mapping[str, str] | None = None) -> Terminal:
    """`tear-tui` on a home, as somebody starts it whose home it is: with nothing behind it."""
    return Terminal(OURS, {"TEAR_HOME": str(home), **(environment or {})})


# --- a key


def typing(home: Path, keys: int) -> Round:
    """Letters into the composer, while nothing goes on."""
    terminal = _open(home)
    terminal.started(LAST_WORDS)
    terminal.settle()
    return lambda: told(_type(terminal, keys))


def typing_while_a_scene_comes(home: Path, keys: int) -> Round:
    """The same while words come at a steady pace; each round is a turn, which is dropped."""
    terminal = _open(home)
    terminal.started(LAST_WORDS)
    terminal.settle()

    def one() -> Figures:
        terminal.press("Hi")
        terminal.rest(0.2)
        terminal.pressed("\r", "foreseeing")
        terminal.rest(1.0)
        took = _type(terminal, keys)
        terminal.pressed(ESCAPE, "Stopped;")
        terminal.settle()
        terminal.pressed(ESCAPE, "Dropped;")
        terminal.press(EMPTY)
        terminal.settle()
        return told(took)

    return one


def typing_while_it_learns(home: Path, keys: int) -> Round:
    """The same while the real engine, in its own process, learns."""
    from tear_core.engine.client import HttpClient, connect
    from tear_core.engine.messages import LearnRequest

    terminal = _open(home, {"TEAR_LEARN_WHEN": "off"})
    terminal.started(LAST_WORDS)
    end = time.perf_counter() + PATIENCE
    engine: HttpClient | None = None
    while engine is None or engine.status().model != "ready":
        if time.perf_counter() > end:
            raise CannotRun("the engine did not come up")
        terminal.rest(0.2)
        engine = engine or connect(home)
    atexit.register(lambda: engine.end())
    learning = threading.Thread(target=lambda: list(engine.learn(LearnRequest())), daemon=True)
    learning.start()
    while not engine.status().learning:
        if time.perf_counter() > end or not learning.is_alive():
            raise CannotRun("the engine does not learn")
        terminal.rest(0.2)
    terminal.rest(MEASURING)

    def one() -> Figures:
        took = _type(terminal, keys)
        if not learning.is_alive():
            raise SystemExit("there was not enough to learn for so many rounds")
        return told(took)

    return one


def _type(terminal: Terminal, keys: int) -> list[Took]:
    """So many letters, each waited for; the box is empty again after them."""
    took = []
    for _, letter in zip(range(keys), cycle(LETTERS), strict=False):
        terminal.rest(random.uniform(*BETWEEN))
        took.append(terminal.pressed(letter, letter))
    terminal.press(EMPTY)
    terminal.rest(0.5)
    return took


# --- a long list


def leafing(home: Path, keys: int) -> Round:
    """Page down in all triples. What is waited for is the number of another row."""
    terminal, every, at = _at_the_triples(home), found(home, ""), "1"

    def one() -> Figures:
        nonlocal at
        took = []
        for _ in range(keys):
            terminal.rest(random.uniform(*BETWEEN))
            another = rf"(?<![\d,])(?!{at} of)[\d,]+ of {every:,}"
            took.append(terminal.pressed(PAGE_DOWN, another))
            at = terminal.seen.split()[0]
        return told(took)

    return one


def searching(home: Path, keys: int) -> Round:
    """A letter of a search; what is waited for is the number of triples that it finds."""
    terminal = _at_the_triples(home)
    terminal.press("/")
    terminal.rest(0.5)
    terminal.press(SEARCHED)
    terminal.settle()
    ends = [f"{ten}{one}" for ten in "123" for one in "4567"][:keys]
    numbers = {typed: found(home, SEARCHED + typed) for typed in ends}

    def one() -> Figures:
        took = []
        for typed, many in numbers.items():
            terminal.press(typed[0])
            terminal.settle()
            took.append(terminal.pressed(typed[1], f"1 of {many:,}"))
            terminal.press("\x7f\x7f")
            terminal.settle()
        return told(took)

    return one


def _at_the_triples(home: Path) -> Terminal:
    terminal = _open(home, {"TEAR_LEARN_WHEN": "off"})
    terminal.started("F1")
    terminal.settle()
    terminal.pressed(TRIPLES, " of ")
    terminal.settle()
    return terminal


# --- a long talk


def remembered(home: Path, pages: int) -> dict[str, int]:
    """Bytes in memory when a talk has been opened, and when so many pages were leafed back."""
    with _ours(home) as terminal:
        terminal.started(LAST_WORDS)
        terminal.settle()
        opened = terminal.resident()
        for _ in range(pages):
            terminal.press(PAGE_UP)
            terminal.rest(0.1)
        terminal.settle()
        return {"opened": opened, "leafed": terminal.resident()}
