"""The artifact table says what is so: on data where the answer is known."""

import random
from collections.abc import Callable

import pytest

from tear_core.corpus.audit import Audit, audit
from tear_core.corpus.bag_of_words import fit_kinds, fit_pairs
from tear_core.corpus.records import Row
from tear_core.store.triple_rows import Notes
from tear_core.triples import Landing, Triple

FILLER = [
    *("the", "a", "of", "and", "door", "river", "morning", "kettle"),
    *("hands", "letter", "brother", "market", "rain", "bread"),
]


def words(draw: random.Random, count: int, *more: str) -> str:
    chosen = [draw.choice(FILLER) for _ in range(count)] + list(more)
    draw.shuffle(chosen)
    return " ".join(chosen)


Side = Callable[[random.Random, int], tuple[str, str]]


def pairs(one: Side, two: Side, landings: tuple[Landing, Landing], count: int = 120) -> list[Row]:
    """Rows of so many inputs with two responses each; a side makes response and consequence."""
    draw = random.Random(1)
    rows = []
    for number in range(count):
        name = f"{landings[0]}-{number:03}"
        for letter, side, landing in zip("ab", (one, two), landings, strict=True):
            response, consequence = side(draw, number)
            triple = Triple(f"input {name}", response, consequence, landing)
            rows.append(Row(0, triple, None, notes=Notes(pair=name, origin=f"{name}-{letter}")))
    return rows


def plain(draw: random.Random, _: int) -> tuple[str, str]:
    return words(draw, 12), words(draw, 20)


def right(found: Audit, kind: str, name: str) -> float:
    (measure,) = [each for each in found.table if (each.pairs, each.name) == (kind, name)]
    assert measure.right is not None and measure.low is not None and measure.high is not None
    assert measure.low <= measure.right <= measure.high
    return measure.right


def test_data_with_nothing_to_find_is_at_chance() -> None:
    rows = pairs(plain, plain, ("healed", "hurt")) + pairs(plain, plain, ("neutral", "neutral"))
    found = audit(rows)
    assert (found.rows, found.contrast, found.siblings, found.alone) == (480, 120, 120, 0)
    for measure in found.table:
        # What is learned from noise in the other folds is rather wrong in this one: below chance.
        assert measure.right is not None and 0.3 <= measure.right <= 0.62, measure


@pytest.mark.parametrize(
    ("better", "name"),
    [
        (lambda d, n: (words(d, 25), words(d, 20)), "length of the response"),
        (lambda d, n: (words(d, 12) + "?", words(d, 20)), "question mark in the response"),
        (lambda d, n: (words(d, 12, "dear"), words(d, 20)), "bag of words, response alone"),
        (lambda d, n: (words(d, 12), words(d, 20, "smiled")), "bag of words, consequence alone"),
        (lambda d, n: (words(d, 12, "dear"), words(d, 20, "smiled")), "valence matching"),
    ],
)
def test_what_gives_contrast_pairs_away_is_found(better: Side, name: str) -> None:
    found = audit(pairs(better, plain, ("healed", "hurt")))
    assert right(found, "contrast", name) > 0.9
    assert right(audit(pairs(plain, better, ("hurt", "healed"))), "contrast", name) > 0.9


def marked(kind: str) -> tuple[Side, Side]:
    def side(*more: tuple[str, str]) -> Side:
        response, consequence = more[0]
        return lambda d, n: (
            words(d, 12, *([response.format(n)] if response else [])),
            words(d, 20, *([consequence.format(n)] if consequence else [])),
        )

    return {
        "overlap": (
            side(("this{0} that{0} those{0}", "this{0} that{0} those{0}")),
            side(("one{0} other{0} none{0}", "one{0} other{0} none{0}")),
        ),
        "order": (side(("", "first")), side(("", ""))),
        "valence": (side(("dear", "smiled")), side(("", ""))),
    }[kind]


def test_what_gives_siblings_away_is_found() -> None:
    told = audit(pairs(*marked("overlap"), ("neutral", "neutral")))
    assert right(told, "siblings", "word overlap") == 1.0
    assert right(told, "siblings", "bag of words, consequence alone") < 0.65
    told = audit(pairs(*marked("order"), ("neutral", "neutral")))
    assert right(told, "siblings", "bag of words, consequence alone") > 0.9
    assert [m.holds for m in told.table if m.name == "bag of words, consequence alone"] == [
        None,
        False,
    ]
    contrast = pairs(
        lambda d, n: (words(d, 12, "dear"), words(d, 20, "smiled")), plain, ("healed", "hurt")
    )
    told = audit(contrast + pairs(*marked("valence"), ("neutral", "neutral")))
    assert right(told, "siblings", "valence matching") > 0.9
    long = pairs(lambda d, n: (words(d, 25), words(d, 40)), plain, ("hurt", "hurt"))
    assert right(audit(long), "siblings", "length") > 0.9


def test_the_order_of_rows_and_where_they_stand_do_not_matter() -> None:
    rows = pairs(plain, plain, ("healed", "hurt"), 60) + pairs(plain, plain, ("hurt", "hurt"), 60)
    mixed = rows + rows[:20]
    random.Random(3).shuffle(mixed)
    assert audit(mixed) == audit(rows)


def test_too_little_is_said_and_not_guessed() -> None:
    found = audit([Row(0, Triple("a", "b", "c"), None), Row(1, None, None, "not a triple")])
    assert (found.rows, found.alone, found.contrast) == (1, 1, 0)
    assert all(measure.right is None for measure in found.table)
    few = audit(pairs(plain, plain, ("healed", "hurt"), 6))
    assert {m.name for m in few.table if m.right is None and m.pairs == "contrast"} == {
        "bag of words, response alone",
        "bag of words, consequence alone",
        "valence matching",
    }


def test_rows_of_one_input_are_pairs_without_being_told() -> None:
    rows = [
        Row(0, Triple("Same input ", "b", "c", "healed"), None),
        Row(1, Triple("same  input", "d", "e", "hurt"), None),
        Row(2, Triple("same input", "d", "f", "hurt"), None),  # the same reply is no pair
    ]
    found = audit(rows)
    assert (found.contrast, found.siblings) == (2, 0)


def test_a_bag_of_words_learns_which_words_tell() -> None:
    bag = fit_kinds(["good day", "good night", "bad day", "bad night"], [True, True, False, False])
    assert bag.score("good") > 0 > bag.score("bad")
    assert abs(bag.score("day")) < 1e-6 and bag.score("unheard of") == bag.score("")
    pair = fit_pairs([("good day", "bad day"), ("good night", "bad night")])
    assert pair.score("good") > pair.score("bad")
    assert fit_pairs([("a", "b")]).score("a") == 0.0
