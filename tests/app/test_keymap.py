"""Keys of one's own: each mistake is found before they come into force, and said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from tear_core.settings import SettingsError, load_settings, user_file
from tear_tui.entrance import run
from tear_tui.keys import let_alt_numbers_through
from tear_tui.preferences.key_table import groups, pressed
from tear_tui.preferences.keymap import completed, problems, undeliverable, usable
from tests.app.fake_engine import FakeEngine
from tests.app.support import (
    converse,
    flat,
    on_the_response,
    running,
    say,
    type_text,
    wait_until,
)


def wrong(**keymap: str) -> str:
    """What is said about one binding of a keymap; `__` stands for the dot."""
    named = {id.replace("__", "."): keys for id, keys in keymap.items()}
    return " ".join(problems(named, groups()).values())


def test_every_binding_may_have_the_keys_that_it_has() -> None:
    for group in groups():
        for each in group.bindings:
            assert problems({each.id or "": each.key}, groups()) == {}, each.id


def test_a_name_that_is_no_keys_name_has_its_nearest() -> None:
    assert wrong(converse__tke="f12") == "is no key's name; did you mean `converse.take`"


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("ctrl+i", "ctrl+i is tab to a terminal"),
        ("ctrl+m", "ctrl+m is enter to a terminal"),
        ("ctrl+b", "ctrl+b is tmux's own prefix"),
        ("ctrl+1", "ctrl+1 does not reach a program in most terminals"),
        ("ctrl+enter", "does not reach a program in most terminals"),
        ("shift+space", "is not told from the key without shift"),
        ("super+k", "reaches a program in few terminals only"),
        ("foo", "foo is no key that has a name"),
        ("ctrl+shft+x", "is no key that has a name"),
        (" , ", "names no key"),
    ],
)
def test_a_key_that_terminals_do_not_deliver_is_refused(keys: str, reason: str) -> None:
    assert reason in wrong(converse__take=keys)


def test_one_key_that_arrives_everywhere_is_enough() -> None:
    assert wrong(composer__newline="shift+enter,ctrl+o") != ""  # ctrl+o is the order's
    assert wrong(composer__newline="shift+enter,alt+enter") == ""
    assert undeliverable("f12") == undeliverable("alt+x") == undeliverable("ctrl+up") == ""


def test_a_key_that_something_else_has_is_refused_where_both_could_be_meant() -> None:
    assert "F1 is taken anywhere: `app.help`" in wrong(turn__reroll="f1")
    assert "e is taken there already: `turn.edit`" in wrong(turn__reroll="e")
    assert "ctrl+k is taken while you say something: Delete to line end" in wrong(
        converse__take="ctrl+k"
    )
    assert "tab is taken" in wrong(converse__take="tab")
    assert wrong(turn__reroll="z") == ""
    assert wrong(landing__hurt="z", turn__reroll="z") == ""  # never on the screen together
    assert "is taken" in wrong(turn__edit="z", turn__reroll="z")


def test_a_letter_is_no_key_where_it_would_be_written() -> None:
    assert "t would be written into a box" in wrong(converse__take="t")
    assert "? would be written into a box" in wrong(app__help="question_mark")


def test_bindings_that_share_a_key_keep_it_when_one_of_them_goes() -> None:
    whole = completed({"converse.stop": "F12 , alt+s"}, groups())
    assert whole["converse.stop"] == "f12,alt+s"
    assert whole["converse.drop"] == whole["converse.back"] == "escape"


def test_what_is_wrong_is_left_out_and_the_rest_counts() -> None:
    assert usable({"converse.take": "f1", "converse.new": "f12"})["converse.new"] == "f12"
    assert "converse.take" not in usable({"converse.take": "f1"})
    assert usable({}) == {}


async def test_a_key_moved_away_leaves_the_others_on_it_working(home: Path) -> None:
    keymap = {"converse.stop": "f12", "turn.reroll": "z", "turn.take": "ctrl+y,q"}
    async with running(home, FakeEngine(), keymap=keymap) as pilot:
        await say(pilot, "Hello")
        await on_the_response(pilot)
        await wait_until(pilot, lambda: "z Reroll" in flat(pilot) and "^y Take" in flat(pilot))
        await pilot.press("z")
        await wait_until(pilot, lambda: len(converse(pilot).session.turn(1).candidates) == 2)
        await wait_until(pilot, lambda: not converse(pilot).talk.busy)
        await pilot.press("escape")
        await wait_until(pilot, lambda: converse(pilot).session.turn(1).phase == "cancelled")


async def test_the_help_shows_the_persons_own_keys(home: Path) -> None:
    async with running(home, FakeEngine(), keymap={"converse.take": "f12"}) as pilot:
        await pilot.press("f1")
        await type_text(pilot, "take the response")
        await wait_until(pilot, lambda: "F12 Take the response" in flat(pilot))


def test_a_keymap_is_read_in_one_piece_or_as_tables(home: Path) -> None:
    user_file().parent.mkdir(parents=True)
    user_file().write_text('[keymap]\n"turn.edit" = "f9"\nconverse.take = "f12"\n')
    assert load_settings().keymap == {"turn.edit": "f9", "converse.take": "f12"}
    user_file().write_text("[keymap]\nconverse.take = 12\n")
    with pytest.raises(SettingsError, match="valid string"):
        load_settings()


def test_the_app_does_not_open_on_a_keymap_that_cannot_be(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user_file().parent.mkdir(parents=True)
    user_file().write_text('[keymap]\n"converse.take" = "f1"\n"turn.redit" = "x"\n')
    assert run(home) == 1
    said = capsys.readouterr().err
    assert str(user_file()) in said and "F1 is taken anywhere" in said
    assert "did you mean `turn.edit`" in said
    assert "`tear-tui config unset keymap.turn.redit`" in said


def test_alt_and_a_number_is_that_in_a_terminal() -> None:
    let_alt_numbers_through()
    for number in "123456789":
        parser = XTermParser()
        events = [*parser.feed(f"\x1b{number}"), *parser.feed("")]
        assert [each.key for each in events if isinstance(each, Key)] == [f"alt+{number}"]


def test_keys_are_written_as_people_call_them() -> None:
    named = {each.id: each for group in groups() for each in group.bindings}
    assert pressed(named["turn.next"]) == ">"
    assert pressed(named["converse.take"], {"converse.take": "f12,alt+up"}) == "F12, alt+↑"
    assert json.dumps(pressed(named["composer.newline"])) == '"ctrl+j, shift+enter"'
