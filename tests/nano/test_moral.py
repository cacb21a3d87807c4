"""A moral story is told in every order, in one turn or two, and never across the split."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tear_core.nano.corpus import Row
from tear_core.nano.moral import Stories, moral_story, stories_of
from tear_core.nano.rendering import row_triple, told_plainly
from tear_core.nano.sources import SOURCES
from tear_core.triples import Triple

MORAL = SOURCES["moral_stories"]
SITUATION = "Hector is stuck in traffic. Hector wants to get home to his son."
KIND = Row(MORAL, SITUATION, "Hector waits in his lane.", "Hector is home late.", kind="moral")
RASH = Row(MORAL, SITUATION, "Hector swerves around.", "An officer stops Hector.", kind="immoral")


@pytest.fixture(scope="module")
def tellings() -> list[Triple]:
    stories = stories_of([KIND, RASH, KIND, RASH])
    told = [row_triple(KIND, random.Random(seed), stories) for seed in range(400)]
    return [triple for triple in told if triple is not None]


def test_every_witness_order_is_told(tellings: list[Triple]) -> None:
    orders = Counter(triple.order for triple in tellings)
    assert len(tellings) == 400
    assert min(orders["after"], orders["before"], orders["reflect"]) >= 40


def test_a_reflection_looks_at_the_rash_act_and_its_scene_then_does_the_other(
    tellings: list[Triple],
) -> None:
    reflected = [triple for triple in tellings if triple.order == "reflect"]
    for triple in reflected:
        assert triple.draft is not None
        assert "swerve" in triple.draft.response and "officer" in triple.draft.scene
        assert "wait" in triple.response and "home late" in triple.consequence


def test_some_are_told_in_two_turns(tellings: list[Triple]) -> None:
    longer = [triple for triple in tellings if triple.context]
    assert 10 <= len(longer) <= 60
    assert {triple.context[0].input for triple in longer} <= {
        "Hector is stuck in traffic.",
        "My friend Hector is stuck in traffic.",
        "I am stuck in traffic.",
    }


def test_many_are_the_words_of_the_person_itself(tellings: list[Triple]) -> None:
    lived = [triple for triple in tellings if triple.input.startswith("I ")]
    assert len(lived) > 200
    for triple in lived:
        assert "Hector" not in f"{triple.input} {triple.response} {triple.consequence}"
        assert "your lane" in triple.response


def test_what_is_wanted_is_often_left_unsaid_and_still_answered(tellings: list[Triple]) -> None:
    unsaid = [triple for triple in tellings if triple.input == "I am stuck in traffic."]
    assert len(unsaid) > 40
    assert all("your lane" in triple.response for triple in unsaid)


def test_a_rash_act_is_never_the_answer_to_a_reflection() -> None:
    stories = stories_of([KIND, RASH])
    told = [moral_story(RASH, random.Random(seed), stories) for seed in range(50)]
    assert all(triple.draft is None for triple in told)


def test_a_story_whose_other_branch_is_unknown_is_told_without_a_draft() -> None:
    told = [moral_story(KIND, random.Random(seed), Stories()) for seed in range(50)]
    assert {triple.order for triple in told} == {"after"}


def test_for_measuring_a_story_is_told_as_it_is() -> None:
    assert told_plainly(KIND) == Triple(KIND.input, KIND.response, KIND.consequence)
