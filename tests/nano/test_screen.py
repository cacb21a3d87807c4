"""Old books are screened by counts anybody can check, and the list of contempt stays unread."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tear_core.nano import screen, screen_words
from tear_core.nano.corpus import Document
from tear_core.nano.rendering import document_texts
from tear_core.nano.sources import BOOKS, SOURCES

PLAIN = "The little girl walked to the garden and found a red apple under the tree. "
WORD = "zzyzzag"  # stands for a word of contempt


@pytest.fixture(autouse=True)
def a_word_of_contempt(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.blake2b(WORD.encode(), digest_size=4).hexdigest()
    monkeypatch.setattr(screen, "CONTEMPT", screen_words.CONTEMPT | {digest})
    screen.is_contempt.cache_clear()


def book(*passages: str) -> str:
    """Each text as a passage of its own, long enough to be one."""
    return "\n\n".join(
        text + PLAIN * (1 + screen.PASSAGE_CHARACTERS // len(PLAIN)) for text in passages
    )


def test_a_plain_book_stays_whole() -> None:
    found = screen.screened(book("", ""))
    assert not found.dropped
    assert " ".join(found.texts).split() == book("", "").split()


def test_one_word_of_contempt_costs_its_passage_and_no_other() -> None:
    text = book(*[""] * 300, f"The {WORD}'s house. ")
    found = screen.screened(text)
    assert set(found.dropped) == {"passage: contempt"}
    assert found.dropped["passage: contempt"] < found.words / 250
    assert WORD not in "".join(found.texts)


def test_a_text_never_leaps_over_a_dropped_passage() -> None:
    found = screen.screened(book(*[""] * 300, f"{WORD} ", "And so. "))
    assert found.texts[-1].startswith("And so.")


def test_a_book_full_of_contempt_is_dropped_whole() -> None:
    found = screen.screened(book("", f"{WORD} {WORD} "))
    assert found.texts == [] and found.dropped == {"book: contempt": found.words}


@pytest.mark.parametrize(
    ("passage", "reason"),
    [
        (f"{PLAIN} The savages came to the plantation. ", "empire"),
        (f"{PLAIN} Thou art late, quoth he. ", "old"),
        ("THE END OF THE BOOK. 1 2 3 4 5 6", "not prose"),
        (f"{PLAIN} This eBook is from Project Gutenberg. ", "not prose"),
        (f"{PLAIN} A native of the town met a chinese sailor. ", "empire"),
        (f"{PLAIN} The natives waved. ", None),
        (PLAIN, None),
    ],
)
def test_a_passage_is_dropped_for_a_reason(passage: str, reason: str | None) -> None:
    assert screen.objection(passage) == reason


def test_books_are_screened_before_they_are_read_and_are_in_no_run_unasked() -> None:
    source = BOOKS["pg_simple_fiction"]
    assert not set(BOOKS) & set(SOURCES)
    texts = list(document_texts([Document(source, book(f"{WORD} ", f"{WORD} "))], seed=0))
    assert texts == []
    assert list(document_texts([Document(source, book(""))], seed=0)) != []


def test_the_list_of_contempt_holds_no_readable_word_and_answers_when_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert all(len(entry) == 8 and int(entry, 16) >= 0 for entry in screen_words.CONTEMPT)
    screen.main(["--word", WORD.upper()])
    screen.main(["--word", "garden"])
    assert capsys.readouterr().out == "on the list\nnot on the list\n"


def test_the_report_says_what_stays_and_why_the_rest_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pg_simple_fiction"
    folder.mkdir()
    (folder / "1.txt").write_text(book("", ""))
    (folder / "2.txt").write_text(book(f"{WORD} {WORD} "))
    screen.main(["--text", str(tmp_path)])
    told = capsys.readouterr().out
    assert "pg_simple_fiction: 2 books" in told and "1 books" in told
    assert "  book: contempt: " in told and "%)" in told


def test_no_list_knows_a_word_of_everyday_life() -> None:
    everyday = [
        "the",
        "house",
        "dog",
        "mother",
        "friend",
        "school",
        "bread",
        "rain",
        "work",
        "sister",
        "doctor",
        "money",
    ]
    assert not any(screen.is_contempt(word) for word in everyday)
    assert not set(everyday) & (screen_words.EMPIRE | screen_words.OLD)
