"""The review queue, driven by keys: find, decide, undo, take back, go elsewhere."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from tear_core.engine.client import EngineGone
from tear_core.store import Store, changes, open_store, sessions, triples, witnessing
from tear_tui.app import TearApp
from tear_tui.screens.base import TearScreen
from tear_tui.screens.triples import TriplesScreen
from tear_tui.screens.triples_keys import KEYS
from tear_tui.widgets.filter_line import FilterLine
from tests.app.fake_engine import FakeEngine
from tests.app.support import flat, footer, named, running, screen, see, type_text, wait_until
from tests.app.test_hostile_text import HOSTILE
from tests.app.triples_support import add, at_triples, find, learn, status, the_place
from tests.store.made import lived_turn
from tests.store.many import fill

SIZES = [(80, 24), (120, 40), (200, 50)]
MOSTLY_SMALL = [SIZES[0], *(pytest.param(size, marks=pytest.mark.slow) for size in SIZES[1:])]
MOSTLY_WORST = [
    pytest.param(name, marks=pytest.mark.slow if number else ())
    for number, name in enumerate(HOSTILE)
]


def queue_of_five(home: Path) -> list[str]:
    """Five triples; ids in the order in which the list shows them: the newest first."""
    with open_store(home) as store:
        made = [
            add(store, "tea", landing="healed", surprise=2.5),
            add(store, "rain", landing="hurt", surprise=6.25, theme="weather"),
            add(store, "a letter", surprise=4.0, source="generated"),
            add(store, "bread", "pending"),
            add(store, "the door", "rejected"),
        ]
        return [each.id for each in made][::-1]


@pytest.mark.parametrize("size", SIZES)
async def test_a_queue_is_gone_through_by_single_keys(home: Path, size: tuple[int, int]) -> None:
    ids = queue_of_five(home)
    engine = FakeEngine()
    async with running(home, engine, size=size) as pilot:
        place = await at_triples(pilot)
        await see(pilot, "1 of 3")
        await see(pilot, "find status:unreviewed")
        await see(pilot, "I asked about a letter")
        await pilot.press("a")
        await see(pilot, "1 triple accepted. u undoes it.")
        await see(pilot, "2 of 3")
        await pilot.press("s", "x")
        await see(pilot, "Reject 1 triple?")
        await type_text(pilot, "not so")
        await pilot.press("enter")
        await see(pilot, "1 triple rejected")
        statuses = [status(place.shared.store, each) for each in ids]
        assert statuses == ["rejected", "pending", "pending", "unreviewed", "rejected"]
        assert triples.history(place.shared.store, ids[4])[-1]["why"] == "not so"
        await wait_until(pilot, lambda: engine.pokes >= 2)
        await see(pilot, "3 of 3")  # what was decided stays in view
        await pilot.press("u")
        await see(pilot, "Undone: not so (1 triple).")
        await pilot.press("u")
        await see(pilot, "Undone: accepted (1 triple).")
        await see(pilot, "1 of 3")  # the cursor is where it was decided
        assert [status(place.shared.store, each) for each in ids[2:]] == ["unreviewed"] * 3
        await pilot.press("U")
        await see(pilot, "Again: accepted")
        await pilot.press("u", "u")
        await see(pilot, "There is nothing to undo.")


async def test_a_reason_can_be_taken_back_and_is_offered_again(home: Path) -> None:
    ids = queue_of_five(home)
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        await pilot.press("x", "enter")
        await see(pilot, "Reject 1 triple?")  # a reason is needed
        await pilot.press("n", "o", "escape")
        await wait_until(pilot, lambda: pilot.app.focused is place.rows)
        assert status(place.shared.store, ids[2]) == "unreviewed"
        await pilot.press("x")
        await type_text(pilot, "reads like advice")
        await pilot.press("enter")
        await see(pilot, "1 triple rejected")
        await pilot.press("j", "x", "r", "e")
        await see(pilot, "reads like advice")
        await pilot.press("right", "enter")
        await see(pilot, "1 triple rejected")
        await wait_until(pilot, lambda: triples.counts(place.shared.store)["rejected"] == 3)


async def test_words_and_filters_are_applied_while_they_are_typed(home: Path) -> None:
    queue_of_five(home)
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        place = await at_triples(pilot)
        await pilot.press("backspace")
        await see(pilot, "1 of 5")
        await pilot.press("slash")
        await type_text(pilot, "landing:hurt rai")
        await see(pilot, "1 of 1 · 5 in all")
        await see(pilot, "I asked about rain")
        await pilot.press("enter")
        assert pilot.app.focused is place.rows
        await find(pilot, "statu:pending")
        await see(pilot, "There is no filter statu:")
        await see(pilot, "No triple is like that.")
        await pilot.press("backspace", "f")
        await type_text(pilot, "lan")
        await pilot.press("tab")
        assert pilot.app.screen.query_one(FilterLine).value == "landing:"
        await see(pilot, "landing: wants a value, for example landing:hurt.")
        await pilot.press("ctrl+u", "escape")
        await see(pilot, "1 of 5")


async def test_one_key_goes_through_the_orders(home: Path) -> None:
    queue_of_five(home)
    async with running(home, FakeEngine()) as pilot:
        await at_triples(pilot)
        await find(pilot, "")
        for words, first in (
            ("newest first", "the door"),
            ("oldest first", "tea"),
            ("most surprising first", "rain"),
            ("by source", "a letter"),
            ("newest first", "the door"),
        ):
            await see(pilot, words)
            await see(pilot, f"you I asked about {first}")
            await pilot.press("o")


@pytest.mark.parametrize("size", MOSTLY_SMALL)
async def test_many_are_marked_decided_and_put_back_as_one(
    home: Path, size: tuple[int, int]
) -> None:
    ids = queue_of_five(home)
    async with running(home, FakeEngine(), size=size) as pilot:
        place = await at_triples(pilot)
        store = place.shared.store
        await pilot.press("space", "space")
        await see(pilot, "2 marked")
        assert screen(pilot).count("●") >= 2
        await find(pilot, "landing:hurt")
        await pilot.press("a")
        await see(pilot, "Accept 2 triples? 1 of the marked ones are not in this list.")
        await pilot.press("escape")
        await find(pilot, "")
        await pilot.press("m")
        await see(pilot, "5 marked")
        await pilot.press("x")
        await see(pilot, "Reject 4 triples? 1 is rejected already.")
        await type_text(pilot, "all of it")
        await pilot.press("enter")
        await see(pilot, "4 triples rejected")
        assert {status(store, each) for each in ids} == {"rejected"}
        assert "marked" not in flat(pilot)
        await pilot.press("u")
        await see(pilot, "Undone: all of it (4 triples).")
        assert [status(store, each) for each in ids] == [
            "rejected",
            "pending",
            *["unreviewed"] * 3,
        ]
        await pilot.press("m", "m")
        await wait_until(pilot, lambda: not place.queue.marks)


async def test_five_thousand_are_decided_without_holding_up_the_keys(home: Path) -> None:
    with open_store(home) as store:
        fill(store, 5_000)
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        await find(pilot, "")
        await pilot.press("m", "t")
        await see(pilot, "Take back 5,000 triples? No generation has seen any of them.")
        await pilot.press("enter")
        await see(pilot, "5,000 triples taken back. u undoes it.")
        assert triples.counts(place.shared.store)["retracted"] == 5_000
        await pilot.press("u")
        await see(pilot, "Undone: retracted (5,000 triples).")
        await see(pilot, "of 5,000")
        counts = triples.counts(place.shared.store)
        assert (counts["unreviewed"], counts["pending"], counts["retracted"]) == (3_000, 1_000, 0)


async def test_what_was_learned_is_taken_back_after_it_is_said_who_has_seen_it(home: Path) -> None:
    with open_store(home) as store:
        one, two = add(store, "tea", "pending"), add(store, "rain", "pending")
        first = learn(store, one.id)
        learn(store, two.id, parent=first)
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot, triple=one.id)
        await see(pilot, f"find triple:{one.id}")
        await see(pilot, "seen by generation 1")
        await pilot.press("x")
        await see(pilot, "Nothing to reject: 1 is learned, and cannot be rejected any more")
        await pilot.press("a")
        await see(pilot, "It is accepted or learned already.")
        await pilot.press("t")
        await see(pilot, "Take back 1 triple? Generation 1 of nano has seen it, and generation 2")
        await see(pilot, "Generation 2 answers now; the base was before all that.")
        await type_text(pilot, "she asked me to")
        await pilot.press("enter")
        await see(pilot, "1 triple taken back")
        assert status(place.shared.store, one.id) == "retracted"
        assert triples.history(place.shared.store, one.id)[-1]["why"] == "she asked me to"
        await pilot.press("u")
        await see(pilot, "Undone: she asked me to")
        assert status(place.shared.store, one.id) == "learned"


async def test_what_somebody_else_decided_is_undone_only_when_that_is_meant(home: Path) -> None:
    ids = queue_of_five(home)
    with open_store(home) as store:
        changes.accept(store, ids[2:4], "both are good", "bea")
        learn(store, ids[3])
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        await pilot.press("u")
        await see(pilot, "Undo “both are good” for 2 triples, decided by bea on")
        await see(pilot, "1 triple has gone on since and stay as they are.")
        await pilot.press("escape")
        assert status(place.shared.store, ids[2]) == "pending"
        await pilot.press("u", "enter")
        await see(pilot, "Undone: both are good (1 triple).")
        assert status(place.shared.store, ids[2]) == "unreviewed"
        assert status(place.shared.store, ids[3]) == "learned"


async def test_a_decision_that_was_learned_is_gone_over(home: Path) -> None:
    ids = queue_of_five(home)
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        await pilot.press("a", "a")
        await see(pilot, "3 of 3")
        with open_store(home) as store:
            learn(store, ids[3])
        await pilot.press("u")
        await see(pilot, "“accepted” cannot be undone: 1 triple has gone on since")
        await pilot.press("u")
        await see(pilot, "Undone: accepted (1 triple).")
        assert status(place.shared.store, ids[2]) == "unreviewed"


async def test_what_another_process_writes_is_seen(home: Path) -> None:
    ids = queue_of_five(home)
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        place = await at_triples(pilot)
        await find(pilot, "")
        await pilot.press("j", "j")
        await see(pilot, "you I asked about a letter")
        with open_store(home) as store:
            changes.retract(store, [ids[2]], "withdrawn")
            add(store, "snow")
            store.connection.execute("DELETE FROM triples WHERE id = ?", (ids[0],))
        await see(pilot, "I asked about snow")
        await see(pilot, "3 of 5")  # one came, one went: the cursor is still on its triple
        await see(pilot, "retracted · ■ neutral")
        with open_store(home) as store:
            store.connection.execute("DELETE FROM triples")
        place._catch_up()
        await find(pilot, "")
        await see(pilot, "There is no triple yet.")
        await pilot.press("a", "x", "t", "e", "space", "m", "y", "enter", "v", "c", "u", "U")
        await see(pilot, "nothing to do again")


async def test_a_triple_of_a_session_leads_back_to_its_turn(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(home) as store:
        session = sessions.create(store, "Piano")
        kept = witnessing.author(store, session.id, 1, lived_turn(store, session.id)).triple
        add(store, "elsewhere", "pending")
    gone: list[Any] = []
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        place = await at_triples(pilot, session=session.id)
        await see(pilot, f"from turn 1 of session {session.id}")
        await see(pilot, "scene foreseen by generation 2")
        monkeypatch.setattr(place, "post_message", _spy(place, gone))
        await pilot.press("c")
        await wait_until(pilot, lambda: bool(gone))
        assert gone == [("converse", {"session": session.id, "turn": 1})]
        await pilot.press("r")
        await wait_until(pilot, lambda: len(gone) == 2)
        assert gone[1] == ("replay", {"session": session.id, "turn": 1})
        await find(pilot, "elsewhere")
        await see(pilot, "from letters.jsonl")
        assert not place.check_action("converse", ()) and place.check_action("edit", ())
    assert kept.session == session.id


def _spy(place: TriplesScreen, gone: list[Any]) -> Any:
    post = place.post_message

    def spied(message: Any) -> bool:
        if isinstance(message, TearScreen.GoTo):
            gone.append((message.place, message.what))
            return True
        return post(message)

    return spied


async def test_arriving_with_a_generation_shows_what_it_has_seen(home: Path) -> None:
    with open_store(home) as store:
        number = learn(store, add(store, "tea", "pending").id)
        add(store, "rain")
    async with running(home, FakeEngine()) as pilot:
        await at_triples(pilot, generation=number)
        await see(pilot, "find generation:1")
        await see(pilot, "1 of 1 · 2 in all")


async def test_the_triple_takes_the_screen_and_gives_it_back(home: Path) -> None:
    queue_of_five(home)
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: pilot.app.focused is place.view)
        assert not place.rows.display
        await pilot.press("j")
        await see(pilot, "you I asked about rain")
        await pilot.press("a")
        await see(pilot, "you I asked about tea")
        await pilot.press("x")
        await type_text(pilot, "no")
        await pilot.press("enter")
        await see(pilot, "1 triple rejected")
        await wait_until(pilot, lambda: pilot.app.focused is place.view)
        await pilot.press("v")
        await see(pilot, "unreviewed → rejected no, by")
        await pilot.press("v", "escape")
        await wait_until(pilot, lambda: pilot.app.focused is place.rows)
        await pilot.press("escape")
        app = pilot.app
        assert isinstance(app, TearApp)
        await wait_until(pilot, lambda: app.screen is app.converse)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param(name, size, marks=() if size == SIZES[0] else pytest.mark.slow)
        for name, size in zip(HOSTILE, SIZES, strict=True)
    ],
)
async def test_hostile_words_are_harmless_here(
    home: Path, name: str, size: tuple[int, int]
) -> None:
    from tear_core.triples import Exchange, Triple

    text = HOSTILE[name].replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    with open_store(home) as store:
        words = Triple(text, text, text, "hurt", context=(Exchange(text, text),))
        notes = triples.Notes(theme=text, licence=text, origin=text)
        triples.add(store, words, source=text, status="unreviewed", notes=notes)
    async with running(home, FakeEngine(), size=size) as pilot:
        place = await at_triples(pilot)
        await see(pilot, "1 of 1")
        await wait_until(pilot, lambda: place.shown is not None)
        await pilot.press("slash")
        await type_text(pilot, " " + HOSTILE[name])
        await pilot.press("escape")
        await find(pilot, f"source:{HOSTILE[name]}")
        await find(pilot, "")
        await pilot.press("x")
        await type_text(pilot, " " + HOSTILE[name])
        await pilot.press("enter")
        await see(pilot, "1 triple rejected")
        await pilot.press("v", "enter", "y")
        await see(pilot, "opied")
        drawn = flat(pilot)
        assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in drawn)


async def test_an_engine_that_is_away_is_said_and_nothing_is_lost(home: Path) -> None:
    ids = queue_of_five(home)
    engine = FakeEngine()
    async with running(home, engine) as pilot:
        place = await at_triples(pilot)
        await wait_until(pilot, lambda: place.shared.link.client is not None)
        engine.gone = True
        await pilot.press("a")
        await see(pilot, "The engine is not there")
        assert status(place.shared.store, ids[2]) == "pending"
        place.shared.link.report(EngineGone("again"))
        await pilot.press("f8")
        await see(pilot, "Starting the engine")
        await wait_until(pilot, lambda: not engine.gone)


async def test_a_database_that_cannot_be_read_or_written_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_of_five(home)

    def broken(*_: Any, **__: Any) -> Any:
        raise sqlite3.OperationalError("disk I/O error")

    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        monkeypatch.setattr("tear_core.store.deciding.decide", broken)
        await pilot.press("a")
        await see(pilot, "Not done: the database cannot be written: disk I/O error")
        monkeypatch.setattr("tear_tui.reviewing.review_queue.listing", broken)
        place.action_everything()
        await see(pilot, "The triples cannot be read: disk I/O error")
        monkeypatch.setattr("tear_tui.reviewing.review_queue.lines", broken)
        place.rows.forget()
        await see(pilot, "deleted")


async def test_somebody_who_writes_for_long_does_not_hold_up_the_keys(home: Path) -> None:
    queue_of_five(home)
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        other = sqlite3.connect(home / "tear.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await pilot.press("a")
        await see(pilot, "1 triple is being accepted…")
        await pilot.press("j", "k")
        await pilot.press("alt+h")
        assert place.busy
        other.execute("ROLLBACK")
        await see(pilot, "1 triple accepted. u undoes it.")
        other.execute("BEGIN IMMEDIATE")
        await pilot.press("alt+h")
        await see(pilot, "Not kept: another process is writing")
        await pilot.press("u")
        await see(pilot, "1 triple is being put back…")
        other.close()
        await see(pilot, "Undone: accepted (1 triple).")


async def test_what_is_typed_at_once_is_text_and_no_command(home: Path) -> None:
    """Keys that are on their way already when the first of them opens a box."""
    queue_of_five(home)

    def burst(pilot: Pilot[int], *keys: str) -> None:
        for key in keys:
            pilot.app.post_message(Key(key, key if len(key) == 1 else None))

    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        burst(pilot, "x", *"attack")
        answer = place.query_one("#answer", Input)
        await wait_until(pilot, lambda: answer.value == "attack")
        await pilot.press("escape")
        await wait_until(pilot, lambda: place.focused is place.rows)
        burst(pilot, "slash", "ctrl+u", *"taxes")
        line = place.query_one(FilterLine)
        await wait_until(pilot, lambda: line.value == "taxes")
        assert triples.counts(place.shared.store)["unreviewed"] == 3


async def test_the_footer_fits_and_every_key_has_its_sentence(home: Path) -> None:
    queue_of_five(home)
    async with running(home, FakeEngine()) as pilot:
        await at_triples(pilot)
        for keys, shown in (
            ([], {"Accept", "Reject", "Edit", "Undo", "Mark", "Filter", "Read", "Back", "Help"}),
            (["x"], {"Do it", "Cancel"}),
            (["escape", "slash"], {"To the list", "Complete", "Clear"}),
            (["escape", "enter"], {"Accept", "Reject", "Edit", "Read", "Back"}),
        ):
            await pilot.press(*keys)
            await wait_until(pilot, lambda shown=shown: shown <= named(pilot))  # type: ignore[misc]
            await pilot.pause()
            keys_shown = footer(pilot)
            assert max(key.right for key in keys_shown) <= 80
            assert len({key.key for key in keys_shown}) == len(keys_shown)
    with_id = [binding for binding in KEYS if getattr(binding, "id", None)]
    assert all(getattr(binding, "tooltip", "") for binding in with_id)


@pytest.mark.slow
async def test_it_is_whole_at_any_size_and_through_every_resize(home: Path) -> None:
    queue_of_five(home)
    async with running(home, FakeEngine(), size=(200, 50)) as pilot:
        place = await at_triples(pilot)
        for size in ((40, 12), (80, 24), (20, 6), (99, 30), (100, 30), (300, 80), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert place.rows.size.width <= size[0]
        await see(pilot, "1 of 3")
        await see(pilot, "what happened a letter")


def test_an_older_queue_is_no_longer_asked_of(store: Store) -> None:
    """The list of a place is of one moment: it is read again only when somebody wrote."""
    from tear_tui.reviewing.review_queue import ReviewQueue

    queue = ReviewQueue(store, "ada")
    assert queue.touched() and not queue.touched()
    with open_store(store.home) as other:
        add(other, "snow")
    assert queue.touched() and queue.outdated()
    queue.reading()()(0)
    assert not queue.outdated()


async def test_leaving_and_coming_back_shows_what_was_written_meanwhile(home: Path) -> None:
    queue_of_five(home)
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        await pilot.press("escape")
        app = pilot.app
        assert isinstance(app, TearApp)
        await wait_until(pilot, lambda: app.screen is app.converse)
        add(app.shared.store, "snow")  # on the same connection, as the conversation does
        await app.go("triples")
        await see(pilot, "of 4")
        assert the_place(pilot) is place


async def test_the_palette_offers_what_the_keys_do(home: Path) -> None:
    queue_of_five(home)
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        await at_triples(pilot)
        await see(pilot, "you I asked about a letter")
        titles = {each.title for each in pilot.app.get_system_commands(pilot.app.screen)}
        assert {"triples: Accept", "triples: Mark all", "triples: Order"} <= titles
        assert "triples: Conversation" not in titles
