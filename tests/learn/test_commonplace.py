"""A response that would be said to anybody is not imitated; its scene is learned."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tear_core.evaluate.gate.probe_set import shipped
from tear_core.evaluate.surprise import Surprise, surprise
from tear_core.learn import commonplace, update
from tear_core.learn.commonplace import INPUTS, said_to_anybody
from tear_core.learn.learner import Learner
from tear_core.learn.loss import Example
from tear_core.learn.optimizer import make_optimizer
from tear_core.learn.plan import Plan, plan_for
from tear_core.learn.publish import LearnerState
from tear_core.learn.rebuilding import rebuild
from tear_core.learn.replay import Reservoir
from tear_core.learn.step import dual_step
from tear_core.learn.update import FEW, Recipe, Taken, Update, recipe_for
from tear_core.model.base import Base
from tear_core.model.packing import pack
from tear_core.model.scoring import token_nll
from tear_core.model.tree import Tree, grow
from tear_core.nano import WEIGHTS
from tear_core.settings import load_settings
from tear_core.store import generations, triples
from tear_core.store.database import Store, open_store
from tear_core.triples import Triple
from tear_core.witness_format import Section
from tests.learn.making import PLAN, add, lineage

OURS = replace(PLAN, epochs=None, steps=5, enough=0.01, commonplace=1e9)
"""Everything is commonplace, and nothing is enough."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "home") as opened:
        yield opened


def taken(
    base: Base, store: Store, plan: Plan = OURS, count: int = 1, hurt: bool = False
) -> tuple[Update, list[Taken]]:
    """Every step of an update from the base."""
    new = triples.get_many(store, add(store, 0, count))
    if hurt:
        new = [replace(each, triple=replace(each.triple, landing="hurt")) for each in new]
    recipe = recipe_for(plan, new=len(new), replayable=0, depth=1, capacity=plan.capacity)
    made = Update(grow(base, plan.shape), recipe, LearnerState(), new, {})
    return made, list(made.steps())


def asked(monkeypatch: pytest.MonkeyPatch, *costs: float) -> list[Triple]:
    """Who is asked about from now on. Their responses cost `costs`, the last one for ever."""
    seen: list[Triple] = []

    def asked_about(tree: Tree, triple: Triple, bar: float, *_: object) -> bool:
        seen.append(triple)
        return costs[min(len(seen), len(costs)) - 1] < bar

    monkeypatch.setattr(update, "said_to_anybody", asked_about)
    return seen


def imitated(steps: list[Taken]) -> list[bool]:
    return [not math.isnan(each.report.response_loss) for each in steps]


def test_its_scene_is_learned_and_the_response_is_not_pulled_at(
    rows_base: Base, store: Store
) -> None:
    made, steps = taken(rows_base, store)
    assert imitated(steps) == [False] * 5
    assert made.not_imitated == {each.id for each in made.new}
    assert steps[-1].report.consequence_loss < steps[0].report.consequence_loss


