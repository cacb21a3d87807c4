"""A turn from draft to learned, and everything that may not happen to it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tear_core.triples import Exchange
from tear_core.turn import (
    KINDS,
    Conversation,
    Event,
    NotNow,
    Sampled,
    Turn,
    advance,
    fold,
    fold_turn,
)

SENT = Event("input", 1, {"text": "hello", "order": "after"})
DRAFT = Event("draft", 1, {"candidate": 0, "text": "go away", "generation": 2, "seed": 7})
SCENE = Event("scene", 1, {"candidate": 0, "text": "he turned pale"})
RESPONSE = Event("response", 1, {"candidate": 0, "text": "go away"})
TAKE = Event("take", 1, {"candidate": 0})
AUTHOR = Event("author", 1, {"triple": "T1", "consequence": "he wept", "landing": "hurt"})
LIVED = [SENT, DRAFT, SCENE, RESPONSE, TAKE, AUTHOR]


def first(*events: Event) -> Turn:
    return fold(events).turns[0]


def test_phases_follow_one_another() -> None:
    phases = [first(*LIVED[: n + 1]).phase for n in range(len(LIVED))]
    assert phases == ["sent", "drafted", "drafted", "previewed", "responded", "authored"]
    learned = Event("learned", 1, {"triple": "T1", "generation": 3})
    turn = first(*LIVED, learned)
    assert (turn.phase, turn.learned_in) == ("learned", 3)


def test_what_was_written_is_known_with_its_facts() -> None:
    turn = first(*LIVED)
    assert turn.said is not None
    assert (turn.said.words, turn.said.scene, turn.said.generation) == (
        "go away",
        "he turned pale",
        2,
    )
    assert turn.said.facts["draft"]["seed"] == 7
    assert (turn.triple, turn.consequence, turn.landing) == ("T1", "he wept", "hurt")


def test_in_the_before_order_the_scene_comes_first() -> None:
    sent = Event("input", 1, {"text": "hello", "order": "before", "blind": True})
    scene = Event("scene", 1, {"candidate": 0, "text": "he smiles", "generation": 4})
    turn = first(sent, scene)
    assert (turn.phase, turn.order, turn.blind) == ("drafted", "before", True)
    turn = first(sent, scene, Event("response", 1, {"candidate": 0, "text": "welcome"}), TAKE)
    assert turn.said is not None
    assert (turn.said.words, turn.said.generation) == ("welcome", 4)


def test_in_the_reflect_order_the_revised_response_is_said() -> None:
    revised = Event("response", 1, {"candidate": 0, "text": "please stay"})
    turn = first(SENT, DRAFT, SCENE, revised, TAKE)
    assert turn.said is not None
    assert (turn.said.draft, turn.said.words) == ("go away", "please stay")


def test_a_reroll_is_another_candidate_beside_the_first() -> None:
    again = [
        Event("draft", 1, {"candidate": 1, "text": "come in", "generation": 2}),
        Event("response", 1, {"candidate": 1, "text": "come in"}),
        Event("take", 1, {"candidate": 1}),
    ]
    turn = first(SENT, DRAFT, SCENE, RESPONSE, *again)
    assert [candidate.words for candidate in turn.candidates] == ["go away", "come in"]
    assert turn.said is turn.candidates[1]


def test_an_edit_is_another_candidate_and_leaves_the_first_as_it_was() -> None:
    edit = Event("edit", 1, {"candidate": 1, "text": "sit down", "of": 0})
    turn = first(SENT, DRAFT, SCENE, RESPONSE, edit, Event("take", 1, {"candidate": 1}))
    assert turn.candidates[0].words == "go away"
    assert turn.said is not None
    assert (turn.said.words, turn.said.edited) == ("sit down", True)
    with pytest.raises(NotNow, match="an edit is a new candidate"):
        first(SENT, DRAFT, Event("edit", 1, {"candidate": 0, "text": "sit down"}))


def test_a_cancelled_turn_is_not_said() -> None:
    conversation = fold([SENT, DRAFT, Event("cancel", 1)])
    assert conversation.turns[0].phase == "cancelled"
    assert conversation.context() == ()


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([Event("input", 2, {"text": "x"})], "turn 2 cannot follow turn 0"),
        ([DRAFT], "there is no turn 1"),
        ([SENT, Event("draft", 1, {"candidate": 1, "text": "x"})], "candidate 1 comes before"),
        ([SENT, TAKE], "has no words to say"),
        ([SENT, SCENE, TAKE], "has no words to say"),
        ([SENT, DRAFT, Event("take", 1, {"candidate": -1})], "has no words to say"),
        ([SENT, AUTHOR], "nothing has been said yet to witness"),
        ([SENT, DRAFT, AUTHOR], "nothing has been said yet to witness"),
        ([SENT, Event("cancel", 1), DRAFT], "is cancelled: draft comes too late"),
        ([SENT, Event("cancel", 1), AUTHOR], "nothing has been said"),
        ([SENT, DRAFT, TAKE, SCENE], "is responded: scene comes too late"),
        ([SENT, DRAFT, TAKE, TAKE], "is responded: take comes too late"),
        ([*LIVED, Event("cancel", 1)], "is authored: cancel comes too late"),
        ([*LIVED, Event("edit", 1, {"text": "x"})], "is authored: edit comes too late"),
    ],
)
def test_what_cannot_happen_is_refused(events: list[Event], why: str) -> None:
    with pytest.raises(NotNow, match=why):
        fold(events)


def test_an_authored_scene_can_be_written_again() -> None:
    measured = Event("surprise", 1, {"triple": "T1", "nats_per_token": 2.5})
    again = Event("author", 1, {"triple": "T2", "consequence": "he slept", "landing": "healed"})
    turn = first(*LIVED, measured, again)
    assert (turn.triple, turn.consequence, turn.surprise) == ("T2", "he slept", None)


@pytest.mark.parametrize("kind", ["surprise", "learned", "retract"])
def test_news_about_a_scene_that_was_rewritten_is_let_go(kind: str) -> None:
    data = {"triple": "T0", "nats_per_token": 1.0, "generation": 1}
    assert first(*LIVED, Event(kind, 1, data)) == first(*LIVED)  # type: ignore[arg-type]


def test_surprise_and_retraction_belong_to_the_triple() -> None:
    measured = Event("surprise", 1, {"triple": "T1", "nats_per_token": 2.5})
    retracted = Event("retract", 1, {"triple": "T1"})
    conversation = fold([*LIVED, measured, retracted])
    assert conversation.surprises() == [2.5]
    assert conversation.turns[0].retracted


def test_context_is_what_was_said_before_a_turn() -> None:
    second = [
        Event("input", 2, {"text": "and now?"}),
        Event("draft", 2, {"text": "nothing"}),
        Event("take", 2, {"candidate": 0}),
    ]
    conversation = fold([*LIVED, *second])
    assert conversation.context() == (Exchange("hello", "go away"), Exchange("and now?", "nothing"))
    assert conversation.context(before=2) == (Exchange("hello", "go away"),)
    assert conversation.current is not None and conversation.current.number == 2
    assert Conversation().current is None


ANYTHING = st.builds(
    Event,
    st.sampled_from(KINDS),
    st.integers(1, 3),
    st.fixed_dictionaries(
        {
            "text": st.sampled_from(["", "words"]),
            "candidate": st.integers(0, 2),
            "triple": st.sampled_from(["T1", "T2"]),
            "consequence": st.just("it ended"),
            "landing": st.just("neutral"),
            "nats_per_token": st.just(1.0),
            "generation": st.integers(0, 2),
            "scenes": st.just([{"text": "he sat down", "seed": 5, "tokens": 4}]),
        }
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ANYTHING, max_size=25))
def test_whatever_happens_the_fold_of_what_was_allowed_is_the_same_conversation(
    events: list[Event],
) -> None:
    conversation, allowed = Conversation(), []
    for event in events:
        try:
            conversation = advance(conversation, event)
            allowed.append(event)
        except NotNow:
            continue
    assert fold(allowed) == conversation
    for turn in conversation.turns:
        said = turn.phase in ("responded", "authored", "learned")
        assert (turn.said is not None) == said
        assert (turn.triple is not None) == (turn.phase in ("authored", "learned"))


def samples(candidate: int = 0, **data: object) -> Event:
    drawn = {"scenes": [{"text": "he sat down", "seed": 5, "tokens": 4}], "generation": 3}
    return Event("samples", 1, {"candidate": candidate, **drawn, **data})


@pytest.mark.parametrize("before", [LIVED[:2], LIVED[:4], LIVED[:5], LIVED])
def test_more_scenes_belong_to_a_candidate_at_any_time_and_change_nothing_else(
    before: list[Event],
) -> None:
    turn = first(*before, samples(), samples())
    drawn = Sampled("he sat down", 5, 4, 3)
    assert turn.candidates[0].samples == (drawn, drawn)
    assert first(*before) == replace(
        turn, candidates=(replace(turn.candidates[0], samples=()), *turn.candidates[1:])
    )


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([SENT, samples()], "has no candidate 0"),
        ([SENT, DRAFT, samples(1)], "has no candidate 1"),
        ([SENT, DRAFT, samples(-1)], "has no candidate -1"),
        ([SENT, DRAFT, Event("cancel", 1), samples()], "is cancelled: samples comes too late"),
    ],
)
def test_scenes_for_words_that_are_not_there_are_refused(events: list[Event], why: str) -> None:
    with pytest.raises(NotNow, match=why):
        fold(events)


def test_what_a_sample_does_not_say_is_unknown() -> None:
    turn = first(SENT, DRAFT, Event("samples", 1, {"scenes": [{}]}), Event("samples", 1, {}))
    assert turn.candidates[0].samples == (Sampled(""),)


def test_the_scene_that_another_one_was_begun_with_is_known() -> None:
    begun = Event("author", 1, {**AUTHOR.data, "started_from": "T0"})
    assert (first(*LIVED).started_from, first(*LIVED, begun).started_from) == (None, "T0")


def test_a_turn_is_the_same_read_alone_or_among_others() -> None:
    second = [Event(each.kind, 2, each.data) for each in LIVED[:4]]
    assert fold_turn(second) == fold([*LIVED, *second]).turns[1]
    assert fold_turn([]) is None
    for broken in ([DRAFT], [SENT, SENT]):
        with pytest.raises(NotNow, match="does not begin with its input, or begins twice"):
            fold_turn(broken)
