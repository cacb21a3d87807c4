"""What CAS cancels, what it refuses, and that no reader of surfaces passes it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tear_core.corpus.bag_of_words import fit_kinds, words
from tear_core.evaluate import awareness
from tear_core.evaluate.awareness.items import Item, Witness, cluster_of, digest, read
from tear_core.evaluate.awareness.measuring import Awareness
from tear_core.evaluate.awareness.scores import fit_temperature, matching_nll
from tear_core.evaluate.cells import Cell, Score, looked_up
from tear_core.evaluate.figures import Unscored
from tear_core.triples import Landing, Triple

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def halves() -> tuple[list[Witness], list[Item]]:
    """All shipped pairs: half of the inputs for the surface, half to be scored."""
    files = [DATA / part / f"{s}.jsonl" for part in ("siblings", "contrast")
             for s in ("train", "dev", "gate")]  # fmt: skip
    every = [witness for path in files for witness in read(path)]

    def first(witness: Witness) -> bool:
        return int(digest(witness.cluster)[:4], 16) % 2 == 0

    return [w for w in every if first(w)], awareness.items_of(w for w in every if not first(w))


@pytest.fixture(scope="module")
def surface(halves: tuple[list[Witness], list[Item]]) -> awareness.Surface:
    return awareness.fit_surface(halves[0])


def made(count: int, landing: Landing = "neutral") -> list[Item]:
    """Items that differ in a number, their landings alike."""
    return awareness.items_of(
        Witness(Triple(f"input {n}", f"{side} {n}", f"then {side} {n}", landing), f"{n}-{side}")
        for n in range(count)
        for side in ("left", "right")
    )


def seen(items: Sequence[Item], times: float = 1.0) -> Score:
    """A model that knows every item's right matching, `times` nats sure of it."""
    own = {(i.input, i.responses[a], i.consequences[a]) for i in items for a in (0, 1)}
    return lambda cells: [
        -1.0 if (c.input, c.response, c.consequence) in own else -1.0 - times for c in cells
    ]


NOTHING = awareness.fit_surface([])


# --- what cancels ---------------------------------------------------------------------------


@given(st.lists(st.floats(-500, 0), min_size=4, max_size=4))
def test_whatever_is_blind_to_the_response_cancels(drawn: list[float]) -> None:
    """log p(c|x,r) = a(x,c) + b(x,r): style, fluency, length, any prior over consequences."""
    item = made(1)[0]
    a = dict(zip(item.consequences, drawn[:2], strict=True))
    b = dict(zip(item.responses, drawn[2:], strict=True))

    def score(cells: Sequence[Cell]) -> list[float]:
        return [a[c.consequence] + b[str(c.response)] for c in cells]

    found = awareness.measure(score, [item], NOTHING, 1.0).items[0]
    assert found.delta == pytest.approx(0, abs=1e-9) and found.s == pytest.approx(0, abs=1e-9)


def test_it_does_not_matter_which_of_the_two_comes_first() -> None:
    item = made(1)[0]
    turned = replace(
        item,
        responses=(item.responses[1], item.responses[0]),
        consequences=(item.consequences[1], item.consequences[0]),
    )
    table = {item.cell(a, b): -(float(a * 3 + b) ** 2) for a in (0, 1) for b in (0, 1)}
    one, two = (
        awareness.measure(looked_up(table), [each], NOTHING, 2.0).items[0]
        for each in (item, turned)
    )
    assert one.delta == two.delta != 0 and one.group == two.group and one.own == two.own


def test_a_model_that_knows_has_everything() -> None:
    items = made(80)
    trained = [Witness(Triple(f"x {n}", f"r{s} {n}", f"c{s} {n}", "healed"), f"{n}{s}")
               for n in range(40) for s in "ab"]  # fmt: skip
    surface = awareness.fit_surface(trained)
    found = awareness.measure(seen(items, 30), items, surface, 1.0)
    assert (
        found.verdict == "measured"
        and found.strata["T"].clusters + found.strata["R"].clusters >= 30
    )
    assert all(
        getattr(found, name).value == pytest.approx(1.0, abs=1e-6)
        for name in ("group", "own", "right", "bits")
    )


