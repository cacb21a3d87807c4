"""Every place of the app and all that opens over it, on a home in which every text is hostile."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tear_core.store import Store, generations, learning_log, open_store, sessions, triples
from tear_core.store.triples import Notes
from tear_core.triples import Triple
from tear_core.turn import Event
from tear_tui.app import TearApp
from tear_tui.conversing.conversation import keepable
from tests.app.fake_engine import FakeEngine, script
from tests.app.support import running, screen, see
from tests.app.test_hostile_text import HOSTILE
from tests.store.made import generation
from tests.store.made_updates import step

CANARY = "[/INST]"
"""Stands in the worst of the texts, and is seen only where a text is shown as it was written."""

WORST = HOSTILE["markup and escapes"]
BASE = keepable(WORST)


@dataclass(frozen=True, slots=True)
class Look:
    """Keys to press, and whether hostile words are to be seen where they lead."""

    keys: tuple[str, ...]
    seen: str = ""


PLACES = {
    "converse": (
        Look((), CANARY),
        Look(("ctrl+f", *"[/inst"), "3 of 3"),
        Look(("enter",), CANARY),
        Look(("escape", "p"), "where it comes from"),
        Look(("escape", "y"), "the whole turn"),
        Look(("escape", "s"), "5 scenes of generation 1 · spread 0.00"),
        Look(("escape", "escape", "ctrl+r"), "what you said before"),
        Look(("escape", "f4"), "What really happened"),
        Look(("escape", "f6"), "1 of 1 sessions"),
        Look(("f2",), CANARY),
        Look(("escape", "f8"), "delete it"),
        Look(("escape", "escape", "ctrl+p"), "Search for commands"),
        Look(("escape", "f5"), "ctrl+p: every command"),
        Look(("escape", "f1"), "in converse"),
    ),
    "replay": (
        Look(("alt+2",), CANARY),
        Look(("enter", "end"), "generation 1"),
        Look(("g",), "go to turn"),
        Look(("escape", "c"), "24 of 24 words are the same"),
        Look(("escape", "escape", "s"), CANARY),
    ),
    "triples": (
        Look(("alt+3",), CANARY),
        Look(("enter",), CANARY),
        Look(("escape", "slash"), "source:"),
        Look(("escape", "e"), CANARY),
        Look(("escape", "x"), "Why"),
    ),
    "learning": (Look(("alt+4",), CANARY), Look(("w",), "by itself")),
    "generations": (
        Look(("alt+5",), CANARY),
        Look(("l",), CANARY),
        Look(("escape", "c"), "the same"),
        Look(("ctrl+t",), "words to ask both with"),
    ),
    "settings": (Look(("alt+6",), CANARY), Look(("y",), "keys"), Look(("escape", "enter"), "")),
}


def write(store: Store) -> None:
    """A session, triples, a generation and a run of learning that say nothing but hostile words."""
    texts = [keepable(text) for text in reversed(HOSTILE.values())]
    session = sessions.create(store, BASE).id
    with store.write():
        for number, text in enumerate(texts, start=1):
            by = {"candidate": 0, "generation": 1, "base": text}
            for kind, data in (
                ("input", {"text": text}),
                ("draft", {**by, "text": text}),
                ("scene", {**by, "text": text}),
                ("response", {**by, "text": text}),
                ("take", {"candidate": 0}),
            ):
                sessions.append(store, session, Event(kind, number, data))  # type: ignore[arg-type]
    kept = [
        triples.add(
            store,
            Triple(text, text, text, "hurt"),
            source=text,
            status="pending",
            notes=Notes(theme=text, licence=text, origin=text),
        )[0].id
        for text in texts
    ]
    row = replace(generation(store, base=BASE), label=BASE[:80], gate={"probe": {"why": WORST}})
    generations.publish(store, replace(row, settings={"note": BASE}), kept[:1], [])
    run = learning_log.begin(store, BASE, 0, kept)
    learning_log.append(store, step(run, 1, new_ids=tuple(kept)))
    learning_log.end(store, run, "failed", BASE)


def harmless(pilot: Pilot[int], keys: tuple[str, ...]) -> None:
    """No character that a terminal would obey is drawn, and no words have become a link."""
    for each in pilot.app.screen_stack:
        for segment in (part for strip in each._compositor.render_strips() for part in strip):
            kinds = {unicodedata.category(character) for character in segment.text}
            assert not kinds & {"Cc", "Cs"}, f"after {keys}: {segment.text!r}"
            assert not set(segment.text) & set("\u202a\u202b\u202c\u202e\u2066\u2067\u2069"), keys
            meta = segment.style.meta if segment.style is not None else {}
            assert "@click" not in meta, f"after {keys}:\n{screen(pilot)}"


@pytest.mark.parametrize(
    ("place", "size"), zip(PLACES, [(80, 24), (120, 40), (200, 50)] * 2, strict=True)
)
async def test_hostile_words_are_harmless_in(home: Path, place: str, size: tuple[int, int]) -> None:
    with open_store(home) as store:
        write(store)
    engine = FakeEngine(*(script(response=WORST, scene=WORST) for _ in range(8)), live=1)
    engine.set(base=BASE, message=WORST)
    async with running(home, engine, size=size, base=BASE) as pilot:
        await see(pilot, CANARY)
        for look in PLACES[place]:
            await pilot.press(*look.keys)
            await see(pilot, look.seen)
            await pilot.pause()
            harmless(pilot, look.keys)
        assert isinstance(pilot.app, TearApp) and pilot.app.is_running
