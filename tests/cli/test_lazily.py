"""Commands that are imported when they are used: the tables say what is there, and what it says."""

from __future__ import annotations

import os
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from tear_tui.cli import app
from tear_tui.cli.commands import COMMANDS
from tear_tui.cli.triples import TriplesGroup
from tear_tui.starting import PICTURES

ROOT: Any = typer.main.get_command(app)
TRIPLES: Any = ROOT.commands["triples"].itself()


@pytest.mark.parametrize(
    ("group", "later"),
    [
        *((ROOT, each) for each in COMMANDS),
        *((TRIPLES, each) for each in TriplesGroup.later),
    ],
    ids=lambda value: getattr(value, "place", ""),
)
def test_a_command_says_of_itself_what_the_table_says_of_it(group: Any, later: Any) -> None:
    named = group.commands[later.name]
    itself = named.itself()
    assert itself.name == named.name == later.name
    assert itself.get_short_help_str(1_000) == later.line


def test_a_group_lists_what_comes_later_before_its_own() -> None:
    names = TRIPLES.list_commands(None)
    assert names[: len(TriplesGroup.later)] == [each.name for each in TriplesGroup.later]
    assert {"list", "add", "show", "stats"} <= set(names)


def test_a_slip_is_answered_with_the_nearest_name() -> None:
    told = CliRunner().invoke(app, ["trian"])
    assert told.exit_code == 2 and "Did you mean 'train'?" in told.stderr
    told = CliRunner().invoke(app, ["triples", "rewiew"])
    assert told.exit_code == 2 and "Did you mean 'review'?" in told.stderr


def test_completion_knows_commands_that_are_not_imported_yet() -> None:
    """What a shell asks: the names, and the options of one."""

    def offered(words: str) -> str:
        asks = {"_TEAR_TUI_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "1"}
        asks["COMP_CWORD"] = str(len(words.split()) - 1)
        return CliRunner().invoke(app, [], env=asks, prog_name="tear-tui").stdout

    assert "triples" in offered("tear-tui tri").split()
    assert "review" in offered("tear-tui triples rev").split()
    assert "--order" in offered("tear-tui say --or").split()


def test_the_app_is_drawn_at_a_faster_beat_than_textuals_unless_another_is_wished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tear_tui.entrance.run", lambda *given, **named: 0)
    for wished, beat in ((None, PICTURES), ("30", "30")):
        monkeypatch.setenv("TEXTUAL_FPS", wished or "")
        if wished is None:
            monkeypatch.delenv("TEXTUAL_FPS")
        assert CliRunner().invoke(app, []).exit_code == 0
        assert os.environ["TEXTUAL_FPS"] == beat