# --- null models ----------------------------------------------------------------------------


def nulls(train: Sequence[Witness]) -> dict[str, Score]:
    """Readers that understand nothing, each as sure of itself as can be."""
    told = [w.triple for w in train if w.triple.landing != "neutral"]
    healed = [triple.landing == "healed" for triple in told]
    heard = fit_kinds([triple.response for triple in told], healed)
    came = fit_kinds([triple.consequence for triple in told], healed)

    def each(value: Callable[[str, str], float]) -> Score:
        return lambda cells: [value(str(c.response), c.consequence) for c in cells]

    def overlap(response: str, consequence: str) -> float:
        one, two = words(response), words(consequence)
        return 1000 * len(one & two) / max(1, len(one | two))

    return {
        "empty": each(lambda r, c: 0.0),
        "constant": each(lambda r, c: -42.0),
        "echo": each(overlap),
        "length": each(lambda r, c: 50.0 * len(r.split()) * len(c.split())),
        "short": each(lambda r, c: -1000.0 * len(c)),
        "refuses": each(lambda r, c: 500.0 * ("no" in words(c) or "not" in words(c))),
        "valence": each(lambda r, c: 50 * heard.score(r) * came.score(c)),
        "talks": each(lambda r, c: 300.0 * awareness.talks(c)),
        "likes the response": each(lambda r, c: 300.0 * heard.score(r)),
    }


@pytest.mark.parametrize("name", list(nulls([])))
def test_a_reader_of_surfaces_does_not_pass(
    name: str, halves: tuple[list[Witness], list[Item]], surface: awareness.Surface
) -> None:
    train, items = halves
    score = nulls(train)[name]
    for temperature in (1.0, None):
        found = awareness.measure(score, items, surface, temperature)
        assert not found.cas.shows_above(0.10)
        assert not found.cas_t.shows_above(0.10) and not found.cas_rw.shows_above(0.10)
    if name not in ("echo", "length", "valence"):  # they do not look at both
        assert found.group.value == 0.0 and all(item.delta == 0 for item in found.items)


def test_sign_accuracy_would_let_an_echo_pass(
    halves: tuple[list[Witness], list[Item]], surface: awareness.Surface
) -> None:
    found = awareness.measure(nulls([])["echo"], halves[1], surface, 1.0)
    assert found.right.shows_above(0.5)
    assert found.cas.value == pytest.approx(0, abs=0.15)


# --- what is refused ------------------------------------------------------------------------


def test_too_few_items_are_insufficient_and_pass_nothing() -> None:
    items = made(20)
    found = awareness.measure(seen(items, 30), items, NOTHING, 1.0)
    assert found.verdict == "insufficient" and not found.cas.shows_above(-1)
    assert "fitted on 0 pairs" in found.why[0] and "30 inputs" in found.why[1]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, None])
def test_an_unscored_cell_counts_as_wrong_and_is_insufficient(bad: float) -> None:
    items = made(60)
    knows = seen(items, 30)
    lost = items[0].cell(0, 1)

    def score(cells: Sequence[Cell]) -> list[float]:
        return [bad if c == lost else n for c, n in zip(cells, knows(cells), strict=True)]

    found = awareness.measure(score, items, NOTHING, 1.0)
    assert found.verdict == "insufficient" and "1 of 60 pairs" in found.why[-1]
    assert found.group.value == pytest.approx(59 / 60) and found.group.unscored == 1
    assert found.cas_t.value == pytest.approx((59 - 1) / 60, abs=1e-6)
    assert isinstance(found.bits.value, Unscored)
    again = Awareness.from_json(json.loads(json.dumps(found.as_json())))
    assert isinstance(next(i for i in again.items if i.id == items[0].id).delta, Unscored)


def test_what_was_not_scored_beforehand_is_unscored() -> None:
    items = made(2)
    found = awareness.measure(looked_up({}), items, NOTHING, 1.0)
    assert all(isinstance(item.delta, Unscored) for item in found.items)
    assert found.verdict == "insufficient"


