"""The placebo knows nothing of a link, and the sweep adds only what is not there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tear_core.study.arms import Topical, deranged, named, sweep
from tear_core.triples import Triple


def lessons(inputs: list[tuple[int, str]]) -> list[Topical]:
    return [
        Topical(Triple(f"input {said}", f"response {n}", f"consequence {n} of {said}"), topic)
        for n, (said, topic) in enumerate(inputs)
    ]


def origin(consequence: str) -> str:
    return consequence.rsplit(" ", 1)[1]


some = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["", "work", "grief"])), min_size=2, max_size=40
)


@given(some, st.integers(0, 3))
def test_nobody_keeps_a_consequence_of_their_own_input(
    inputs: list[tuple[int, str]], seed: int
) -> None:
    numbers = [said for said, _ in inputs]
    if max(numbers.count(n) for n in numbers) * 2 > len(numbers):
        with pytest.raises(ValueError, match="more inputs"):
            deranged(lessons(inputs), seed)
        return
    given_out = deranged(lessons(inputs), seed)
    for triple, (said, _) in zip(given_out, inputs, strict=True):
        assert triple.input == f"input {said}" and origin(triple.consequence) != str(said)
    before = sorted(each.triple.consequence for each in lessons(inputs))
    assert sorted(triple.consequence for triple in given_out) == before
    assert given_out == deranged(lessons(inputs), seed)


def test_consequences_stay_within_their_topic_where_it_is_large_enough() -> None:
    inputs = [(n, "work" if n < 6 else "grief") for n in range(12)]
    for seed in range(5):
        for triple, (_, topic) in zip(deranged(lessons(inputs), seed), inputs, strict=True):
            assert (int(origin(triple.consequence)) < 6) == (topic == "work")


def test_kinds_of_response_lose_their_consequences_too() -> None:
    """Two responses to each input: were they only swapped, kind and consequence would stay tied."""
    pairs = [
        Topical(Triple(f"input {n}", kind, f"{kind} {n}"), "all")
        for n in range(100)
        for kind in ("kind", "unkind")
    ]
    same = [t.response == t.consequence.split()[0] for t in deranged(pairs, 1)]
    assert 60 < sum(same) < 140  # 100 by chance


def test_arms_are_known_by_name() -> None:
    assert named("base", 0.3).lambda_ is None
    assert named("lambda-0", 0.3).lambda_ == 0
    assert named("placebo", 0.3).consequences == "deranged"
    with pytest.raises(ValueError, match="no arm 'magic'"):
        named("magic", 0.3)
    assert [arm.name for arm in sweep((0, 0.3, 0.5, 1.0), 0.3)] == ["lambda-0.5", "lambda-1"]
