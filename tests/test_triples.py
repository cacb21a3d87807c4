"""A triple: words that are not blank, and a hash of exactly those words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tear_core.triples import Draft, Exchange, Triple


def test_a_triple_needs_words() -> None:
    with pytest.raises(ValueError, match="response is empty"):
        Triple("hi", " ", "she left")
    with pytest.raises(ValueError, match="consequence is empty"):
        Triple("hi", "yo", "\n")
    with pytest.raises(ValueError, match="input is empty"):
        Triple("", "yo", "she left")


def test_the_input_may_be_blank_when_something_was_said_before() -> None:
    assert Triple("", "yo", "she left", context=(Exchange("hi", "oh"),)).input == ""


def test_marks_that_are_no_words_of_ours_are_refused() -> None:
    with pytest.raises(ValueError, match="landing 'great' is not one of healed, neutral, hurt"):
        Triple("hi", "yo", "she left", landing="great")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="order 'never' is not one of"):
        Triple("hi", "yo", "she left", order="never")  # type: ignore[arg-type]


def test_landing_order_and_draft_are_marks_not_words() -> None:
    plain = Triple("hi", "yo", "she left")
    marked = Triple("hi", "yo", "she left", "hurt", "reflect", draft=Draft("oh", "she stayed"))
    assert plain.content_hash == marked.content_hash


def test_context_is_part_of_the_words() -> None:
    plain = Triple("hi", "yo", "she left")
    later = Triple("hi", "yo", "she left", context=(Exchange("a", "b"),))
    assert plain.content_hash != later.content_hash


def test_the_hash_does_not_change_between_versions() -> None:
    triple = Triple("héllo", "yo", "she left", context=(Exchange("a", "b"),))
    assert triple.content_hash == "a028c0107b2ea645922a8ef45975baca"


WORDS = st.text(min_size=1).filter(str.strip)


@given(WORDS, WORDS, WORDS)
def test_moving_a_word_to_another_section_makes_another_triple(a: str, b: str, c: str) -> None:
    hashes = {Triple(a, b, c + "x").content_hash, Triple(a, b + "x", c).content_hash}
    assert len(hashes) == 2
