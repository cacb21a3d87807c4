"""Generations: the tree, what is known of each, which answers, and two of them side by side."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest
from textual.pilot import Pilot

from tear_core.settings import load_settings
from tear_core.store import (
    Store,
    StoreError,
    comparisons,
    generations,
    open_store,
    sessions,
    triples,
)
from tear_core.store.comparisons import Comparison, Tally
from tear_core.store.fitting import settle
from tear_core.triples import Exchange, Triple
from tear_core.turn import Event
from tear_tui.app import TearApp, open_log
from tear_tui.conversing.conversation import keepable
from tear_tui.lineage import generation_words
from tear_tui.lineage.duel import Asked, as_comparison, drawn
from tear_tui.lineage.families import Family, family_of, nodes
from tear_tui.screens.base import TearScreen
from tear_tui.screens.generations import GenerationsScreen
from tear_tui.screens.generations_compare import CompareScreen
from tear_tui.text.interval import clopper_pearson
from tear_tui.text.tree_lines import tree
from tear_tui.widgets.side_view import SideView
from tests.app.fake_engine import FakeEngine, FakeEngines, script
from tests.app.support import flat, footer, named, running, say, see, type_text, wait_until
from tests.app.test_hostile_text import HOSTILE
from tests.store.made import generation

SIZES = [(80, 24), (120, 40), (200, 50)]
PARENTS = (0, 1, 2, 2, 4, 1)
"""Of generations 1 to 6."""


def grow(store: Store, parents: Sequence[int] = PARENTS) -> list[str]:
    """A tree of generations, each taught one triple; the newest is live. Gives the triples."""
    ids = []
    for number, parent in enumerate(parents, start=1):
        kept, _ = triples.add(
            store,
            Triple(f"I play the piano {number}", "A month is early", f"She closed it {number}"),
            source="test",
            status="pending",
        )
        ids.append(kept.id)
        row = replace(generation(store, parent=parent or None), consequence_after=2.4)
        generations.publish(store, row, [kept.id], ids[:-1])
    return ids


def probe(verdict: str) -> dict[str, Any]:
    rules = [{"passed": verdict == "pass", "words": "scenes cost 2.31 nats more"}]
    return {"probe": {"verdict": verdict, "why": "the loss rose", "rules": rules}}


async def go(pilot: Pilot[int]) -> GenerationsScreen:
    """To the generations, by their keys."""
    await pilot.press("f5")
    await wait_until(pilot, lambda: "go to" in flat(pilot))
    await pilot.press("g")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, GenerationsScreen))
    found = pilot.app.screen
    assert isinstance(found, GenerationsScreen)
    await wait_until(pilot, lambda: found.is_mounted and found.node is not None)
    return found


async def stand(pilot: Pilot[int], screen: GenerationsScreen, number: int) -> None:
    """Go to a row with the arrow keys."""
    order = [each.number for each in screen._rows]
    assert screen.node is not None
    step = order.index(number) - order.index(screen.node.number)
    await pilot.press(*["down" if step > 0 else "up"] * abs(step))
    await wait_until(pilot, lambda: screen.node is not None and screen.node.number == number)


def live(home: Path) -> int:
    with open_store(home) as store:
        return generations.live(store, "nano")


async def test_what_does_not_fit_the_weights_is_marked_and_is_not_made_live(home: Path) -> None:
    with open_store(home) as store:
        grow(store, (0, 1))
        new = replace(generation(store, parent=2), base_fingerprint="of the update")
        generations.publish(store, new, [], [])
        generations.use(store, "nano", 2, "test")
        settle(store, "nano", "of the update")
    engine = FakeEngine(live=0)
    engine.set(unfit=2, fingerprint="of the update")
    async with running(home, engine, size=(120, 40)) as pilot:
        await see(pilot, "does not fit")
        screen = await go(pilot)
        await see(pilot, "It answers for generation 2, which was learned on other weights of nano.")
        await see(pilot, "other weights")
        await stand(pilot, screen, 2)
        await see(pilot, "tear-tui generations rebuild 2")
        await pilot.press("enter")
        await see(pilot, "Generation 2 was learned on other weights of nano: it cannot answer.")
        assert live(home) == 0
        await stand(pilot, screen, 3)
        await pilot.press("enter")
        await see(pilot, "Generation 3 is live.")


# --- the tree, without a screen


def test_a_line_of_descent_keeps_its_lane_and_branches_come_in_from_the_right() -> None:
    assert tree({1: 0, 2: 1, 3: 2, 4: 2}, dict.fromkeys(range(5), "o")) == [
        (4, "o  "),
        (3, "│ o"),
        (2, "o─╯"),
        (1, "o  "),
        (0, "o  "),
    ]
    straight = tree({n: n - 1 for n in range(1, 1001)}, dict.fromkeys(range(1001), "o"))
    assert {lines for _, lines in straight} == {"o"}
    assert tree({}, {0: "o"}) == [(0, "o")]


def test_lanes_that_cross_are_drawn_through() -> None:
    drawn_ = dict(tree({1: 0, 2: 1, 3: 0, 4: 1}, dict.fromkeys(range(5), "o")))
    assert [drawn_[n].rstrip() for n in (4, 3, 2, 1, 0)] == ["o", "│ o", "│ │ o", "o─┼─╯", "o─╯"]


def test_a_wide_tree_is_cut_and_every_node_has_its_row() -> None:
    rows = tree(dict.fromkeys(range(1, 200), 0), dict.fromkeys(range(200), "o"))
    assert len(rows) == 200 and max(len(lines) for _, lines in rows) <= 26


def test_rolling_back_goes_to_what_was_live_before_and_is_still_there(store: Store) -> None:
    grow(store)
    generations.use(store, "nano", 3, "test")
    generations.use(store, "nano", 6, "test")

    def family() -> Family:
        rows = generations.list_generations(store)
        history = generations.live_history(store, "nano")
        return family_of("nano", generations.live(store, "nano"), rows, history)

    assert (family().before, family().parent) == (3, 1)
    generations.remove(store, 3)
    assert family().before == 5  # the one that was published before the sixth
    assert Family("nano", 0).before is None and Family("nano", 0).parent is None


def test_every_base_has_its_own_tree(store: Store) -> None:
    grow(store, (0, 1))
    generations.publish(store, generation(store, base="other"), [], [])
    rows = generations.list_generations(store)
    families = [Family("nano", 2, {r.number: r for r in rows[:2]}),
                Family("other", 3, {3: rows[2]})]  # fmt: skip
    assert [(n.family.base, n.number) for n in nodes(families)] == [
        ("nano", 2), ("nano", 1), ("nano", 0), ("other", 3), ("other", 0),
    ]  # fmt: skip


# --- choices and their interval


@pytest.mark.parametrize(("hits", "of"), [(0, 5), (5, 5), (3, 7), (12, 20), (150, 300), (1, 1000)])
def test_the_interval_is_that_of_clopper_and_pearson(hits: int, of: int) -> None:
    exact = binomtest(hits, of).proportion_ci(method="exact")
    assert clopper_pearson(hits, of) == pytest.approx((exact.low, exact.high), abs=1e-9)
    wide = binomtest(hits, of).proportion_ci(0.99, method="exact")
    assert clopper_pearson(hits, of, 0.99) == pytest.approx((wide.low, wide.high), abs=1e-9)


def test_of_nothing_anything_is_possible() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="2 of 1"):
        clopper_pearson(2, 1)


def choice(one: int, other: int, said: Any, first: int | None = None) -> Comparison:
    shown = {"one": {"draft": f"{one} says"}, "other": {"draft": f"{other} says"}, "seed": 7}
    return Comparison("nano", one, other, one if first is None else first, "hi", shown, said)


def test_choices_are_counted_whichever_side_they_stood_on(store: Store) -> None:
    for made in (
        choice(4, 2, "one"),
        choice(2, 4, "other"),
        choice(4, 2, "other"),
        choice(2, 4, "tie"),
        choice(4, 0, "one"),
    ):
        comparisons.record(store, made)
    assert comparisons.tally(store, "nano", 4, 2) == Tally(4, 2, 2, 1, 1)
    assert comparisons.tally(store, "nano", 2, 4) == Tally(2, 4, 1, 2, 1)
    assert comparisons.tally(store, "other", 2, 4) == Tally(2, 4)
    newest, *_, oldest = comparisons.choices(store, "nano")
    assert (newest.one, newest.other, newest.choice) == (0, 4, "other")
    assert oldest.shown["other"] == {"draft": "4 says"} and oldest.shown_first == 4


def test_what_is_no_comparison_is_not_kept(store: Store) -> None:
    with pytest.raises(StoreError, match="with itself"):
        comparisons.record(store, choice(2, 2, "tie"))
    with pytest.raises(StoreError, match="none of the two"):
        comparisons.record(store, choice(2, 4, "tie", first=9))
    assert comparisons.choices(store, "nano") == []


def test_the_tally_in_words_keeps_ties_apart() -> None:
    said = generation_words.tally(Tally(4, 0, 7, 3, 2))
    assert said.startswith("4 preferred 7×, the base preferred 3×, neither 2×")
    assert said.endswith("  ·  4: 70% [35%, 93%]")
    assert "%" not in generation_words.tally(Tally(4, 0, 0, 0, 2))
    assert "no blind choice" in generation_words.tally(Tally(4, 0))


def test_sides_are_drawn_blind_only_and_both_get_the_same_words_and_seed() -> None:
    asked = Asked("hello", (Exchange("a", "b"),), "before")
    assert drawn(asked, 4, 2, False, draw=lambda n: n - 1).left == 4
    turned = drawn(asked, 4, 2, True, draw=lambda n: n - 1)
    assert (turned.left, turned.right) == (2, 4) and not turned.named
    assert drawn(asked, 4, 2, True, draw=lambda n: 0).left == 4
    from tear_core.engine.messages import Sampling

    left, right = (turned.begin(side, Sampling()).request for side in ("left", "right"))
    assert (left.generation, right.generation) == ("2", "4")
    assert replace(left, generation="", request_id="") == replace(
        right, generation="", request_id=""
    )
    assert left.context == asked.context and left.order == "before"
    with pytest.raises(ValueError, match="only a blind choice"):
        as_comparison(turned, "nano")
    assert drawn(asked, 0, 2, False).begin("left", Sampling()).request.generation == "base"


# --- on the screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_tree_and_everything_about_what_is_live(
    home: Path, size: tuple[int, int]
) -> None:
    with open_store(home) as store:
        grow(store)
        generations.label(store, 4, "calmer tone")
        generations.pin(store, 2, True)
        generations.use(store, "nano", 5, "test")
    async with running(home, FakeEngine(live=5), size=size) as pilot:
        screen = await go(pilot)
        await see(pilot, "▸ ● 5 −0.60 1")
        await see(pilot, "calmer tone")
        await see(pilot, "pinned")
        await see(pilot, "learned, from generation 4, 20")
        await see(pilot, "consequence 3.000 → 2.400, response 2.000 → 1.500")
        await see(pilot, "1 new, 0 replayed, 4 steps, 200 tokens, 2 s, λ 0.30")
        await stand(pilot, screen, 2)
        await see(pilot, "learned, from generation 1")
        assert {"Make live", "Compare", "Blind", "Label"} <= named(pilot)
        assert max(key.right for key in footer(pilot)) <= size[0]


async def test_what_it_was_taught_and_what_the_gate_measured(home: Path) -> None:
    with open_store(home) as store:
        (first,) = grow(store, (0,))
        row = replace(generation(store, parent=1), verdict="pass", gate=probe("pass"))
        generations.publish(store, row, [], [first])
    async with running(home, FakeEngine(live=2), size=(120, 40)) as pilot:
        screen = await go(pilot)
        await see(pilot, "gate: pass the loss rose")
        await see(pilot, "✓ scenes cost 2.31 nats more")
        await stand(pilot, screen, 1)
        await see(pilot, "taught neutral I play the piano 1 → She closed it 1")
        await stand(pilot, screen, 0)
        await see(pilot, "The model as it came")
        await see(pilot, "2 generations grew from it")


async def test_another_one_is_made_live_and_the_talk_goes_on_with_it(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
    engine = FakeEngine(live=6)
    async with running(home, engine) as pilot:
        screen = await go(pilot)
        await stand(pilot, screen, 2)
        await pilot.press("enter")
        await see(pilot, "Generation 2 is live.")
        assert live(home) == 2
        await wait_until(pilot, lambda: engine.pokes == 1)
        await see(pilot, "● 2")
        engine.set(live=2)
        await pilot.press("escape")
        await say(pilot, "Hello")
        await see(pilot, "model · generation 2")


async def test_roll_back_and_to_the_parent(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
        generations.use(store, "nano", 3, "test")
    async with running(home, FakeEngine(live=3)) as pilot:
        await go(pilot)
        await pilot.press("r")
        await see(pilot, "Generation 6 is live.")
        assert live(home) == 6
        await pilot.press("r")
        await see(pilot, "Generation 3 is live.")
        await pilot.press("u")
        await see(pilot, "Generation 2 is live.")
        await pilot.press("u")
        await see(pilot, "Generation 1 is live.")
        await pilot.press("u")
        await see(pilot, "The base is live.")
        assert live(home) == 0
        with open_store(home) as store:
            assert "rolled back" in generations.live_history(store)[-5]["why"]


async def test_what_the_gate_refused_is_only_made_live_after_a_question(home: Path) -> None:
    with open_store(home) as store:
        grow(store, (0,))
        row = replace(generation(store, parent=1), verdict="fail", gate=probe("fail"))
        generations.publish(store, row, [], [])
        assert generations.live(store, "nano") == 1
    async with running(home, FakeEngine(live=1)) as pilot:
        screen = await go(pilot)
        await stand(pilot, screen, 2)
        await pilot.press("enter")
        await see(pilot, "The gate refused it. the loss rose")
        await pilot.press("k")
        await wait_until(pilot, lambda: pilot.app.screen is screen)
        assert live(home) == 1
        await pilot.press("enter")
        await see(pilot, "overrule the gate")
        await pilot.press("o")
        await see(pilot, "Generation 2 is live.")
        assert live(home) == 2


async def test_label_pin_and_delete(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
    async with running(home, FakeEngine(live=6)) as pilot:
        screen = await go(pilot)
        await stand(pilot, screen, 3)
        await pilot.press("l")
        await see(pilot, "What do you call generation 3?")
        await type_text(pilot, "warmer")
        await pilot.press("enter")
        await see(pilot, "“warmer”")
        await pilot.press("l")
        await see(pilot, "What do you call generation 3?")
        await pilot.press("escape")
        await pilot.press("p")
        await see(pilot, "pinned “warmer”")
        await pilot.press("d")
        await see(pilot, "delete the files of generation 3?")
        await pilot.press("d")
        await see(pilot, "Not deleted: generation 3 is pinned. Unpin it first.")
        await pilot.press("p")
        await wait_until(pilot, lambda: "pinned" not in flat(pilot))
        await pilot.press("d")
        await see(pilot, "Its row, its figures")
        await pilot.press("k")
        await wait_until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("d", "d")
        await see(pilot, "The files of generation 3 are gone")
        await see(pilot, "removed")
        await stand(pilot, screen, 6)
        await pilot.press("d")
        await see(pilot, "delete the files of generation 6?")
        await pilot.press("d")
        await see(pilot, "Not deleted: generation 6 of nano is live")
    with open_store(home) as store:
        row = generations.get(store, 3)
        assert row is not None and row.label == "warmer" and row.removed_at


async def test_what_others_change_comes_onto_the_screen(home: Path) -> None:
    with open_store(home) as store:
        grow(store, (0, 1))
        async with running(home, FakeEngine(live=2)) as pilot:
            screen = await go(pilot)
            await stand(pilot, screen, 1)
            grow(store, (2,))
            await see(pilot, "● 3")
            assert screen.node is not None and screen.node.number == 1  # the keys stay there


async def test_somebody_comes_to_see_a_generation(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
    async with running(home, FakeEngine(live=6)) as pilot:
        pilot.app.screen.post_message(TearScreen.GoTo("generations", {"generation": 2}))
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, GenerationsScreen))
        await see(pilot, "▸ ○ 2")
        await see(pilot, "learned, from generation 1, 20")


async def test_a_thousand_generations_are_read_and_walked_through(home: Path) -> None:
    with open_store(home) as store, store.write():
        base = generation(store)
        for number in range(1, 1001):
            row = replace(base, number=number, parent=number - 1 or None)
            generations.publish(store, row, [], [])
    async with running(home, FakeEngine(live=1000)) as pilot:
        screen = await go(pilot)
        await pilot.press("end")
        await see(pilot, "The model as it came")
        await pilot.press("home", "pagedown")
        await wait_until(pilot, lambda: screen.node is not None and screen.node.number < 1000)
        assert len(list(pilot.app.screen.query("*"))) < 40


# --- two side by side


async def compare(pilot: Pilot[int], number: int, key: str = "c") -> CompareScreen:
    """Compare a generation with the one that is live."""
    screen = await go(pilot)
    await stand(pilot, screen, number)
    await wait_until(pilot, lambda: "Compare" in named(pilot))
    await pilot.press(key)
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
    found = pilot.app.screen
    assert isinstance(found, CompareScreen)
    await wait_until(pilot, lambda: found.is_mounted)
    return found


async def ask(pilot: Pilot[int], screen: CompareScreen, text: str = "Hello") -> None:
    await type_text(pilot, text)
    await pilot.press("enter")
    await wait_until(pilot, lambda: screen.duel is not None and screen.duel.asked.input == text)
    await wait_until(pilot, lambda: not screen.writing)


def titles(screen: CompareScreen) -> list[str]:
    return [str(view.border_title) for view in screen.query(SideView)]


@pytest.mark.parametrize("size", SIZES)
async def test_two_generations_answer_the_same_words_side_by_side(
    home: Path, size: tuple[int, int]
) -> None:
    with open_store(home) as store:
        grow(store)
    engine = FakeEngine(script(response="It is early.", scene="She left."),
                        script(response="Play on.", scene="She stayed."), live=6)  # fmt: skip
    async with running(home, engine, size=size) as pilot:
        screen = await compare(pilot, 3)
        await ask(pilot, screen)
        await see(pilot, "It is early.")
        await see(pilot, "She stayed.")
        assert titles(screen) == ["generation 3", "generation 6"]
        left, right = engine.requests
        assert (left.generation, right.generation) == ("3", "6")
        assert left.seed == right.seed is not None
        await pilot.press("ctrl+r")
        await wait_until(pilot, lambda: len(engine.requests) == 4)
        assert engine.requests[2].seed == engine.requests[3].seed != left.seed
        await wait_until(pilot, lambda: not screen.writing)
        assert max(key.right for key in footer(pilot)) <= size[0]
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, GenerationsScreen))
    with open_store(home) as store:
        assert comparisons.choices(store, "nano") == []  # openly: nothing is counted


async def test_blind_the_names_come_after_the_choice_and_the_choice_is_counted(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coins = iter([1, 7, 0, 8])  # a side, a seed, a side, a seed
    monkeypatch.setattr("tear_tui.lineage.duel._by_chance", lambda n: next(coins))
    monkeypatch.setattr(drawn, "__defaults__", (None, lambda n: next(coins)))
    with open_store(home) as store:
        grow(store)
    engine = FakeEngine(live=6)
    async with running(home, engine) as pilot:
        screen = await compare(pilot, 3, "b")
        await ask(pilot, screen)
        await see(pilot, "Which is better?")
        assert titles(screen) == ["left", "right"]
        assert [r.generation for r in engine.requests] == ["6", "3"]
        await pilot.press("right", "enter")
        await see(pilot, "Counted. Left was 6, right was 3.")
        await see(pilot, "3 preferred 1×, 6 preferred 0× · 3: 100%")
        assert titles(screen) == ["generation 6", "✓ generation 3"]
        await ask(pilot, screen, "And now?")
        await see(pilot, "Which is better?")
        await pilot.press("e", "enter")
        await see(pilot, "neither 1×")
    with open_store(home) as store:
        tie, won = comparisons.choices(store, "nano")
    assert (won.one, won.other, won.choice, won.shown_first) == (3, 6, "one", 6)
    assert won.input == "Hello" and won.shown["seed"] == 7
    assert set(won.shown["one"]) == {"draft", "scene", "response"}
    assert tie.choice == "tie" and tie.shown_first == 3


async def test_a_choice_half_made_counts_nothing(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
    engine = FakeEngine(live=6)
    engine.hold("scene", before=2)
    async with running(home, engine) as pilot:
        screen = await compare(pilot, 3, "b")
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "She laughed,")
        assert titles(screen) == ["left", "right"]
        await pilot.press("escape")
        await see(pilot, "no choice is counted")
        await wait_until(pilot, lambda: not screen.writing)
        assert len(engine.requests) == 1 and not screen.has_class("-choosing")
        engine.let_go("scene", before=2)
        await pilot.press("f9")
        await wait_until(pilot, lambda: titles(screen) == ["generation 3", "generation 6"])
    with open_store(home) as store:
        assert comparisons.choices(store, "nano") == []


async def test_a_marked_one_is_compared_instead_of_the_live_one(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
    async with running(home, FakeEngine(live=6)) as pilot:
        screen = await go(pilot)
        await stand(pilot, screen, 2)
        await pilot.press("space")
        await see(pilot, "2◂")
        await stand(pilot, screen, 0)
        await pilot.press("c")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        await see(pilot, "the base nano and generation 2")


async def test_words_are_taken_from_a_triple_with_what_was_said_before(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
        context = (Exchange("Good morning", "Good morning"),)
        words = Triple("She forgot my name", "Ah", "He wept", context=context)
        triples.add(store, words, source="test", status="pending")
    engine = FakeEngine(live=6)
    async with running(home, engine) as pilot:
        screen = await compare(pilot, 3)
        await pilot.press("ctrl+t")
        await see(pilot, "words to ask both with")
        await pilot.press(*"forgot")
        await see(pilot, "She forgot my name")
        await wait_until(pilot, lambda: "I play the piano" not in flat(pilot))
        await pilot.press("enter")
        await see(pilot, "after 1 earlier turn")
        await wait_until(pilot, lambda: not screen.writing and len(engine.requests) == 2)
        assert [r.context for r in engine.requests] == [context, context]


async def test_somebody_comes_with_a_turn_to_compare_on(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
        session = sessions.create(store).id
        for number, said in ((1, "Good morning"), (2, "She forgot my name")):
            for event in (
                Event("input", number, {"text": said}),
                Event("draft", number, {"text": "Ah", "generation": 2}),
                Event("take", number, {"candidate": 0}),
            ):
                sessions.append(store, session, event)
    engine = FakeEngine(live=6)
    async with running(home, engine) as pilot:
        what = {"generation": 3, "session": session, "turn": 2}
        pilot.app.screen.post_message(TearScreen.GoTo("generations", what))
        await wait_until(pilot, lambda: len(engine.requests) == 2)
        assert {r.input for r in engine.requests} == {"She forgot my name"}
        assert engine.requests[0].context == (Exchange("Good morning", "Ah"),)
        await see(pilot, "generation 3 and generation 6")


async def test_somebody_comes_before_the_engine_is_there(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
        session = sessions.create(store).id
        sessions.append(store, session, Event("input", 1, {"text": "She forgot my name"}))
        sessions.append(store, session, Event("draft", 1, {"text": "Ah", "generation": 2}))
        sessions.append(store, session, Event("take", 1, {"candidate": 0}))
    engines = FakeEngines(FakeEngine(live=6), running=False)
    starting = threading.Event()
    start, engines.start = engines.start, lambda home: starting.wait() and start(home)
    async with running(home, engines) as pilot:
        what = {"generation": 3, "session": session, "turn": 1}
        pilot.app.screen.post_message(TearScreen.GoTo("generations", what))
        await see(pilot, "Both will be asked the same.")
        assert not engines.engine.requests
        starting.set()
        await wait_until(pilot, lambda: len(engines.engine.requests) == 2)


async def test_news_of_the_engine_may_come_before_a_comparison_is_drawn(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
    engine = FakeEngine(live=6)
    async with running(home, engine) as pilot:
        app = pilot.app
        assert isinstance(app, TearApp)
        await wait_until(pilot, lambda: app.shared.link.client is not None)
        asked = Asked("She forgot my name")
        compare = CompareScreen(app.shared, Family("nano", 6), 3, 6, False, asked)
        compare.engine_news(app.link.view)
        app.push_screen(compare)
        await wait_until(pilot, lambda: len(engine.requests) == 2)


async def test_an_engine_that_dies_in_a_comparison_is_said_and_started_again(home: Path) -> None:
    with open_store(home) as store:
        grow(store)
    engine = FakeEngine(live=6)
    engine.hold("scene", before=1)
    engines = FakeEngines(engine)
    async with running(home, engines) as pilot:
        screen = await compare(pilot, 3, "b")
        await type_text(pilot, "Hello")
        await pilot.press("enter")
        await see(pilot, "She")
        engine.gone = True
        await see(pilot, "the engine does not answer any more")
        await wait_until(pilot, lambda: "Start engine" in named(pilot))
        assert not screen.has_class("-choosing")
        engine.let_go("scene", before=1)
        await pilot.press("f8")
        await wait_until(pilot, lambda: "Start engine" not in named(pilot))
        await wait_until(pilot, lambda: screen.shared.link.client is not None)
        assert engines.starts == 1
        await pilot.press("ctrl+r")
        await see(pilot, "Which is better?")


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_text_is_harmless_here(home: Path, name: str) -> None:
    text = HOSTILE[name]
    with open_store(home) as store:
        kept, _ = triples.add(
            store,
            Triple(keepable(text), "a", keepable(text)),
            source="test",
            status="pending",
        )
        row = replace(generation(store), label=text[:80].replace("\x00", ""), verdict="fail",
                      gate={"probe": {"why": text, "rules": [{"words": text}]}})  # fmt: skip
        generations.publish(store, replace(row, settings={"note": keepable(text)}), [kept.id], [])
        grow(store, (0,))
    engine = FakeEngine(*[script(response=text, scene=text) for _ in range(2)], live=2)
    async with running(home, engine) as pilot:
        screen = await compare(pilot, 1)
        await pilot.press("ctrl+t")
        await see(pilot, "words to ask both with")
        await pilot.press("down", "enter")
        await wait_until(pilot, lambda: len(engine.requests) == 2 and not screen.writing)
        drawn_ = flat(pilot)
        assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in drawn_)
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, GenerationsScreen))
        assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in flat(pilot))


@pytest.mark.parametrize("size", [(80, 24), (160, 44)])
def test_the_generations_look_as_they_did(
    home: Path, size: tuple[int, int], snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tear_tui.lineage.generation_words.moment", lambda at: "03-02 08:30")
    monkeypatch.setattr("tear_tui.lineage.generation_words.date", lambda at: "2026-03-02 08:30")
    with open_store(home) as store:
        grow(store, (*PARENTS, 4))
        generations.label(store, 4, "calmer tone")
        generations.pin(store, 2, True)
        generations.remove(store, 3)
        generations.use(store, "nano", 5, "test")
        engines = FakeEngines(FakeEngine(live=5))
        app = TearApp(
            home,
            load_settings(),
            open_log(store),
            connect=engines.connect,
            start=engines.start,
            at="generations",
        )

        async def settle(pilot: Pilot[int]) -> None:
            await see(pilot, "learned, from generation 4")
            await see(pilot, "taught neutral")
            await wait_until(pilot, lambda: "Compare" in named(pilot))

        assert snap_compare(app, terminal_size=size, run_before=settle)
