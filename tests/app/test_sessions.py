"""The sessions beside the talk: found, opened, renamed, forked, deleted, all by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tear_core.store import open_store, sessions, triples
from tear_tui.app import TearApp
from tear_tui.screens.choose import ChooseScreen
from tear_tui.widgets.row_list import RowList
from tear_tui.widgets.session_list import SessionList
from tests.app.fake_engine import FakeEngine
from tests.app.support import converse, flat, running, see, type_text, wait_until, witness
from tests.app.test_hostile_text import HOSTILE
from tests.app.test_long_and_pictured import write_session


def write(home: Path, *titles: str, turns: int = 2) -> list[str]:
    """Sessions with these titles, the last one used last; their ids."""
    with open_store(home) as store:
        for title in titles:
            write_session(store, turns)
            latest = sessions.latest(store)
            assert latest is not None
            sessions.rename(store, latest.id, title)
        found = {each.title: each.id for each in sessions.list_sessions(store)}
    return [found[title] for title in titles]


async def open_list(pilot: Pilot[int], count: int) -> SessionList:
    await pilot.press("f6")
    await wait_until(pilot, lambda: len(converse(pilot).listing.query_one(RowList)) == count)
    return converse(pilot).listing


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_a_session_is_found_by_typing_and_opened(home: Path, size: tuple[int, int]) -> None:
    first, _ = write(home, "Piano", "Violin")
    async with running(home, FakeEngine(), size=size) as pilot:
        listing = await open_list(pilot, 2)
        await see(pilot, "2 of 2 sessions")
        covered = not converse(pilot).query_one("#talk").display
        assert covered == (size[0] < 160)
        await pilot.press(*"piano")
        await wait_until(pilot, lambda: len(listing.query_one(RowList)) == 1)
        await pilot.press("enter")
        await wait_until(pilot, lambda: converse(pilot).session.session_id == first)
        await wait_until(pilot, lambda: pilot.app.focused is converse(pilot).composer)
        assert listing.display == (size[0] >= 160)
        await see(pilot, "I play badly")


async def test_the_list_is_left_by_the_key_it_was_opened_with(home: Path) -> None:
    write(home, "Piano")
    async with running(home, FakeEngine()) as pilot:
        await type_text(pilot, "half a thought")
        listing = await open_list(pilot, 1)
        await pilot.press("f6")
        await wait_until(pilot, lambda: not listing.display)
        await wait_until(pilot, lambda: pilot.app.focused is converse(pilot).composer)
        assert converse(pilot).composer.text == "half a thought"


async def test_a_session_is_renamed_in_place(home: Path) -> None:
    one, _ = write(home, "Piano", "Violin")
    async with running(home, FakeEngine()) as pilot:
        await open_list(pilot, 2)
        await pilot.press("down", "f2")
        await type_text(pilot, " in spring")
        await pilot.press("enter")
        await see(pilot, "Piano in spring")
        await pilot.press("f2", *"xyz", "escape")
        assert "xyz" not in flat(pilot)
        with open_store(home) as store:
            assert sessions.get(store, one).title == "Piano in spring"


async def test_a_fork_from_a_turn_has_the_turns_up_to_it_and_is_opened(home: Path) -> None:
    (one,) = write(home, "Piano", turns=3)
    async with running(home, FakeEngine()) as pilot:
        await see(pilot, "3 times a day")
        await pilot.press("alt+up", "up", "f")
        await see(pilot, "This is a new session")
        await wait_until(pilot, lambda: converse(pilot).session.session_id != one)
        assert len(converse(pilot).session.turns) == 2
        await witness(pilot, "And then", "She did it again")
        assert len(converse(pilot).session.turns) == 3
    with open_store(home) as store:
        assert sessions.get(store, one).turns == 3
        fork = sessions.latest(store)
        assert fork is not None and (fork.forked_from, fork.forked_at) == (one, 2)


async def test_deleting_asks_and_says_what_becomes_of_the_triples(home: Path) -> None:
    async with running(home, FakeEngine()) as pilot:
        await witness(pilot, "Hello", "She played it")
        await see(pilot, "surprise 3.41")
        session = str(converse(pilot).session.session_id)
        await open_list(pilot, 1)
        await pilot.press("f8")
        await see(pilot, "1 turn; 1 triple was written in it.")
        await pilot.press("n")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, ChooseScreen))
        assert converse(pilot).session.session_id == session
        await pilot.press("f8")
        await see(pilot, "delete it and its triples")
        await pilot.press("t")
        await see(pilot, "Deleted; its triples: 1 erased.")
        assert converse(pilot).session.session_id is None
        with open_store(home) as store:
            assert sessions.count(store) == 0
            assert sum(triples.counts(store).values()) == 0


async def test_what_is_typed_into_a_session_that_somebody_else_deleted_does_no_harm(
    home: Path,
) -> None:
    (one,) = write(home, "Piano")
    async with running(home, FakeEngine()) as pilot:
        with open_store(home) as store, store.write() as connection:
            connection.execute("DELETE FROM sessions WHERE id = ?", (one,))
        await type_text(pilot, "half a thought")
        await pilot.press("enter")
        await see(pilot, "Not sent: there is no session")
        assert converse(pilot).composer.text == "half a thought"
        app = pilot.app
        assert isinstance(app, TearApp)
        assert app.autosave.flush(timeout=30)


async def test_a_session_that_cannot_be_read_is_refused_with_the_reason(home: Path) -> None:
    broken, _ = write(home, "Broken", "Piano")
    with open_store(home) as store, store.write() as connection:
        connection.execute(
            "INSERT INTO events (session_id, turn, kind, data, at) VALUES (?, 9, 'take', '{}', '')",
            (broken,),
        )
    async with running(home, FakeEngine()) as pilot:
        here = converse(pilot).session.session_id
        converse(pilot).arrive(session=broken)
        await see(pilot, "Not opened: there is no turn 9")
        converse(pilot).arrive(session="nope")
        await see(pilot, "Not opened: there is no session 'nope'")
        assert converse(pilot).session.session_id == here


async def test_somebody_who_comes_for_a_turn_stands_on_it(home: Path) -> None:
    one, _ = write(home, "Piano", "Violin", turns=120)
    async with running(home, FakeEngine()) as pilot:
        await see(pilot, "120 times a day")
        converse(pilot).arrive(session=one, turn=3)
        await see(pilot, "3 times a day")
        await wait_until(pilot, lambda: converse(pilot).transcript.cursor == 3)
        assert pilot.app.focused is converse(pilot).transcript


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_titles_are_harmless(home: Path, name: str) -> None:
    write(home, HOSTILE[name].replace("\0", "").encode("utf-8", "replace").decode())
    async with running(home, FakeEngine()) as pilot:
        await open_list(pilot, 1)
        await pilot.press("f2", "escape", "f8")
        await see(pilot, "for good")
        drawn = flat(pilot)
        assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in drawn)
        await pilot.press("escape")


async def test_many_sessions_cost_no_more_widgets_than_few(home: Path) -> None:
    with open_store(home) as store, store.write():
        for number in range(600):
            sessions.create(store, f"session {number}")
    async with running(home, FakeEngine(), session=None, new=True) as pilot:
        await open_list(pilot, 500)
        await see(pilot, "500 of 600 sessions")
        assert len(list(converse(pilot).walk_children())) < 60
        await pilot.press(*"session 7", "end")
        await see(pilot, "114 of 600")
