"""A story about somebody becomes that person's words, a reply, and a scene: or is left alone."""

from __future__ import annotations

import pytest

from tear_core.nano.grammar import Grammar, base_form, genders_of, verbs_of
from tear_core.nano.voice import Heard, heard

VERBS = frozenset(("asks", "buys", "drives", "leaves", "sees", "swerves", "tells", "wants"))
GRAMMAR = Grammar(VERBS, {"Hector": "he", "Ana": "she", "Lucy": "she", "Omar": "he"})
STORY = Heard(
    "Hector is stuck in traffic and sees the empty lane beside his. Hector wants to get home.",
    "Hector swerves out of his lane and drives by himself.",
    "A police officer sees Hector and pulls him over.",
)


def test_the_one_it_is_about_speaks_and_is_answered_and_the_scene_is_about_him() -> None:
    told = heard("Hector", STORY, GRAMMAR)
    assert told is not None
    assert told.input == (
        "I am stuck in traffic and see the empty lane beside mine. I want to get home."
    )
    assert told.response == "You could swerve out of your lane and drive by yourself."
    assert told.scene == "A police officer sees him and pulls him over."


def test_a_question_as_an_opening_ends_in_its_own_mark() -> None:
    told = heard("Hector", STORY, GRAMMAR, "Why not {}?")
    assert told is not None
    assert told.response == "Why not swerve out of your lane and drive by yourself?"


def test_somebody_of_the_other_gender_stays_who_she_is() -> None:
    story = Heard(
        "Hector met Lucy, and she asks him for a ride. Hector wants to be kind.",
        "Hector drives Lucy home.",
        "Lucy thanks Hector.",
    )
    told = heard("Hector", story, GRAMMAR)
    assert told is not None
    assert told.input == "I met Lucy, and she asks me for a ride. I want to be kind."
    assert told.response == "You could drive Lucy home."
    assert told.scene == "Lucy thanks him."


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(
            Heard("Hector meets Omar and his dog.", "Hector sees it.", "Omar is glad."),
            id="his could be either man's",
        ),
        pytest.param(
            Heard("Hector is late.", "Hector asks her to wait for him.", "He is late."),
            id="him in what he does could be anybody",
        ),
        pytest.param(
            Heard("Hector is late.", 'Hector tells "my bad" to his boss.', "He is late."),
            id="a quotation is somebody's own words",
        ),
        pytest.param(
            Heard("Hector is late.", "The boss sees Hector.", "He is late."),
            id="somebody else acts",
        ),
        pytest.param(
            Heard("Hector is late and the boss wants a word.", "Hector leaves.", "He is late."),
            id="a verb whose subject is not plain",
        ),
    ],
)
def test_where_a_rule_could_be_wrong_the_story_is_left_alone(story: Heard) -> None:
    assert heard("Hector", story, GRAMMAR) is None


def test_without_a_known_gender_and_without_a_pronoun_nobody_is_guessed() -> None:
    story = Heard("Kim wants tea.", "Kim buys tea.", "Kim sees the rain.")
    assert heard("Kim", story, GRAMMAR) is None


def test_her_is_his_before_a_noun_and_him_elsewhere() -> None:
    story = Heard(
        "Ana is at home with her dog. The dog barks at her and follows her to the door.",
        "Ana leaves with her coat.",
        "Ana's mother sees Ana.",
    )
    told = heard("Ana", story, Grammar(VERBS, {"Ana": "she"}))
    assert told is not None
    assert told.input == (
        "I am at home with my dog. The dog barks at me and follows me to the door."
    )
    assert told.response == "You could leave with your coat."
    assert told.scene == "Her mother sees her."


@pytest.mark.parametrize(
    ("act", "reply"),
    [
        ("Hector feeds his dog.", "You could feed your dog."),
        ("Hector slowly drives home.", "You could slowly drive home."),
        ("Hector tells his boss he's ill.", "You could tell your boss you're ill."),
        ("Hector decided to wait.", None),
        ("Hector doesn't stop.", None),
        ("Hector would rather wait.", None),
    ],
)
def test_an_act_becomes_advice_only_where_it_can(act: str, reply: str | None) -> None:
    told = heard("Hector", Heard("Hector is late.", act, "He is late."), GRAMMAR)
    assert (told and told.response) == reply


@pytest.mark.parametrize(
    ("verb", "base"),
    [
        ("tries", "try"), ("watches", "watch"), ("goes", "go"), ("misses", "miss"),
        ("realizes", "realize"), ("chooses", "choose"), ("lies", "lie"), ("is", "am"),
        ("does", "do"), ("was", "was"), ("put", "put"), ("fixes", "fix"),
    ],
)  # fmt: skip
def test_a_verb_after_a_name_finds_its_base(verb: str, base: str) -> None:
    assert base_form(verb) == base


def test_a_corpus_says_which_words_are_verbs() -> None:
    responses = ["Bo walks home.", "Al quietly walks off.", "Bo friends", "Al has tea.", "Bo has a"]
    assert verbs_of(responses) == {"walks"}


def test_a_corpus_says_who_is_he_and_who_is_she() -> None:
    stories = [("Bo", "Bo lost his hat."), ("Bo", "Bo and her mum."), ("Al", "Al lost her hat.")]
    assert genders_of(stories) == {"Al": "she"}
