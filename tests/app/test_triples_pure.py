"""What the triples' place says, worked out without a screen."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tear_core.store import Store
from tear_core.store.deciding import Prospect
from tear_core.store.edits import Edit
from tear_core.store.lineage import Carried
from tear_core.store.listing import Line, Listing
from tear_core.store.triples import Notes, StoredTriple
from tear_core.store.undoing import Step, Undone
from tear_core.store.versions import Suggestion
from tear_core.triples import Draft, Exchange, Triple
from tear_tui.reviewing import decision_words, triple_words
from tear_tui.reviewing.review_queue import ReviewQueue
from tear_tui.reviewing.triple_form import edited, fixed, texts
from tear_tui.reviewing.triple_list import COLUMNS, row, summary
from tear_tui.text.cells import fit
from tear_tui.text.columns import GAP, Column, fitted
from tear_tui.text.safe_text import safe_line
from tear_tui.widgets.plain import Part
from tests.store.many import fill

TEXT = st.text(max_size=30) | st.text("漢a\u0301👩\u200d… ", max_size=12)


@given(text=TEXT, width=st.integers(0, 20), right=st.booleans())
def test_a_text_takes_exactly_its_cells(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(safe_line(text), width, right=right)) == width


def test_what_does_not_fit_is_cut_with_an_ellipsis_and_never_in_half() -> None:
    assert fit("hello world", 6) == "hello…"
    assert fit("漢字漢字", 5) == "漢字…" and fit("漢字漢字", 6) == "漢字… "
    assert fit("4.2", 6, right=True) == "   4.2" and fit("abc", 0) == ""


@given(
    columns=st.lists(
        st.builds(
            Column,
            st.just("x"),
            st.integers(1, 30),
            share=st.integers(0, 3),
            rank=st.integers(0, 4),
        ),
        max_size=6,
    ),
    width=st.integers(1, 200),
)
def test_columns_fit_and_the_important_ones_stay(columns: list[Column], width: int) -> None:
    sizes = fitted(columns, width)
    shown = {each for each, _ in sizes}
    assert {each for each, column in enumerate(columns) if not column.rank} <= shown
    if sum(columns[each].rank for each in shown):
        assert sum(size for _, size in sizes) + GAP * (len(sizes) - 1) <= width
    gone = [column.rank for each, column in enumerate(columns) if each not in shown]
    assert min(gone, default=9) >= max((columns[each].rank for each in shown), default=0)


def test_a_wider_list_shows_more_columns() -> None:
    def names(width: int) -> list[str]:
        return [COLUMNS[each].name for each, _ in fitted(COLUMNS, width)]

    assert names(52) == ["status", "landing", "surprise", "input"]
    assert names(110)[-3:] == ["what happened", "source", "seen"]
    assert names(130) == [column.name for column in COLUMNS]
    assert names(30) == ["status", "input"]


LINE = Line(7, "01", "pending", "hurt", None, "cli", "", 0, "2026-03-01T09:30", "", "r", "he wept")


def test_a_triple_as_a_row() -> None:
    cells, tone = row(LINE)
    assert cells == ("pending", "hurt", "–", "…", "he wept", "cli", "", "2026-03-01")
    assert tone == "good"
    assert row(replace(LINE, surprise=4.256, seen=3)).cells[2:7:4] == ("4.26", "3")
    assert row(None).cells[0] == "deleted" and len(row(None).cells) == len(COLUMNS)


def test_the_line_above_the_list_keeps_what_matters() -> None:
    whole = summary(2, 1_234, 100_000, "surprise", 17, [], 120)
    assert whole == "3 of 1,234  ·  17 marked  ·  100,000 in all  ·  most surprising first"
    assert summary(2, 1_234, 100_000, "surprise", 17, [], 40) == "3 of 1,234  ·  17 marked"
    assert summary(0, 0, 5, "newest", 0, ["There is no filter x:."], 30).startswith("There is no")
    assert "looking…" in summary(0, 9, 9, "oldest", 0, [], 60, looking=True)
    assert cell_len(summary(0, 0, 5, "newest", 0, ["漢" * 80], 30)) <= 30


STORED = StoredTriple(
    id="01JB",
    triple=Triple(
        "it rained",
        "take a coat",
        "he wept",
        "hurt",
        context=(Exchange("hello", "hi"),),
        draft=Draft("first words", "first scene"),
    ),
    status="learned",
    source="session",
    session="01JA",
    turn=3,
    predicted="he smiles",
    predicted_by=2,
    blind=True,
    surprise=4.25,
    surprise_tokens=11,
    surprise_generation=1,
    generations=(3, 4),
    created_at="2026-03-01T09:30:00.000000+00:00",
    notes=Notes(theme="work", difficulty=2),
)


def plain(parts: list[Part]) -> str:
    return "".join(part if isinstance(part, str) else part[0] for part in parts)


def test_a_triple_is_told_whole() -> None:
    said = plain(triple_words.told(STORED, Suggestion("he smiles", foreseen=2)))
    for words in (
        "you\nit rained",
        "model, at first\nfirst words",
        "scene foreseen for that\nfirst scene",
        "model\ntake a coat",
        "what happened\nhe wept",
        "scene foreseen by generation 2\nhe smiles",
        "before that, 1 of 1\nhello\n→ hi",
        "learned · ▼ hurt · surprise 4.25 nats per token over 11 tokens, under generation 1",
        "seen by generations 3, 4",
        "from turn 3 of session 01JA, written blind",
        "theme: work\ndifficulty: 2",
    ):
        assert words in said
    assert "you  it rained\n" in plain(triple_words.told(STORED, close=True))


def test_a_text_of_a_million_letters_is_shown_in_part() -> None:
    long = replace(STORED, triple=replace(STORED.triple, response="x" * 1_000_000))
    said = plain(triple_words.told(long))
    assert len(said) < 25_000 and "(980,000 more characters)" in said
    assert "x" * 1_000_000 in triple_words.as_text(long)


def test_its_past_has_old_words_and_new_ones() -> None:
    happened = [
        {
            "at": "2026-03-02T10:00:00", "from_status": "pending", "to_status": "pending",
            "why": "clearer", "who": "ada",
            "before": {"consequence": "he wept", "surprise": 2.0, "theme": ""},
            "after": {"consequence": "he left", "surprise": None, "theme": "work"},
        },
        {
            "at": "2026-03-01T10:00:00", "from_status": None, "to_status": "pending",
            "why": "added: cli", "who": "tear-tui", "before": None, "after": None,
        },
    ]  # fmt: skip
    said = plain(triple_words.told_past(happened))
    assert "2026-03-02 10:00  pending  clearer, by ada" in said
    assert "consequence was he wept\nconsequence is he left" in said
    assert "theme was –\ntheme is work" in said and "surprise" not in said


def test_questions_say_what_would_happen() -> None:
    asked = decision_words.question(Prospect("reject", 4_988, 3, 12, 1), 5)
    assert asked == (
        "Reject 4,988 triples? 5 of the marked ones are not in this list. 3 are rejected already."
        " 12 are learned, and cannot be rejected any more: t takes them back. 1 is deleted."
    )
    carried = Carried("nano", seen=(3,), grown=(4, 5), live=5, clean=2)
    asked = decision_words.question(Prospect("retract", 1, 0, 0, 0), 0, [carried])
    assert asked == (
        "Take back 1 triple? Generation 3 of nano has seen it, and generations 4, 5 have grown"
        " from there. Generation 5 answers now; generation 2 was before all that."
        " What they learned stays in them; it is replayed no more."
    )
    asked = decision_words.question(Prospect("retract", 2, 0, 0, 0), 0, [])
    assert asked == "Take back 2 triples? No generation has seen any of them."
    aside = replace(carried, live=1, clean=1)
    assert "Generation 1 answers now, and has none" in decision_words.consequences([aside])[0]
    nothing = decision_words.nothing_to_do(Prospect("accept", 0, 2, 0, 0))
    assert nothing == "Nothing to accept: 2 are accepted or learned already."


def test_undoing_is_told() -> None:
    step = Step("c", "not so", "ada", "2026-03-01T09:30:00", 5, 3)
    asked = decision_words.undo_question(step)
    assert asked.startswith("Undo “not so” for 5 triples, decided by ada on 2026-03-01 09:30 UTC?")
    assert "2 triples have gone on since and stay as they are." in asked
    assert "cannot be undone" in decision_words.cannot_undo(step)
    told = decision_words.undone(Undone("d", "undone: not so", 3, 2, 1))
    assert told == "Undone: not so (3 triples). 2 triples have gone on since and stay as they are."


def test_a_form_makes_an_edit_of_what_is_different_only() -> None:
    raw = replace(STORED, triple=replace(STORED.triple, consequence="he\x1b[31m wept\r\n"))
    boxes = texts(raw)
    assert boxes["consequence"] == "he wept\n" and boxes["difficulty"] == "2"
    assert edited(raw, boxes, boxes, "hurt") == Edit()
    changed = edited(raw, boxes, {**boxes, "theme": "home", "difficulty": "4"}, "healed")
    assert (changed.theme, changed.difficulty, changed.landing) == ("home", 4, "healed")
    with pytest.raises(ValueError, match="1 to 4"):
        edited(raw, boxes, {**boxes, "difficulty": ""}, "hurt")
    assert fixed(raw) == {"input", "response"} and not fixed(replace(raw, session=None))


def test_marks_are_of_triples_and_not_of_places(store: Store, tmp_path: Path) -> None:
    fill(store, 6)
    queue = ReviewQueue(store, "ada")
    queue.listing = Listing(array("q", [6, 5, 4]), 6)
    queue.mark(0)
    queue.mark(9)  # there is nothing
    assert queue.marked(0) and not queue.marked(1) and not queue.marked(9)
    queue.listing = Listing(array("q", [5, 4, 3]), 6)
    assert not queue.marked(0) and queue.hidden_marks() == 1 and queue.chosen(0) == [6]
    queue.mark_all()
    assert queue.chosen(0) == [3, 4, 5, 6]
    queue.mark_all()
    assert queue.chosen(1) == [4] and queue.chosen(7) == []


def test_the_first_look_is_at_what_waits(store: Store) -> None:
    queue = ReviewQueue(store, "ada")
    assert queue.first_look() == ""
    fill(store, 2)
    assert queue.first_look() == "status:unreviewed"
    orders = []
    for _ in range(4):
        queue.reorder()
        orders.append(queue.sort)
    assert orders == ["oldest", "surprise", "source", "newest"]


def test_a_list_for_something_else_is_not_taken_in(store: Store) -> None:
    fill(store, 10)
    queue = ReviewQueue(store, "ada")
    queue.find("status:pending")
    old = queue.reading()()
    queue.find("status:rejected")
    assert old(0) is None and len(queue.listing) == 0
    assert queue.reading()()(0) == 0 and len(queue.listing) == 2
