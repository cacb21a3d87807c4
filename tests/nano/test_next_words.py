"""What a person said next is told in many ways, each fitting the words."""

from __future__ import annotations

import random

import pytest

from tear_core.nano.names import NAMES, named
from tear_core.nano.next_words import AGREED, ASKED, REFUSED, THANKED, TOLD, as_scene


def tellings(words: str, count: int = 200) -> list[str]:
    return [as_scene(words, random.Random(seed)) for seed in range(count)]


@pytest.mark.parametrize(
    ("words", "ways"),
    [
        ("And how do I store them?", ASKED),
        ("Thanks, that helps a lot.", THANKED),
        ("Great!", THANKED),
        ("No, it is not Indochina.", REFUSED),
        ("Yes. A people mover.", AGREED),
        ("He is eight.", TOLD),
        ("Thank you, but can you say more?", ASKED),
    ],
)
def test_questions_thanks_and_refusals_are_told_as_what_they_are(
    words: str, ways: tuple[str, ...]
) -> None:
    heads = {way.split('"')[0] for way in ways}
    told = [scene for scene in tellings(words) if scene != words]
    assert {scene.split('"')[0] for scene in told} == heads


def test_few_are_left_bare_and_no_way_of_telling_is_most_of_them() -> None:
    told = tellings("He is eight.")
    assert 0 < told.count("He is eight.") < 60
    assert max(map(told.count, told)) < 80


def test_a_quotation_that_opens_a_scene_ends_in_a_comma() -> None:
    told = [scene for scene in tellings("he is eight") if scene.startswith('"')]
    assert told and set(told) == {'"He is eight," they say.'}


def test_a_long_turn_is_quoted_by_whole_sentences_and_its_quotation_marks_stay_inside() -> None:
    first = 'She said "no" and I went home.'
    told = [scene for scene in tellings(f"{first} {'And so on and on. ' * 20}") if '"' in scene]
    quoted = [scene for scene in told if len(scene.split()) <= 60]
    assert quoted
    assert all("She said 'no' and I went home." in scene for scene in quoted)


def test_a_number_becomes_the_same_name_in_every_text() -> None:
    texts = ("PersonX thanks PersonY.", "PersonX's day and Person Z.")
    one, two = named(texts, random.Random(3))
    first, second = one.removesuffix(".").split(" thanks ")
    assert first != second and {first, second} <= set(NAMES)
    assert two.startswith(f"{first}'s day and ")
    assert "Person" not in one + two
