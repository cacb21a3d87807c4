"""The rules behind the screen, without a screen."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from rich.cells import cell_len

from tear_core.engine.messages import EngineStatus, Sampling
from tear_core.store import Store, drafts, open_store
from tear_core.turn import Event, NotNow, Turn, fold
from tear_tui.autosave import Autosave
from tear_tui.conversing.choosing import Choice
from tear_tui.conversing.conversation import ConversationLog, keepable, title_of
from tear_tui.conversing.looks import Writing, Written, look, saw_prediction
from tear_tui.conversing.possible import Situation, possible
from tear_tui.conversing.status import Facts, sparkline, status_line
from tear_tui.conversing.talk import Talk
from tear_tui.conversing.veil import veil
from tear_tui.engine_link import EngineView
from tear_tui.text.pacing import BETWEEN_KEYS, FASTEST, SLOWEST, next_flush, until_a_pause
from tear_tui.tty.clipboard import escape_sequences
from tear_tui.tty.copying import as_text
from tests.app.fake_engine import FakeEngine


def turn(*events: Event, order: str = "after", blind: bool = False) -> Turn:
    begun = Event("input", 1, {"text": "Hello", "order": order, "blind": blind})
    return fold([begun, *events]).turns[0]


def wrote(kind: str, text: str, **data: object) -> Event:
    return Event(kind, 1, {"candidate": 0, "text": text, "tokens": 3, **data})  # type: ignore[arg-type]


@pytest.mark.parametrize("section", ["draft", "scene"])
def test_the_words_are_veiled_until_the_scene_is_there(section: str) -> None:
    sections = {"draft": Written("secret", 7), "scene": Written("She", 1)}
    seen = look(turn(), 0, Writing(0, section, sections))  # type: ignore[arg-type]
    assert (seen.said, seen.veiled) == (None, 7)


def test_the_revised_response_is_seen_while_it_is_written_and_its_draft_beside_it() -> None:
    sections = {"draft": Written("first", 1), "response": Written("sec", 1)}
    seen = look(turn(order="reflect"), 0, Writing(0, "response", sections))  # type: ignore[arg-type]
    assert (seen.said, seen.first_draft) == ("sec", "first")


def test_another_candidate_is_seen_while_one_is_written() -> None:
    before = turn(wrote("draft", "one"), wrote("scene", "s"), wrote("response", "one"))
    seen = look(before, 0, Writing(1, "draft", {"draft": Written("two", 1)}))
    assert (seen.said, seen.writing) == ("one", None)


def test_blind_shows_the_length_of_a_scene_and_nothing_else_until_yours_is_there() -> None:
    said = (wrote("draft", "x"), wrote("scene", "secret"), wrote("response", "x"))
    blind = turn(*said, blind=True)
    assert (look(blind, 0).scene, look(blind, 0).scene_veiled) == (None, 3)
    assert not saw_prediction(blind)
    assert "secret" not in as_text(turn(*said, Event("take", 1, {"candidate": 0}), blind=True))
    authored = {"triple": "T", "consequence": "c", "landing": "hurt", "saw_prediction": False}
    done = turn(*said, Event("take", 1, {"candidate": 0}), Event("author", 1, authored), blind=True)
    assert look(done, 0).scene == "secret"
    assert saw_prediction(done)  # whoever writes it again has it before their eyes


def test_the_veil_tells_the_number_of_tokens_and_not_their_words() -> None:
    assert veil(3).count(" ") == 2
    assert set(veil(40)) == {"░", " "}
    assert veil(0) == ""


def test_browsing_goes_round_and_skips_the_candidate_beside() -> None:
    choice = Choice()
    assert choice.browse(1, 1) == choice
    assert choice.browse(-1, 3).chosen == 2
    pair = choice.beside(1)
    assert (pair.shown, pair.chosen) == ((0, 1), 1)
    assert pair.browse(1, 3).shown == (0, 2)
    assert pair.choose(0).chosen == 0
    assert pair.alone().shown == (1,)


def test_a_slow_screen_is_drawn_less_often() -> None:
    assert next_flush(0.0) == FASTEST
    assert FASTEST < next_flush(0.02) < SLOWEST
    assert next_flush(9.0) == SLOWEST


def test_the_models_words_wait_for_the_next_key_but_not_for_long() -> None:
    assert until_a_pause(0.0, 0.0) == BETWEEN_KEYS
    assert until_a_pause(BETWEEN_KEYS / 2, 0.0) == BETWEEN_KEYS / 2
    assert until_a_pause(BETWEEN_KEYS, 0.0) == until_a_pause(9.0, 0.0) == 0, "nobody types"
    assert until_a_pause(0.0, SLOWEST) == 0, "nothing was shown for long"
    assert 0 < until_a_pause(0.0, SLOWEST - 0.1) < BETWEEN_KEYS


@pytest.mark.parametrize("width", [10, 30, 60, 78, 200])
def test_the_status_line_fits_and_keeps_what_matters_most(width: int) -> None:
    learning = {"event": "step", "step": 4, "steps": 12, "consequence_loss": 2.5}
    status = EngineStatus("ready", "nano", 3, 2, learning=learning)
    facts = Facts(EngineView("ready", status), "nano", 3, 2, (4.0, 3.0), "reflect", True)
    said = status_line(facts, width)
    assert said.startswith("nano · generation 3")
    assert cell_len(said) <= max(width, len("nano · generation 3"))
    if width == 200:
        for part in ("2 pending", "learning 4/12, loss 2.50", "█▁ 3.00", "order reflect", "blind"):
            assert part in said


def test_a_sparkline_shows_the_last_values_between_the_lowest_and_the_highest() -> None:
    assert sparkline([], 5) == ""
    assert sparkline([1.0, 1.0], 5) == "▄▄"
    assert sparkline([9.0, 1.0, 2.0, 3.0], 3) == "▁▅█"


def test_copying_works_through_tmux() -> None:
    assert escape_sequences("hé", {}) == "\x1b]52;c;aMOp\x07"
    wrapped = escape_sequences("hé", {"TMUX": "/tmp/x"})
    assert wrapped.endswith("\x1bPtmux;\x1b\x1b]52;c;aMOp\x07\x1b\\")


def test_a_title_is_the_first_words_that_were_said() -> None:
    assert title_of("  a\n b ") == "a b"
    assert len(title_of("word " * 40)) <= 60


def test_what_no_database_keeps_is_left_out() -> None:
    assert keepable("a\0b\ud800") == "ab?"


def test_keys_for_a_turn_do_nothing_while_the_model_writes_it() -> None:
    drafted = turn(wrote("draft", "x"))
    assert possible("reroll", Situation(open=drafted, at=drafted))
    assert not possible("reroll", Situation(open=drafted, at=drafted, busy=True))
    assert possible("stop", Situation(open=drafted, busy=True))
    assert not possible("drop", Situation(open=drafted, busy=True))
    assert possible("drop", Situation(open=drafted, busy=True, stopping=True))


def test_escape_on_an_earlier_turn_leads_back_and_drops_nothing() -> None:
    open_turn = turn(wrote("draft", "x"))
    now = Situation(reading=True, at=None, open=open_turn)
    assert possible("back", now) and not possible("drop", now)


def test_a_box_is_on_disk_although_nobody_stops_typing(home: Path, store: Store) -> None:
    autosave = Autosave(home)
    for number in range(20):
        autosave.put("prompt@new", f"text {number}")
    assert autosave.flush()
    assert drafts.load(store, "prompt@new") == "text 19"
    autosave.put("prompt@new", "")
    assert autosave.flush()
    assert drafts.load(store, "prompt@new") is None


def test_a_box_is_saved_again_after_a_save_that_failed(home: Path, store: Store) -> None:
    autosave = Autosave(home)
    with store.write():
        autosave.put("prompt@new", "kept", session="NOSUCHSESSION")
        assert not autosave.flush(timeout=0.05)
    autosave.put("prompt@new", "kept")
    assert autosave.flush()
    assert drafts.load(store, "prompt@new") == "kept"


def test_the_engine_is_read_on_one_thread_and_collected_on_another(store: Store) -> None:
    talk = Talk(ConversationLog(store), Sampling())
    engine = FakeEngine(live=5)
    talk.send("Hello", "after", False)
    speech = talk.begin()
    reader = threading.Thread(target=speech.read, args=(engine,))
    reader.start()
    reader.join()
    assert talk.collect(0)
    assert speech.ended and talk.finish() is None
    candidate = talk.log.turn(1).candidates[0]
    assert candidate.generation == 5
    assert [candidate.facts[name]["seed"] for name in ("draft", "scene", "response")] == [7, 7, 7]
    assert candidate.facts["draft"]["sampling"]["temperature"] == 0.8


def test_two_apps_on_one_session_never_write_what_does_not_follow(home: Path, store: Store) -> None:
    one = ConversationLog(store)
    one.send("Hello", "after", False)
    with open_store(home) as other_store:
        other = ConversationLog(other_store, one.session_id)
        one.record("cancel", 1)
        assert other.send("And now", "after", False).number == 2
        with pytest.raises(NotNow, match="turn 2 is still open"):
            one.send("Me too", "after", False)
    assert [each.input for each in ConversationLog(store, one.session_id).turns] == [
        "Hello",
        "And now",
    ]