def test_it_is_imitated_until_it_has_become_so(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = asked(monkeypatch, 70.0, 60.0, 40.0)
    _, steps = taken(rows_base, store, replace(OURS, commonplace=50.0))
    assert imitated(steps) == [True, True, False, False, False]
    assert len(seen) == 3, "what is passed over is not asked about again"


def test_the_others_are_not_read_while_it_is_not_even_likely_after_its_own_input(
    rows_base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def costs(_: Tree, several: Sequence[Triple], *__: object) -> list[Surprise]:
        read.append(len(several))
        return [Surprise(2.0, 1)] * len(several)

    monkeypatch.setattr(commonplace, "surprise", costs)
    tree, triple = grow(rows_base, PLAN.shape), Triple("mine", "I am here", "He went.", "healed")
    assert not said_to_anybody(tree, triple, 1.5, 96) and read == [1]
    assert said_to_anybody(tree, triple, 2.5, 96) and read == [1, 1, len(INPUTS)]


def test_nobody_is_asked_about_whose_response_was_dear_when_it_was_last_seen(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = asked(monkeypatch, 1.0)
    _, steps = taken(rows_base, store, replace(OURS, commonplace=0.5))
    assert all(imitated(steps)) and len(seen) == 1, "when it had not been seen yet"
    costs = [each.report.responses for each in steps]
    assert min(cost for (cost,) in costs) > 0.5


def test_a_step_says_what_each_response_cost(rows_base: Base) -> None:
    tree, several = grow(rows_base, PLAN.shape), [Triple("a", f"I am {n}", "So.") for n in (1, 2)]
    examples = [Example(rows_base.format.training_tokens(each, 256), 0.0) for each in several]
    optimizer = make_optimizer(tree, "adamw", 1e-3)
    expected = []
    for example in examples:
        (row,) = pack([example.tokens], 256)
        expected.append(token_nll(tree, row)[row.sections == Section.RESPONSE].mean().item())
    report = dual_step(tree, optimizer, examples, lambda_=1.0, capacity=256)
    assert report.responses == pytest.approx(expected, rel=1e-4)
    assert math.isnan(report.response_loss), "though none is imitated"


def test_a_replay_is_asked_about_whenever_it_is_drawn(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each epoch draws another one: what the window cost before says nothing of it."""
    seen = asked(monkeypatch, 70.0)
    made, steps = with_replays(rows_base, store, replace(OURS, commonplace=50.0))
    drawn = {each.id for step in steps for each in step.window} - made.new_ids
    assert len(drawn) > 1 and {each.input for each in seen} >= {
        each.triple.input for step in steps for each in step.window
    }


def test_it_does_not_end_because_a_cheaper_replay_was_drawn(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its own response is passed over, those of replays say nothing of how far it is."""
    mine = "I am 9"
    monkeypatch.setattr(update, "said_to_anybody", lambda _, triple, *__: triple.response == mine)
    fallen: list[bool] = []
    real = update._fallen_to

    def watched(mean: update.Loss, first: update.Loss, few: bool) -> float:
        fallen.append(few)
        return real(mean, first, few)

    monkeypatch.setattr(update, "_fallen_to", watched)
    made, _ = with_replays(rows_base, store, replace(OURS, commonplace=1.0))
    assert made.not_imitated and fallen and not any(fallen)


def with_replays(base: Base, store: Store, plan: Plan) -> tuple[Update, list[Taken]]:
    """One new triple ("I am 9") with one of several replays in each epoch."""
    before = {each.id: each for each in triples.get_many(store, add(store, 0, 6))}
    new = triples.get_many(store, add(store, 9, 1))
    recipe = recipe_for(plan, new=1, replayable=6, depth=1, capacity=plan.capacity)
    reservoir = Reservoir().offer(list(before), 0)
    made = Update(grow(base, plan.shape), recipe, LearnerState(reservoir=reservoir), new, before)
    return made, list(made.steps())


@pytest.mark.parametrize("why", ["many", "hurt", "as often as asked for"])
def test_nobody_is_asked_about(
    why: str, rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many, one has to choose; a hurtful one is never imitated; an order is an order."""
    seen = asked(monkeypatch, 0.0)
    plan = replace(OURS, epochs=2) if why == "as often as asked for" else OURS
    _, steps = taken(rows_base, store, plan, FEW + 1 if why == "many" else 1, hurt=why == "hurt")
    assert not seen and all(imitated(steps)) is (why != "hurt")


def test_each_of_a_few_is_judged_by_itself(
    rows_base: Base, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "said_to_anybody", lambda _, triple, *__: "1" in triple.response)
    made, steps = taken(rows_base, store, replace(OURS, commonplace=1.0), 3)
    words = {each.id: each.triple.response for each in made.new}
    assert [words[each] for each in made.not_imitated] == ["I am 1"]
    assert all(imitated(steps))


def test_it_is_the_cost_after_other_inputs_that_counts(
    rows_base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, triple = grow(rows_base, PLAN.shape), Triple("mine", "I am here", "He went.", "healed")
    inputs = ("mine", *INPUTS)
    each = [surprise(tree, [replace(triple, input=i)], Section.RESPONSE)[0] for i in inputs]
    own, others = each[0].per_token, sum(s.nats for s in each[1:]) / sum(s.tokens for s in each[1:])
    assert said_to_anybody(tree, triple, max(own, others) + 1e-4, 96)
    assert not said_to_anybody(tree, triple, others - 1e-4, 96)
    assert not said_to_anybody(tree, triple, own - 1e-4, 96)
    monkeypatch.setattr(commonplace, "INPUTS", ("so much to say " * 300,))
    assert not said_to_anybody(tree, triple, 1e9, 96), "it does not fit"


def test_it_is_kept_with_the_generation_which_can_be_learned_again(
    rows_base: Base, store: Store
) -> None:
    ids = lineage(Learner(rows_base, OURS), store, (1, 2))
    row = generations.get(store, 2)
    assert row is not None and row.settings["not_imitated"] == sorted(ids[0] + ids[1])
    told = [each for each in rebuild(store, rows_base, 2) if each["event"] == "rebuilt"]
    assert [each["same"] for each in told] == [True, True]
    older = {name: value for name, value in row.settings.items() if name != "commonplace"}
    assert Recipe.of(older, 1.0).commonplace is None
    assert Recipe.of(row.settings, 1.0).commonplace == 1e9


def test_its_inputs_are_in_nothing_that_anybody_is_measured_by() -> None:
    probe = shipped()
    known = {*probe.canaries.values(), *(each.input for each in probe.triples)}
    data = Path(__file__).parents[2] / "data"
    text = "\n".join(each.read_text() for each in sorted(data.rglob("*.jsonl")))
    assert not known & set(INPUTS) and len(text) > 10_000
    assert not [each for each in INPUTS if each in text]


def test_a_base_says_its_own_bar_and_has_none_if_it_says_nothing(rows_base: Base) -> None:
    assert plan_for(rows_base, load_settings()).commonplace is None
    told = replace(rows_base, learning={"commonplace": 2.5})
    assert plan_for(told, load_settings()).commonplace == 2.5


def test_nano_has_one() -> None:
    about = json.loads((WEIGHTS / "tear.json").read_text())
    assert 0 < about["learning"]["commonplace"] < math.inf