def test_wrong_arguments_are_refused() -> None:
    items = made(2)
    with pytest.raises(ValueError, match="only cool"):
        awareness.measure(seen(items), items, NOTHING, 0.5)
    with pytest.raises(ValueError, match="two items are called"):
        awareness.measure(seen(items), [items[0], items[0]], NOTHING, 1.0)
    with pytest.raises(ValueError, match="1 scores for"):
        awareness.measure(lambda cells: [0.0], items, NOTHING, 1.0)


# --- temperature ----------------------------------------------------------------------------


def test_the_temperature_is_the_one_with_the_lowest_nll() -> None:
    deltas: list[float | Unscored] = [8.0, 5.0, -4.0, 3.0, -6.0, 9.0]
    found = fit_temperature(deltas)
    assert 1 < found < 100
    best = matching_nll(deltas, found)
    assert all(best <= matching_nll(deltas, found * by) for by in (0.8, 0.95, 1.05, 1.3))


def test_a_temperature_cools_and_never_sharpens() -> None:
    assert fit_temperature([0.1, 0.2, 0.3]) == 1.0
    assert fit_temperature([-3.0, 2.0, -1.0]) == 100.0
    assert fit_temperature([]) == fit_temperature([Unscored("x")]) == 100.0


def test_without_other_items_each_half_takes_the_others_temperature() -> None:
    items = made(80)
    chance = {item.id: (-1) ** n * (n % 7) for n, item in enumerate(items)}
    table = {i.cell(a, b): float(chance[i.id] * (a == b)) for i in items for a in (0, 1)
             for b in (0, 1)}  # fmt: skip
    found = awareness.measure(looked_up(table), items, NOTHING, None)
    by = {item.temperature for item in found.items}
    assert by == set(found.temperatures) and len(by) == 2
    for one, other in (found.temperatures, found.temperatures[::-1]):
        others = [item.delta for item in found.items if item.temperature != one]
        assert fit_temperature(others) == one != other


# --- items, surface and sets ----------------------------------------------------------------


def witness(said: str, answer: str, came: str, **noted: str) -> Witness:
    return Witness(Triple(said, answer, came), **noted)


def test_an_item_needs_two_responses_and_two_consequences() -> None:
    one = witness("hello", "a", "x")
    assert awareness.items_of([one]) == []
    assert awareness.items_of([one, witness("hello", "a ", "y")]) == []
    assert awareness.items_of([one, witness("hello", "b", "x")]) == []
    assert awareness.items_of([one, witness("other", "b", "y", pair="p")]) == []
    found = awareness.items_of([one, witness(" HELLO", "b", "y")])
    assert len(found) == 1 and found[0].id and found[0].cluster == cluster_of("Hello")


def test_pairs_keep_their_names_and_no_two_have_the_same() -> None:
    rows = [witness("hello", r, f"then {r}", id=f"row-{r}", pair="p") for r in "abc"]
    rows += [witness("bye", r, f"then {r}", id=f"other-{r}", pair="q") for r in "ab"]
    found = awareness.items_of(rows)
    assert len(found) == 4 and len({item.id for item in found}) == 4
    assert {item.id for item in found if item.input == "bye"} == {"q"}
    assert len({item.cluster for item in found}) == 2
    assert awareness.items_of(reversed(rows)) == found


