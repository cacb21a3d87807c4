"""Editing a triple: the human words beside the model's, nothing lost, old versions kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tear_core.store import open_store, sessions, triples, versions, witnessing
from tear_core.store.edits import Edit, edit
from tear_core.triples import Triple
from tear_tui.screens.triple_edit import EditTripleScreen
from tear_tui.screens.triples import TriplesScreen
from tear_tui.text.safe_text import safe_text
from tear_tui.widgets.landing import LandingRow
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.text_box import TextBox
from tests.app.fake_engine import FakeEngine
from tests.app.support import flat, footer, running, see, type_text, wait_until
from tests.app.test_hostile_text import HOSTILE
from tests.app.test_triples import MOSTLY_SMALL, MOSTLY_WORST
from tests.app.triples_support import add, at_triples, find, learn, status
from tests.store.made import lived_turn


async def open_form(pilot: Pilot[int], *keys: str) -> EditTripleScreen:
    """Press these keys, which lead to the form, and wait for it."""
    await pilot.press(*(keys or ("e",)))
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, EditTripleScreen))
    form = pilot.app.screen
    assert isinstance(form, EditTripleScreen)
    await wait_until(pilot, lambda: form.is_mounted and form.focused is not None)
    return form


async def back_at_the_list(pilot: Pilot[int]) -> None:
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, TriplesScreen))


@pytest.mark.parametrize("size", MOSTLY_SMALL)
async def test_a_scene_is_edited_with_the_foreseen_one_beside_it(
    home: Path, size: tuple[int, int]
) -> None:
    with open_store(home) as store:
        session = sessions.create(store)
        kept = witnessing.author(store, session.id, 1, lived_turn(store, session.id)).triple
    engine = FakeEngine()
    async with running(home, engine, size=size) as pilot:
        place = await at_triples(pilot)
        form = await open_form(pilot)
        await see(pilot, "scene foreseen by generation 2")
        await see(pilot, "he turns pale")
        assert form.query_one("#input", TextBox).read_only
        await pilot.press("end", "exclamation_mark", "f3", "ctrl+t", "f2")
        await back_at_the_list(pilot)
        await see(pilot, "Kept; it is pending. u undoes it.")
        after = triples.get(place.shared.store, kept.id)
        assert after.triple.consequence == "he wept!he turns pale"
        assert after.triple.landing == "healed"
        (turn,) = sessions.conversation(place.shared.store, session.id).turns
        assert (turn.consequence, turn.landing) == ("he wept!he turns pale", "healed")
        await wait_until(pilot, lambda: engine.pokes >= 1)
        await see(pilot, "what happened he wept!he turns pale")
        await pilot.press("v")
        await see(pilot, "consequence was he wept")
        await pilot.press("u")
        await see(pilot, "Undone: edited (1 triple).")
        assert triples.get(place.shared.store, kept.id).triple == kept.triple


async def test_the_words_a_larger_model_wrote_stay_in_sight(home: Path) -> None:
    with open_store(home) as store:
        notes = triples.Notes(consent="written by big-model")
        words = Triple("hi", "yo", "he wept a river")
        made, _ = triples.add(
            store, words, source=versions.GENERATED, status="unreviewed", notes=notes
        )
        edit(store, made.id, Edit(consequence="he wept"))
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        place = await at_triples(pilot)
        await see(pilot, "as it was written by big-model he wept a river")
        form = await open_form(pilot)
        await see(pilot, "as it was written by big-model")
        form.query_one("#theme", LineBox).focus()
        await type_text(pilot, "grief")
        form.query_one("#difficulty", LineBox).focus()
        await pilot.press("9", "f2")
        await see(pilot, "Not kept: the difficulty is 1 to 4: obvious to subtle.")
        await pilot.press("backspace", "3", "f2")
        await back_at_the_list(pilot)
        noted = triples.get(place.shared.store, made.id).notes
        assert (noted.theme, noted.difficulty) == ("grief", 3)


async def test_what_was_not_saved_is_there_again(home: Path) -> None:
    with open_store(home) as store:
        kept = add(store, "tea")
    async with running(home, FakeEngine()) as pilot:
        await at_triples(pilot)
        await open_form(pilot)
        await pilot.press("end")
        await type_text(pilot, " and a long talk")
        await pilot.press("alt+u", "escape")
        await back_at_the_list(pilot)
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        form = await open_form(pilot)
        await see(pilot, "What you had written is back.")
        assert form.query_one("#consequence", TextBox).words == "tea and a long talk"
        assert form.query_one(LandingRow).landing == "hurt"
        await pilot.press("ctrl+r")
        assert form.query_one("#consequence", TextBox).words == "tea"
        await pilot.press("f2")
        await back_at_the_list(pilot)
        await see(pilot, "Nothing is different.")
        assert triples.get(place.shared.store, kept.id) == kept
        await open_form(pilot)
        await see(pilot, "what happened tea")
        assert "is back" not in flat(pilot)


async def test_words_that_cannot_be_kept_stay_in_the_form(home: Path) -> None:
    with open_store(home) as store:
        add(store, "rain")
        triples.add(
            store,
            Triple("I asked about rain", "Tell me of rain", "tea"),
            source="x",
            status="unreviewed",
        )
    async with running(home, FakeEngine()) as pilot:
        await at_triples(pilot)
        form = await open_form(pilot)
        form.query_one("#consequence", TextBox).fill("")
        await pilot.press("f2")
        await see(pilot, "Not kept: consequence is empty")
        await type_text(pilot, "rain")
        await pilot.press("f2")
        await see(pilot, "Not kept: these words are there already, as triple")
        assert form.query_one("#consequence", TextBox).words == "rain"
        await pilot.press("ctrl+c")
        await see(pilot, "Ctrl+c again quits")


async def test_what_somebody_else_changed_meanwhile_is_not_written_over_unseen(home: Path) -> None:
    with open_store(home) as store:
        kept = add(store, "tea")
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        form = await open_form(pilot)
        with open_store(home) as other:
            edit(other, kept.id, Edit(consequence="coffee", theme="work"))
        form.query_one("#consequence", TextBox).fill("milk")
        await pilot.press("f2")
        await see(pilot, "Changed elsewhere: what happened. F2 keeps yours")
        await pilot.press("f2")
        await back_at_the_list(pilot)
        after = triples.get(place.shared.store, kept.id)
        assert (after.triple.consequence, after.notes.theme) == ("milk", "work")
        form = await open_form(pilot)
        with open_store(home) as other:
            edit(other, kept.id, Edit(consequence="water"))
        form.query_one("#consequence", TextBox).fill("juice")
        await pilot.press("f2")
        await see(pilot, "^r shows theirs")
        await pilot.press("ctrl+r")
        assert form.query_one("#consequence", TextBox).words == "water"


async def test_learned_words_become_a_triple_of_their_own(home: Path) -> None:
    with open_store(home) as store:
        kept = add(store, "tea", "pending")
        learn(store, kept.id)
    async with running(home, FakeEngine(), size=(120, 40)) as pilot:
        place = await at_triples(pilot)
        await open_form(pilot)
        await see(pilot, "Generation 1 has seen these words: other ones become a new triple.")
        await pilot.press("end")
        await type_text(pilot, " at noon")
        await pilot.press("f2")
        await back_at_the_list(pilot)
        await see(pilot, "Kept as a new triple, which waits; the learned one is retracted.")
        await find(pilot, "noon")
        await see(pilot, "what happened tea at noon")
        await pilot.press("v")
        await see(pilot, f"its learned words stay as triple {kept.id}")
        await see(pilot, "pending → learned generation 1, by learner")
        assert status(place.shared.store, kept.id) == "retracted"
        await pilot.press("u")
        await see(pilot, "Undone: edited (2 triples).")
        assert status(place.shared.store, kept.id) == "learned"


async def test_a_landing_is_marked_by_one_key(home: Path) -> None:
    with open_store(home) as store:
        kept = add(store, "tea")
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        await see(pilot, "unreviewed · ■ neutral")
        await pilot.press("alt+u")
        await see(pilot, "unreviewed · ▼ hurt")
        assert triples.get(place.shared.store, kept.id).triple.landing == "hurt"
        await pilot.press("alt+u")
        await see(pilot, "Nothing is different.")
        await pilot.press("u")
        await see(pilot, "unreviewed · ■ neutral")


@pytest.mark.parametrize("name", MOSTLY_WORST)
async def test_hostile_words_are_edited_harmlessly(home: Path, name: str) -> None:
    text = HOSTILE[name].replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    with open_store(home) as store:
        notes = triples.Notes(theme=text, consent=text)
        words = Triple(text, text, text)
        kept, _ = triples.add(
            store, words, source=versions.GENERATED, status="unreviewed", notes=notes
        )
    async with running(home, FakeEngine()) as pilot:
        place = await at_triples(pilot)
        form = await open_form(pilot)
        await pilot.press("f2")
        await back_at_the_list(pilot)
        assert triples.get(place.shared.store, kept.id) == kept  # untouched boxes change nothing
        form = await open_form(pilot)
        await pilot.press("ctrl+t")
        box = form.query_one("#consequence", TextBox)
        await type_text(pilot, HOSTILE[name])
        assert safe_text(box.text) == box.text
        await pilot.press("f2")
        await back_at_the_list(pilot)
        await see(pilot, "Kept; it is unreviewed.")


async def test_the_footer_of_the_form_fits(home: Path) -> None:
    with open_store(home) as store:
        session = sessions.create(store)
        witnessing.author(store, session.id, 1, lived_turn(store, session.id))
    async with running(home, FakeEngine()) as pilot:
        await at_triples(pilot)
        await open_form(pilot)
        await wait_until(pilot, lambda: len(footer(pilot)) > 4)
        for _ in range(3):
            await pilot.pause()
            assert max(key.right for key in footer(pilot)) <= 80
            await pilot.press("tab")
