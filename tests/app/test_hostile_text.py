"""Whatever a person, a model or a file says, the screen stands and says it harmlessly."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from tear_tui.text.safe_text import safe_text
from tests.app.fake_engine import FakeEngine, script
from tests.app.support import (
    converse,
    flat,
    on_the_response,
    running,
    see,
    type_text,
    wait_until,
)

HOSTILE = {
    "markup and escapes": "see [/nope] arr[0] [b]x[/b] [/INST] [@click=app.quit]x[/] [ "
    "a\x1b]52;c;cHduZWQ=\x07b\x1b[31mc\x9b31md\x9d0;title\x9ce\x1b]0;unended",
    "scripts and broken": "\u202eevil\u202c \u2067x\u2069 שלום 👩\u200d👩\u200d👧\u200d👦"
    + " e\u0301\u0301 漢字" * 200
    + "a\0b\n \t \none\rtwo\r\nthree\na\ud800b",
    "long word": "x" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_words_from_everybody_all_through_a_turn(home: Path, name: str) -> None:
    text = HOSTILE[name]
    engine = FakeEngine(script(response=text + " said", scene=text + " seen"))
    engine.set(base=text, message=text)
    async with running(home, engine) as pilot:
        await pilot.press("x")
        pilot.app.post_message(events.Paste(text))
        await pilot.pause()
        await pilot.press("enter")
        await on_the_response(pilot)
        await pilot.press("e")
        await see(pilot, "Say it in your words")
        assert safe_text(converse(pilot).edit.box.text) == converse(pilot).edit.box.text
        await pilot.press("escape", "enter")
        await see(pilot, "What really happened")
        await pilot.press("ctrl+t")
        await type_text(pilot, "end")
        converse(pilot).notice(text)
        await pilot.press("f2")
        await wait_until(pilot, lambda: converse(pilot).session.turn(1).surprise is not None)
        drawn = flat(pilot)
        assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in drawn)
        await pilot.press("ctrl+p")
        await pilot.press("escape")
    async with running(home, FakeEngine()) as pilot:
        await wait_until(pilot, lambda: bool(converse(pilot).session.turns))
        await pilot.press("alt+up", "y", "y")
        await see(pilot, "Copied")


async def test_markup_is_shown_as_it_was_written(home: Path) -> None:
    engine = FakeEngine(script(response="list[int] [b]x[/b] [/INST]", scene="[/] [@click=quit]"))
    async with running(home, engine, size=(120, 40)) as pilot:
        await type_text(pilot, "what is a[0]?")
        await pilot.press("enter")
        await see(pilot, "list[int] [b]x[/b] [/INST]")
        await see(pilot, "[/] [@click=quit]")
        await see(pilot, "what is a[0]?")


async def test_a_sequence_split_over_two_tokens_is_still_one_sequence(home: Path) -> None:
    engine = FakeEngine(script(response="x \x1b]52;c;cHdu ZWQ=\x07 after"))
    async with running(home, engine) as pilot:
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "x after")