def test_moral_stories_are_read_with_their_valence(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    rows = [
        {"input": "s", "response": "r1", "consequence": "c1", "kind": "moral", "id": "1"},
        {"input": "s", "response": "r2", "consequence": "c2", "kind": "immoral", "id": "1"},
        {"input": "s", "response": 3},
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\nnot json\n")
    (item,) = awareness.load_items(path)
    assert sorted(item.landings) == ["healed", "hurt"] and item.id == "1"


def test_a_surface_is_the_same_for_the_same_triples_and_answers_turned_round_alike(
    halves: tuple[list[Witness], list[Item]], surface: awareness.Surface
) -> None:
    train, items = halves
    again = awareness.fit_surface([*reversed(train), *train])
    assert again.hash == surface.hash and again.weights == surface.weights
    assert awareness.fit_surface(train[2:]).hash != surface.hash
    for item in items[:20]:
        turned = replace(
            item,
            responses=(item.responses[1], item.responses[0]),
            consequences=(item.consequences[1], item.consequences[0]),
        )
        crossed = replace(turned, consequences=item.consequences)
        assert surface.f(turned) == pytest.approx(surface.f(item))
        assert surface.f(crossed) == pytest.approx(-surface.f(item))


def test_the_surface_is_right_on_more_than_half_and_only_alike_landings_tie(
    halves: tuple[list[Witness], list[Item]], surface: awareness.Surface
) -> None:
    strata = [(surface.stratum(item), item) for item in halves[1]]
    named = [name for name, _ in strata]
    assert named.count("R") > named.count("W") > 0 and named.count("T") > 0
    assert all(item.same_landing and abs(surface.f(item)) < 0.1
               for name, item in strata if name == "T")  # fmt: skip


def test_nothing_is_fitted_on_what_is_scored(tmp_path: Path) -> None:
    def write(name: str, inputs: Sequence[str]) -> Path:
        rows = [
            {"input": x, "response": r, "consequence": f"{x} {r}"} for x in inputs for r in "ab"
        ]
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
        return tmp_path / name

    gate = write("gate.jsonl", ["one", "two"])
    dev = write("dev.jsonl", ["two", "three", "four"])
    write("train.jsonl", ["ONE", "four", "five"])
    sets = awareness.sets_of([gate])
    assert {item.input for item in sets.items} == {"one", "two"}
    assert {item.input for item in sets.calibration} == {"three", "four"}
    assert {w.triple.input for w in sets.train} == {"five"}
    both = awareness.sets_of([gate, dev])
    assert not both.calibration and len(both.items) == 4


def test_a_file_with_splits_is_divided_by_them(tmp_path: Path) -> None:
    rows = [
        {"input": f"{split} {n}", "response": r, "consequence": f"{n} {r}", "split": split}
        for split in ("train", "dev")
        for n in range(3)
        for r in "ab"
    ]
    path = tmp_path / "stories.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    sets = awareness.sets_of([path])
    assert len(sets.train) == 6 and len(sets.items) == 3 and not sets.calibration
    assert all(item.input.startswith("dev") for item in sets.items)


# --- what is kept ---------------------------------------------------------------------------


def test_a_measurement_comes_back_from_json_and_is_rebuilt_from_its_items(
    halves: tuple[list[Witness], list[Item]], surface: awareness.Surface
) -> None:
    score = nulls(halves[0])["valence"]
    found = awareness.measure(score, halves[1], surface, None)
    text = json.dumps(found.as_json(), allow_nan=False)
    again = Awareness.from_json(json.loads(text))
    assert again == found
    rebuilt = awareness.measuring.summed(again.items, again.surface, again.temperatures, again.seed)
    assert rebuilt == found
    with pytest.raises(ValueError, match="measure again"):
        Awareness.from_json({**found.as_json(), "schema": 0})


def test_two_arms_are_compared_on_the_same_items_only(
    halves: tuple[list[Witness], list[Item]], surface: awareness.Surface
) -> None:
    items = halves[1]
    knows = awareness.measure(seen(items, 9), items, surface, 1.0)
    echo = awareness.measure(nulls([])["echo"], items, surface, None)
    gain = awareness.compare(knows, echo)
    assert gain.cas.shows_above(0.5) and gain.group.shows_above(0.1)
    assert gain.mcnemar < 1e-6 and gain.p < 0.001  # type: ignore[operator]
    assert not awareness.compare(echo, knows).cas.shows_above(0)
    same = awareness.compare(knows, knows)
    assert same.cas.value == 0.0 and same.mcnemar == 1.0 and not same.cas.shows_above(0)
    fewer = awareness.measure(seen(items, 9), items[1:], surface, 1.0)
    other = awareness.measure(seen(items, 9), items, NOTHING, 1.0)
    for odd in (fewer, other):
        told = awareness.compare(knows, odd)
        assert told.verdict == "insufficient" and not told.cas.shows_above(-9)
        json.dumps(told.as_json(), allow_nan=False)
