"""Marks: what the chat shows of the anti-judge, in the coordinates of what is on the screen."""

from __future__ import annotations

from tear_core.evaluate.anti_judge import CATEGORIES
from tear_tui.text.marks import LABELS, labels, marks
from tear_tui.text.safe_text import safe_text


def test_a_span_counts_in_the_text_as_it_is_shown() -> None:
    raw = "\x1b]0;title\x07First.\r\nOh, \x1b[31mcalm down\x1b[0m. It was only a dog."
    shown = safe_text(raw)
    spans = [shown[mark.start : mark.end] for mark in marks(raw)]
    assert spans == ["calm down", "It was only a dog"]
    assert labels(raw) == ("belittling",)


def test_every_category_has_one_word() -> None:
    assert set(LABELS) == set(CATEGORIES)
    assert all(label and " " not in label for label in LABELS.values())


def test_a_plain_text_has_no_marks() -> None:
    assert marks("The bus leaves at nine, from the other side.") == ()
    assert labels("") == ()
