"""`tear-tui judge`: spans and a penalty, and an exit code for what must not be said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tear_tui.cli import app

pytestmark = pytest.mark.usefixtures("home")


def run(*words: str, input: str | None = None, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["judge", *words], input=input)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_findings_come_with_their_words() -> None:
    text = "Calm down, it was only a dog."
    told = json.loads(run(text, "--json").stdout)
    assert told["hard_block"] is False
    assert [found["text"] for found in told["findings"]] == ["Calm down", "it was only a dog"]
    assert all(text[f["start"] : f["end"]] == f["text"] for f in told["findings"])
    table = run(text).stdout
    assert "minimization" in table and "penalty" in table


def test_urging_harm_is_an_exit_code() -> None:
    assert json.loads(run("Just kill yourself.", "--json", code=1).stdout)["hard_block"] is True
    assert "encourages harm" in run("Just kill yourself.", code=1).stdout


def test_standard_input_and_files_are_read(tmp_path: Path) -> None:
    assert "nothing found" in run("-", input="The bus leaves at nine.").stdout
    file = tmp_path / "reply.txt"
    file.write_text("You're a genius.", encoding="utf-8")
    assert "sycophancy" in run("--file", str(file)).stdout


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert "give a text" in run(code=1).stderr
    assert "give a text" in run("words", "--file", "x", code=1).stderr
    assert "No such file" in run("--file", str(tmp_path / "none.txt"), code=1).stderr
    (tmp_path / "raw").write_bytes(b"\xff\xfe\xff")
    assert "UTF-8" in run("--file", str(tmp_path / "raw"), code=1).stderr


def test_nothing_from_the_text_reaches_the_terminal_raw() -> None:
    shown = run("You're a genius.\x1b]0;owned\x07 \x1b[2J").stdout
    assert "\x1b" not in shown
