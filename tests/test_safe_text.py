"""What reaches a terminal: words, and nothing that a terminal obeys."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tear_tui.text.safe_text import safe_line, safe_text

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred\x9b0m", "red"),
        ("\x1b]0;PWNED\x07title", "title"),
        ("\x1b]52;c;aGk=\x1b\\clipboard", "clipboard"),
        ("\x9d0;PWNED\x9ctitle", "title"),
        ("\x1bP1$r0m\x1b\\device", "device"),
        ("\x1b_Gf=100;AAAA\x1b\\picture", "picture"),
        ("\x1b[2J\x1b[?1049l\x1b[>4;2mscreen", "screen"),
        ("\x1b(0\x1b7\x1bccharset", "charset"),
        ("\x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\x00b\x08c\x7fd\x85e\x0bf", "abcdef"),
        (f"user{BIDI}txt\ufeff", "usertxt"),
        ("half \ud83d pair", "half \ufffd pair"),
    ],
)
def test_what_a_terminal_would_obey_is_gone(raw: str, shown: str) -> None:
    assert safe_text(raw) == shown


@pytest.mark.parametrize("raw", ["\x1b[12;", "\x1b", "\x1b]0;PWN", "\x9b3", "\x1bP1$", "\x1b("])
def test_a_sequence_cut_short_by_the_stream_is_not_shown(raw: str) -> None:
    assert safe_text(f"words{raw}") == "words"


def test_an_unterminated_command_does_not_swallow_the_lines_after_it() -> None:
    assert safe_text("a\x1b]0;PWN\nthe scene goes on") == "a\nthe scene goes on"


@pytest.mark.parametrize(
    "text",
    [
        "世界は静か",
        "👩‍👩‍👧 and 👍🏽",
        "می‌خواهم",
        "naïve “quotes” – dashes…",
        "tab\tand\nnewline",
        "[/INST] [b]x[/b]",
    ],
)
def test_words_of_every_script_stay_as_they_are(text: str) -> None:
    assert safe_text(text) == text


HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\x9d\x90\x9c\x07\r\n\\[]0;mP_(" + BIDI),
    )
)


@given(HOSTILE)
def test_no_control_character_survives(text: str) -> None:
    shown = safe_text(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert not set(shown) & set(BIDI + "\ufeff")


@given(HOSTILE)
def test_making_safe_twice_is_the_same_as_once(text: str) -> None:
    assert safe_text(safe_text(text)) == safe_text(text)


@given(st.text(st.characters(exclude_categories=("C", "Z"))))
def test_plain_words_are_untouched(text: str) -> None:
    assert safe_text(text) == text


@given(HOSTILE)
def test_a_cell_is_one_line(text: str) -> None:
    assert len(safe_line(text).splitlines()) <= 1


def test_a_cell_has_single_spaces() -> None:
    assert safe_line("  one\n\n two\tthree\x1b[K ") == "one two three"
