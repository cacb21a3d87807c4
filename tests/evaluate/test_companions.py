"""Ranking among eight, scenes that are written, paraphrases, and talk."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tear_core.evaluate import awareness
from tear_core.evaluate.awareness.items import Item, Witness
from tear_core.evaluate.awareness.paraphrases import Paraphrased
from tear_core.evaluate.awareness.swap import alike, asked_of, eligible, irrelevantly_edited
from tear_core.evaluate.cells import Cell
from tear_core.evaluate.figures import Unscored
from tear_core.triples import Triple


def made(count: int) -> list[Item]:
    return awareness.items_of(
        Witness(Triple(f"input {n}", f"{side} {n}", f"then {side} {n} happened"), f"{n}-{side}")
        for n in range(count)
        for side in ("left", "right")
    )


# --- ranking --------------------------------------------------------------------------------


def test_the_own_consequence_is_first_for_who_knows_and_seldom_for_who_does_not() -> None:
    items = made(40)
    asked = awareness.questions(items)
    assert len(asked) == 80 and all(len(set(q.candidates)) == 8 for q in asked)
    assert all(q.candidates[1] != q.candidates[0] for q in asked)

    def knows(cells: Sequence[Cell]) -> list[float]:
        return [0.0 if c.consequence == f"then {c.response} happened" else -9.0 for c in cells]

    assert awareness.rank(knows, asked).first.value == 1.0
    likes_some = awareness.rank(lambda cells: [-float(len(c.consequence)) for c in cells], asked)
    assert (
        likes_some.first.value == 0.0
    )  # blind to the response: every PMI is 0, and a tie is wrong


def test_what_is_likely_anyway_gains_nothing() -> None:
    """The favourite consequence wins by plain likelihood everywhere, and by PMI nowhere."""
    asked = awareness.questions(made(10))
    favourite = asked[0].candidates[0]

    def score(cells: Sequence[Cell]) -> list[float]:
        own = [
            c.response is not None and c.consequence == f"then {c.response} happened" for c in cells
        ]
        return [(-1.0 if c.consequence == favourite else -50.0) + 5 * hit
                for c, hit in zip(cells, own, strict=True)]  # fmt: skip

    found = awareness.rank(score, asked)
    assert found.first.value == 1.0
    assert isinstance(found.likeliest.value, float) and found.likeliest.value < 1


def test_strangers_landed_the_same_and_said_something_near() -> None:
    rows = [
        Witness(Triple(f"my {pet} is {how}", f"{a} {pet} {how}", f"{a} {pet} {how} x", landing))  # type: ignore[arg-type]
        for pet in ("cat", "dog")
        for how in ("ill", "old", "sad", "mad", "new", "wet", "hot", "shy")
        for a, landing in (("kind", "healed"), ("harsh", "hurt"))
    ]
    for question in awareness.questions(awareness.items_of(rows)):
        own, other, *strangers = question.candidates
        assert own.split()[0] != other.split()[0]
        assert {each.split()[0] for each in strangers} == {own.split()[0]}
        assert sum(question.said.input.split()[1] in each for each in strangers) >= 5


def test_too_few_candidates_and_unscored_ones_are_wrong() -> None:
    few = awareness.rank(lambda cells: [0.0] * len(cells), awareness.questions(made(4)))
    assert few.first.value == 0.0 and few.first.unscored == 8
    asked = awareness.questions(made(10))
    lost = awareness.rank(lambda cells: [math.nan] * len(cells), asked)
    assert lost.first.value == 0.0 and lost.first.unscored == 20
    json.dumps(lost.as_json(), allow_nan=False)


# --- swap -----------------------------------------------------------------------------------


def letters(texts: Sequence[str]) -> np.ndarray:
    """An embedding: how often each letter is there."""
    return np.asarray([[text.count(chr(97 + n)) for n in range(26)] for text in texts], float)


def test_scenes_of_who_knows_match_and_those_of_who_repeats_itself_do_not() -> None:
    items = made(30)
    knows = awareness.swap(
        lambda c, draw: f"{'x' * draw} then {c.response} happened".replace("Well, ", ""),
        letters, items,
    )  # fmt: skip
    assert knows.right.value == 1.0 and knows.right.shows_above(0.55)
    assert knows.moved.value == 0.0
    same = awareness.swap(lambda c, draw: "something happened later", letters, items)
    assert same.right.value == 0.0 and same.same.value == 1.0
    crossed = {"left": "right", "right": "left"}
    wrong = awareness.swap(
        lambda c, draw: f"then {crossed[str(c.response).replace('Well, ', '').split()[0]]}"
        if draw or "Well" not in str(c.response) else "nothing",
        letters, items,
    )  # fmt: skip
    assert wrong.right.value == 0.0


def test_an_empty_scene_is_wrong_the_same_and_moved() -> None:
    found = awareness.swap(lambda c, draw: "" if draw == 2 else str(c.response), letters, made(2))
    assert found.right.value == 0.0 and found.same.value == 1.0 and found.right.unscored == 2
    assert awareness.swap(lambda c, draw: " ", letters, made(2)).moved.value == 1.0
    json.dumps(found.as_json(), allow_nan=False)


def test_an_edit_without_meaning_that_moves_the_scene_is_noticed() -> None:
    def write(cell: Cell, draw: int) -> str:
        said = str(cell.response)
        return "left" if ("left" in said) != said.startswith("Well") else "right"

    assert awareness.swap(write, letters, made(3)).moved.value == 1.0


def test_every_scene_that_swap_asks_for_is_known_beforehand() -> None:
    items = made(3)
    wanted = {each: f"scene {n}" for n, each in enumerate(asked_of(items))}
    awareness.swap(lambda cell, draw: wanted.pop((cell, draw)), letters, items)
    assert not wanted


def test_the_edit_keeps_the_words_but_one() -> None:
    edited = irrelevantly_edited("Tell your grandmother about it")
    assert edited.startswith("Well, Tell your ") and edited.endswith(" about it")
    assert "grandmother" not in edited and sorted(edited[6:]) == sorted(
        "Tell your grandmother about it"
    )
    assert irrelevantly_edited("") == "" and irrelevantly_edited("no") == "Well, no"


def test_likeness_is_one_for_the_same_and_small_for_others() -> None:
    assert alike("She went home.", "she  went home.") == 1.0
    assert alike("She went home at noon.", "He stayed in bed until dark.") < 0.1
    assert alike("", "") == 1.0 and alike("ab", "cd") == 0.0


def test_where_the_surface_is_wrong_no_scene_is_asked_for() -> None:
    surface = awareness.fit_surface([])
    items = made(3)
    assert len(eligible(items, surface)) == 3  # all tie


# --- paraphrases ----------------------------------------------------------------------------


def paraphrased(count: int) -> list[Paraphrased]:
    return [
        Paraphrased(
            id=str(n),
            input=f"input {n}",
            responses=(f"open {n}", f"close {n}"),
            consequences=("it opened", "it closed"),
            paraphrases=tuple((f"input {n} said {k}", f"open it {n} {k}") for k in range(5)),
            reversing=(f"open not {n}", "it stayed"),
        )
        for n in range(count)
    ]


def understands(cells: Sequence[Cell]) -> list[float]:
    def one(response: str) -> str:
        return (
            "it stayed" if "not" in response else "it opened" if "open" in response else "it closed"
        )

    return [0.0 if one(str(c.response)) == c.consequence else -8.0 for c in cells]


def test_who_understands_keeps_and_flips() -> None:
    found = awareness.paraphrase(understands, paraphrased(40), 1.0)
    assert found.right.value == found.kept.value == found.flipped.value == 1.0
    assert found.kept.shows_above(0.85) and found.flipped.shows_above(0.6)


@pytest.mark.parametrize("constant", [0.0, -3.0])
def test_a_constant_predictor_keeps_everything_and_fails(constant: float) -> None:
    found = awareness.paraphrase(lambda cells: [constant] * len(cells), paraphrased(40), 1.0)
    assert found.right.value == 0.0 and found.flipped.value == 0.0
    assert isinstance(found.kept.value, Unscored) and not found.kept.shows_above(0)
    json.dumps(found.as_json(), allow_nan=False)


def test_who_goes_by_words_keeps_and_does_not_flip() -> None:
    def by_words(cells: Sequence[Cell]) -> list[float]:
        return [8.0 * (("open" in str(c.response)) == ("opened" in c.consequence)) for c in cells]

    found = awareness.paraphrase(by_words, paraphrased(40), 1.0)
    assert found.kept.value == 1.0 and found.flipped.value == 0.0


def test_one_wording_that_turns_the_answer_counts() -> None:
    def score(cells: Sequence[Cell]) -> list[float]:
        known = understands(cells)
        return [-n - 8 if "said 3" in c.input else n for c, n in zip(cells, known, strict=True)]

    found = awareness.paraphrase(score, paraphrased(40), 1.0)
    assert found.kept.value == pytest.approx(0.8)


def test_a_file_of_paraphrases_is_read_or_says_what_is_wrong(tmp_path: Path) -> None:
    row = {
        "id": "a", "input": "i", "response": "r", "consequence": "c", "other_response": "o",
        "other_consequence": "d", "paraphrases": [{"input": "i2", "response": "r2"}],
        "reversing": {"response": "r3", "consequence": "c3"},
    }  # fmt: skip
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(row) + "\n")
    (found,) = awareness.load_paraphrases(path)
    assert found.reversing == ("r3", "c3") and len(found.cells()) == 12
    for broken in (
        {**row, "reversing": "no"},
        {**row, "paraphrases": []},
        {**row, "paraphrases": [{"input": "i"}]},
        {k: v for k, v in row.items() if k != "other_response"},
    ):
        path.write_text(json.dumps(row) + "\n" + json.dumps(broken) + "\n")
        with pytest.raises(ValueError, match="line 2: "):
            awareness.load_paraphrases(path)


# --- talk -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "As a result she stopped calling.",
        "Three weeks later he sold it.",
        "This could hurt her.",
        "He ended up at his sister's.",
        "It led to a quarrel.",
    ],
)
def test_talk_of_consequences_is_heard(text: str) -> None:
    assert awareness.talks(text)


@pytest.mark.parametrize(
    "text", ["I like your coat.", "Where did you put it?", "", "Slater roofs."]
)
def test_other_talk_is_not(text: str) -> None:
    assert not awareness.talks(text)


def test_the_rate_of_talk_is_by_input() -> None:
    texts = ["later it rained", "no"] * 40
    found = awareness.talk_rate(texts, [str(n // 2) for n in range(80)])
    assert found.value == 0.5 and found.clusters == 40
