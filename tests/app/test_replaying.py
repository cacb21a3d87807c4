"""The replay's clock, its frames and its words, without a screen."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tear_core.turn import Event, Kind, fold
from tear_tui.conversing.looks import Written, look
from tear_tui.replays.replaying import (
    SPEEDS,
    faster,
    frame,
    marked,
    part,
    record,
    stepped,
    turned,
)
from tear_tui.replays.telling import headline, tell
from tear_tui.replays.timeline import APART, beats, clock, duration, marks
from tear_tui.text.difference import difference, kept, signed
from tests.app.test_hostile_text import HOSTILE

START = datetime(2026, 3, 1, 9, 30, tzinfo=timezone.utc)


def at(moment: float, kind: Kind, turn: int = 1, **data: Any) -> Event:
    return Event(kind, turn, data, (START + timedelta(seconds=moment)).isoformat())


def lived(turn: int = 1, start: float = 0.0, blind: bool = False) -> list[Event]:
    """A turn of 12 seconds: an input, a reroll, a saved scene, learned a minute later."""
    kept = f"T{turn}"
    return [
        at(start, "input", turn, text=f"input {turn}", order="after", blind=blind),
        at(start + 4, "draft", turn, text="one two", tokens=2, seconds=3.0, generation=turn - 1),
        at(start + 6, "scene", turn, text="a b c d", tokens=4, seconds=2.0, generation=turn - 1),
        at(start + 6, "response", turn, text="one two", tokens=2, seconds=0.0),
        at(start + 8, "draft", turn, candidate=1, text="x", tokens=1, seconds=1.0),
        at(start + 9, "scene", turn, candidate=1, text="y", tokens=1, seconds=1.0),
        at(start + 9, "response", turn, candidate=1, text="x", tokens=1, seconds=0.0),
        at(start + 10, "take", turn, candidate=1),
        at(start + 12, "author", turn, triple=kept, consequence="it was", landing="healed"),
        at(start + 12.5, "surprise", turn, triple=kept, nats_per_token=3.25, generation=0),
        at(start + 72, "learned", turn, triple=kept, generation=turn),
    ]


TWO = [*lived(1), *lived(2, 100)]


def of(events: Sequence[Event], longest: float = 3.0) -> Any:
    return record("S", "Piano", events, longest)


def test_long_waits_are_cut_and_what_was_cut_is_known() -> None:
    when = beats(TWO)
    assert when[0].happens == 0
    assert (when[1].begins, when[1].happens) == (1, 4)
    assert when[10].left_out == pytest.approx(56.5)
    assert when[11].left_out == pytest.approx(25)
    total = when[-1].happens + sum(beat.left_out for beat in when)
    assert total == pytest.approx(172, abs=0.02)
    assert beats(TWO, 1e9)[-1].happens == pytest.approx(172, abs=0.02)


def test_no_two_events_are_at_one_moment_whatever_the_clock_did() -> None:
    odd = [
        at(5, "input", text="x"),
        at(-900, "draft", text="y", seconds=float("nan")),
        at(1, "take"),
    ]
    odd.append(Event("cancel", 1, {}, "yesterday"))
    odd.append(Event("cancel", 1, {"seconds": "long"}, ""))
    when = [beat.happens for beat in beats(odd)]
    assert all(later - sooner >= APART * 0.99 for sooner, later in itertools.pairwise(when))


def test_saves_and_new_generations_are_marked() -> None:
    found = marks(TWO, beats(TWO))
    assert [(mark.kind, mark.turn) for mark in found] == [
        ("save", 1),
        ("generation", 1),  # learned in generation 1; turn 2 is answered by it
        ("save", 2),
        ("generation", 2),
    ]
    recording = of(TWO)
    first = recording.marks[0].at
    assert marked(recording, 0, 1) == first
    assert marked(recording, first, 1) == recording.marks[1].at
    assert marked(recording, recording.marks[1].at, -1) == first
    assert marked(recording, 0, -1) == 0


def test_words_come_in_proportion_and_the_draft_stays_veiled() -> None:
    recording = of(lived())
    waiting = frame(recording, 0.5)
    assert waiting.writing is not None and waiting.writing.section is None
    seen = look(waiting.conversation.turns[0], 0, waiting.writing)
    assert (seen.said, seen.writing) == (None, "waiting")
    drafting = frame(recording, 2.5)
    assert drafting.writing is not None
    assert drafting.writing.sections["draft"] == Written("", 1)
    seen = look(drafting.conversation.turns[0], 0, drafting.writing)
    assert (seen.said, seen.veiled) == (None, 1)
    foreseeing = frame(recording, 5.0)
    assert foreseeing.writing is not None and foreseeing.done == 2
    assert foreseeing.writing.sections["scene"].text == "a"
    seen = look(foreseeing.conversation.turns[0], 0, foreseeing.writing)
    assert (seen.said, seen.veiled, seen.scene) == (None, 2, "a")
    spoken = frame(recording, recording.beats[3].happens)
    assert spoken.writing is None
    assert look(spoken.conversation.turns[0], 0).said == "one two"


def test_a_reroll_is_in_view_while_it_is_written_and_not_before() -> None:
    recording = of(lived())
    assert frame(recording, 6.9).choice.chosen == 0
    assert frame(recording, 7.5).choice.chosen == 1
    assert frame(recording, 9.5).choice.chosen == 1


def test_only_the_scene_is_awaited_after_an_edit() -> None:
    events = [
        *lived()[:4],
        at(8, "edit", candidate=1, text="mine", of=0),
        at(10, "scene", candidate=1, text="z", tokens=1, seconds=1.0),
        at(11, "take", candidate=1),
    ]
    recording = of(events)
    waiting = frame(recording, 8.5)
    assert waiting.writing is not None and waiting.writing.given
    seen = look(waiting.conversation.turns[0], 1, waiting.writing)
    assert (seen.said, seen.edited, seen.scene) == ("mine", True, None)


def test_a_blind_scene_is_veiled_until_it_was_authored() -> None:
    recording = of(lived(blind=True))
    before = frame(recording, recording.beats[7].happens)
    assert look(before.conversation.turns[0], 1).scene_veiled == 1
    after = frame(recording, recording.beats[8].happens)
    assert look(after.conversation.turns[0], 1).scene == "y"
    told = tell(before.conversation, recording.events[5])
    assert told.words == "" and "veiled" in told.heading
    assert "y" in tell(after.conversation, recording.events[8]).after


def test_every_frame_is_the_fold_of_what_has_happened() -> None:
    events = [event for turn in range(1, 20) for event in lived(turn, turn * 100)]
    recording = of(events)
    for index in range(0, len(events), 7):
        shown = frame(recording, recording.beats[index].happens)
        assert shown.done == index + 1
        assert shown.conversation == fold(events[: index + 1])


def test_steps_go_by_event_by_turn_and_back() -> None:
    recording = of(TWO)
    moments = [0.0]
    while (step := stepped(recording, moments[-1], 1)) != moments[-1]:
        moments.append(step)
    assert len(moments) == len(TWO)
    back = [recording.seconds]
    while (step := stepped(recording, back[-1], -1)) != back[-1]:
        back.append(step)
    assert back == moments[::-1]
    assert stepped(recording, 5.0, -1) == recording.beats[1].happens
    second = recording.starts(2)
    assert turned(recording, 0, 1) == second
    assert turned(recording, second + 1, -1) == second
    assert turned(recording, second, -1) == 0
    assert turned(recording, second, 1) == recording.seconds
    assert frame(recording, recording.ends(1)).turn == 1
    assert recording.ends(2) == recording.seconds


def test_a_log_that_breaks_is_replayed_up_to_there() -> None:
    recording = of([*lived(), at(80, "take"), at(81, "input", 2, text="x")])
    assert len(recording.events) == 11
    assert "event 12 of 13" in recording.broken and "take comes too late" in recording.broken
    no_text = of([Event("input", 1, {}), *lived()])
    assert no_text.events == () and "cannot be read" in no_text.broken
    strange = of([*lived()[:1], Event("sing", 1, {})])  # type: ignore[arg-type]
    assert "event 2 of 2" in strange.broken


def test_an_empty_session_and_an_old_one_without_facts_can_be_replayed() -> None:
    empty = of([])
    assert (empty.seconds, frame(empty, 0).turn, stepped(empty, 0, 1)) == (0, 0, 0)
    assert (turned(empty, 0, 1), marked(empty, 0, 1)) == (0, 0)
    old = [Event(each.kind, 1, {"text": "words", "candidate": 0}) for each in lived()[:3]]
    recording = of(old)
    assert recording.seconds == pytest.approx(2 * APART)
    assert frame(recording, 9).conversation.turns[0].candidates[0].scene == "words"


def test_a_turn_that_was_dropped_half_way() -> None:
    events = [*lived()[:1], at(2, "draft", text="one", tokens=1, seconds=1, stopped="cancelled")]
    recording = of([*events, at(3, "cancel")])
    assert frame(recording, 2.5).writing is None
    assert frame(recording, 9).conversation.turns[0].phase == "cancelled"
    assert headline(recording.events[1]) == "draft, cut short"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_cut_anywhere_and_told_raw(name: str) -> None:
    text = HOSTILE[name]
    written = Written(text, 100)
    pieces = [part(written, share / 40).text for share in range(41)]
    assert pieces[0] == "" and pieces[-1] == text
    assert all(text.startswith(piece) for piece in pieces)
    assert difference(text, text)[0].text == text


def test_speeds_go_up_and_down_and_stop_at_their_ends() -> None:
    assert [faster(speed, 1) for speed in SPEEDS] == [1, 2, 4, 8, 8]
    assert [faster(speed, -1) for speed in SPEEDS] == [0.5, 0.5, 1, 2, 4]


def test_times_are_said_as_people_say_them() -> None:
    assert [clock(each) for each in (0, 59.9, 61, 3661)] == ["0:00", "0:59", "1:01", "1:01:01"]
    assert [duration(each) for each in (0, 4.4, 252, 7325, 900_000)] == [
        "0 s",
        "4 s",
        "4 min 12 s",
        "2 h 2 min",
        "10 d 10 h",
    ]


def test_a_difference_names_what_went_and_what_came() -> None:
    pieces = difference("She sat down again, and played.", "She sat up, and played twice.")
    assert "".join(map(signed, pieces)) == ("She sat [-down again-]{+up+}, and played {+twice+}.")
    assert kept(pieces) == (4, 6)
    assert kept(difference("", "")) == (0, 0)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_both_texts_can_be_read_back_from_their_difference(then: str, now: str) -> None:
    pieces = difference(then, now)
    assert "".join(piece.text for piece in pieces if piece.kind != "now") == then
    assert "".join(piece.text for piece in pieces if piece.kind != "then") == now
