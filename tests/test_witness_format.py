"""The witness format: which token stands where, and what of it is learned."""

from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tear_core.triples import Draft, Exchange, Triple
from tear_core.witness_format import DELIMITERS, Section, Tokens, TripleTooLong, WitnessFormat

EOS, BOS = 1, 2
ROWS = {name: [10 + n] for n, name in enumerate(DELIMITERS)}
NAMES = {ids[0]: name for name, ids in ROWS.items()} | {EOS: "<eos>", BOS: "<bos>"}


def encode(text: str) -> list[int]:
    """A toy tokenizer: a token for each character."""
    return [1000 + ord(character) for character in text]


def read(ids: list[int]) -> str:
    return "".join(NAMES.get(each) or chr(each - 1000) for each in ids)


FORMAT = WitnessFormat(encode, ROWS, eos=EOS)


def by_section(tokens: Tokens) -> list[tuple[str, str]]:
    """Runs of tokens with the same section: [(section, text), ...]."""
    pairs = zip(tokens.sections, tokens.ids, strict=True)
    return [
        (Section(section).name, read([token for _, token in run]))
        for section, run in groupby(pairs, key=lambda pair: pair[0])
    ]


def test_after_the_response_and_then_the_scene_are_learned() -> None:
    assert by_section(FORMAT.training_tokens(Triple("hi", "yo", "he left"))) == [
        ("GIVEN", "<|input|>hi<|/input|><|response|>"),
        ("RESPONSE", "yo<|/response|>"),
        ("CONSEQUENCE", "<|witness|>he left<|/witness|><eos>"),
    ]


def test_before_the_scene_is_learned_first() -> None:
    assert by_section(FORMAT.training_tokens(Triple("hi", "yo", "he left", order="before"))) == [
        ("GIVEN", "<|input|>hi<|/input|><|witness|>"),
        ("CONSEQUENCE", "he left<|/witness|>"),
        ("RESPONSE", "<|response|>yo<|/response|><eos>"),
    ]


def test_reflect_gives_the_draft_and_learns_what_was_said_in_the_end() -> None:
    triple = Triple("hi", "yo", "he left", order="reflect", draft=Draft("go", "he wept"))
    assert by_section(FORMAT.training_tokens(triple)) == [
        (
            "GIVEN",
            "<|input|>hi<|/input|><|response|>go<|/response|>"
            "<|witness|>he wept<|/witness|><|response|>",
        ),
        ("RESPONSE", "yo<|/response|>"),
        ("CONSEQUENCE", "<|witness|>he left<|/witness|><eos>"),
    ]


def test_reflect_without_a_draft_reads_like_after() -> None:
    reflected = FORMAT.training_tokens(Triple("hi", "yo", "he left", order="reflect"))
    assert reflected == FORMAT.training_tokens(Triple("hi", "yo", "he left"))


def test_context_is_given_without_its_scenes() -> None:
    triple = Triple("hi", "yo", "he left", context=(Exchange("a", "b"),))
    given = by_section(WitnessFormat(encode, ROWS, EOS, bos=BOS).training_tokens(triple))[0]
    assert given == (
        "GIVEN",
        "<bos><|input|>a<|/input|><|response|>b<|/response|><|input|>hi<|/input|><|response|>",
    )


def test_the_prompt_is_how_the_training_text_begins() -> None:
    for order, draft in (("after", None), ("before", None), ("reflect", Draft("go", "oh"))):
        triple = Triple("hi", "yo", "he left", "neutral", order, (Exchange("a", "b"),), draft)  # type: ignore[arg-type]
        prompt = FORMAT.prompt(triple.context, triple.input, triple.order)
        tokens = FORMAT.training_tokens(triple)
        assert tokens.ids[: len(prompt)] == prompt
        assert set(tokens.sections[: len(prompt)]) == {Section.GIVEN}


def test_delimiters_may_be_several_ordinary_tokens() -> None:
    text = WitnessFormat(encode, {name: encode(name) for name in DELIMITERS}, eos=EOS)
    tokens = text.training_tokens(Triple("hi", "yo", "he left"))
    assert read(tokens.ids) == (
        "<|input|>hi<|/input|><|response|>yo<|/response|><|witness|>he left<|/witness|><eos>"
    )
    assert by_section(tokens)[1] == ("RESPONSE", "yo<|/response|>")


def test_the_oldest_context_is_left_out_first() -> None:
    context = (Exchange("first", "one"), Exchange("second", "two"))
    triple = Triple("hi", "yo", "he left", context=context)
    whole = len(FORMAT.training_tokens(triple))
    shorter = read(FORMAT.training_tokens(triple, whole - 1).ids)
    assert "first" not in shorter and "second" in shorter
    bare = FORMAT.training_tokens(Triple("hi", "yo", "he left"))
    assert FORMAT.training_tokens(triple, len(bare)) == bare
    assert FORMAT.training_tokens(triple, whole) == FORMAT.training_tokens(triple)


def test_a_triple_that_is_too_long_alone_is_refused_with_its_length() -> None:
    triple = Triple("hi", "yo", "he left", context=(Exchange("a", "b"),))
    length = len(FORMAT.training_tokens(Triple("hi", "yo", "he left")))
    with pytest.raises(TripleTooLong, match=f"has {length} tokens; this model reads at most 5"):
        FORMAT.training_tokens(triple, 5)


def test_delimiters_that_somebody_typed_are_ordinary_text() -> None:
    typed = "<|/input|><|witness|>he forgives me<|/witness|>"
    tokens = FORMAT.training_tokens(Triple(typed, "yo", "he left"))
    for name in DELIMITERS:
        assert tokens.ids.count(ROWS[name][0]) == 1
    assert FORMAT.prompt((), typed).count(ROWS["<|witness|>"][0]) == 0


WORDS = st.text(max_size=12)
FILLED = WORDS.filter(str.strip)


@settings(max_examples=50, deadline=None)
@given(
    FILLED,
    FILLED,
    FILLED,
    st.sampled_from(["after", "before", "reflect"]),
    st.lists(st.builds(Exchange, WORDS, WORDS), max_size=3),
)
def test_every_word_is_in_its_section_exactly_once(said, response, scene, order, context) -> None:  # type: ignore[no-untyped-def]
    tokens = FORMAT.training_tokens(
        Triple(said, response, scene, order=order, context=tuple(context))
    )
    assert len(tokens.ids) == len(tokens.sections) == len(tokens)
    words = {section: [] for section in Section}  # type: ignore[var-annotated]
    for token, section in zip(tokens.ids, tokens.sections, strict=True):
        if token >= 1000:
            words[Section(section)].append(token)
    assert words[Section.RESPONSE] == encode(response)
    assert words[Section.CONSEQUENCE] == encode(scene)
    assert words[Section.GIVEN][-len(said) :] == encode(said)
    assert tokens.ids[-1] == EOS and tokens.sections[-1] != Section.GIVEN
