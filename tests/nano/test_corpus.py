"""What is trained on, and what is held out, never meet."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tear_core.nano.corpus import (
    CorpusError,
    Document,
    Row,
    read_documents,
    read_rows,
    split_documents,
    split_rows,
)
from tear_core.nano.dialogue import parse_turns
from tear_core.nano.mixture import rows as mixed_rows
from tear_core.nano.prepare import prepare
from tear_core.nano.rendering import dialogue_triple, row_triple
from tear_core.nano.sources import SOURCES
from tear_core.nano.tokenizer import DELIMITER_IDS
from tests.nano.conftest import TINY_SOURCES

DEEDS = TINY_SOURCES["deeds"]
GOOD = '{"input": "a", "response": "b", "consequence": "c"}'


def test_no_input_is_both_trained_on_and_held_out(corpus: tuple[Path, Path]) -> None:
    train, held_out = split_rows(read_rows(corpus[1], TINY_SOURCES))
    assert train and held_out
    assert not {row.given for row in train} & {row.given for row in held_out}


def test_a_train_row_that_repeats_a_held_out_input_is_left_out() -> None:
    leaking = Row(DEEDS, "The  OWL is hungry.", "b", "c", split="train")
    held = Row(DEEDS, "The owl is hungry.", "x", "y", split="dev")
    assert split_rows([leaking, held]) == ([], [held])


def test_only_rows_marked_train_are_trained_on() -> None:
    rows = [Row(DEEDS, name, "b", "c", split=name) for name in ("train", "dev", "test")]
    train, held_out = split_rows(rows)
    assert [row.split for row in train] == ["train"]
    assert [row.split for row in held_out] == ["dev"]


def test_the_same_words_are_on_the_same_side_whatever_their_case_and_spacing() -> None:
    texts = [f"Story number {number}." for number in range(400)]
    train, held_out = split_documents(Document(TINY_SOURCES["tales"], text) for text in texts)
    assert len(train) > len(held_out) > 0
    for document in held_out:
        assert Document(document.source, document.text.upper() + " \n").held_out


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{broken", "line 2: not JSON"),
        ("[1]", "line 2: expected an object, found list"),
        ('{"input": "a", "response": "b"}', "line 2: consequence is missing"),
        ('{"input": "a", "response": 3, "consequence": "c"}', "line 2: response is missing or"),
    ],
)
def test_a_corrupted_triple_is_named_by_file_and_line(
    tmp_path: Path, line: str, complaint: str
) -> None:
    (tmp_path / "deeds.jsonl").write_text(f"{GOOD}\n{line}\n")
    with pytest.raises(CorpusError, match=f"deeds.jsonl, {complaint}"):
        list(read_rows(tmp_path, TINY_SOURCES))


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "tales.tar.xz").write_bytes(b"not an archive")
    with pytest.raises(CorpusError, match=r"tales.tar.xz: not a readable archive"):
        list(read_documents(tmp_path, TINY_SOURCES))


def test_notes_about_an_archive_are_not_read_as_text(archive: Path) -> None:
    texts = [document.text for document in read_documents(archive, TINY_SOURCES)]
    assert texts == ["The hen walked home."]


def test_a_file_without_a_known_licence_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "unknown.txt").write_text("Words from nowhere.")
    (tmp_path / "unknown.jsonl").write_text(GOOD)
    assert not list(read_documents(tmp_path)) and not list(read_rows(tmp_path))


def test_every_source_states_its_licence_and_its_credit() -> None:
    assert all(source.licence and source.credit for source in SOURCES.values())


@pytest.mark.parametrize("phase", ["general", "final"])
def test_a_mixture_keeps_its_shares(corpus: tuple[Path, Path], tmp_path: Path, phase: str) -> None:
    data = prepare(*corpus, out=tmp_path, seed=1, context=64, sources=TINY_SOURCES)
    share = TINY_SOURCES["deeds"].share(phase)  # type: ignore[arg-type]
    ids = [token for row in _take(data.train, phase, 400) for token in row]
    # Each triple opens one scene; texts have none.
    scene = DELIMITER_IDS["<|witness|>"]
    mean_length = sum(map(len, data.train["deeds"])) / len(data.train["deeds"])
    found = sum(token == scene for token in ids) * mean_length / len(ids)
    assert found == pytest.approx(share, abs=0.03)


def test_a_stream_opened_later_goes_on_where_the_first_one_was(
    corpus: tuple[Path, Path], tmp_path: Path
) -> None:
    data = prepare(*corpus, out=tmp_path, seed=1, context=64, sources=TINY_SOURCES)
    assert _take(data.train, "general", 9)[5:] == _take(data.train, "general", 4, skip=5)


def _take(sequences: object, phase: str, count: int, skip: int = 0) -> list[list[int]]:
    stream: Iterator[object] = mixed_rows(
        sequences,  # type: ignore[arg-type]
        TINY_SOURCES,
        phase,  # type: ignore[arg-type]
        seed=3,
        row_tokens=32,
        skip=skip,
    )
    return [list(next(stream)) for _ in range(count)]  # type: ignore[call-overload]


def test_a_written_dialogue_becomes_context_input_response_and_what_was_said_next() -> None:
    text = "User: Hi\nAssistant: Hello.\nUser: Tea\nAssistant: Sure.\nGreen?\nUser: Yes"
    triple = dialogue_triple(text, random.Random(1))
    assert triple is not None
    assert [(past.input, past.response) for past in triple.context] == [("Hi", "Hello.")]
    assert (triple.input, triple.response) == ("Tea", "Sure.\nGreen?")
    assert "Yes" in triple.consequence


def test_two_who_are_only_letters_are_a_person_and_who_answers() -> None:
    row = Row(SOURCES["casino"], "A: Hi!\nB: Hello\nA: Wood?\nB: Yes", "Take two.", "Thank you!")
    triple = row_triple(row, random.Random(1))
    assert triple is not None
    assert [(past.input, past.response) for past in triple.context] == [("Hello", "Wood?")]
    assert (triple.input, triple.response) == ("Yes", "Take two.")


def test_a_letter_at_the_head_of_a_line_is_nobody_in_a_dialogue_with_names() -> None:
    turns = parse_turns("Human: Which?\nA: one\nB: two")
    assert turns == [("person", "Which?\nA: one\nB: two")]


def test_a_line_without_a_speaker_belongs_to_the_turn_before_it() -> None:
    assert parse_turns("Human: one\ntwo") == [("person", "one\ntwo")]


def test_placeholders_never_reach_the_model() -> None:
    row = Row(SOURCES["event2mind"], "", "PersonX thanks PersonY", "PersonX feels happy., warm")
    triple = row_triple(row, random.Random(0))
    assert triple is not None
    assert "Person" not in triple.response + triple.consequence
    elsewhere = replace(row, response="It is PersonY's idea")
    told = row_triple(elsewhere, random.Random(0))
    assert told is not None and "Person" not in told.response
    assert triple.consequence.endswith(" feels happy and warm.")


def test_a_fragment_becomes_a_sentence_about_the_one_who_was_asked_about() -> None:
    row = Row(
        SOURCES["socialiqa"], "", "Tracy gave Casey a gift.", "To show affection",
        question="What will Casey want to do next?",
    )  # fmt: skip
    triple = row_triple(row, random.Random(0))
    assert triple is not None
    assert triple.consequence == "Casey wants to show affection."
