"""`tear-tui judge`: what the fixed patterns find in a text. No model, no database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tear_core.evaluate.anti_judge import Judged
from tear_core.evaluate.anti_judge import judge as judge_text
from tear_tui.cli.output import FAILED, CommandError, emit_json, emit_table, emit_text


def judge(
    text: Annotated[
        str | None, typer.Argument(help="The text, or - for standard input.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="Read the text from a file.", show_default=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Look for flattery, lecturing, belittling, and worse, by fixed patterns. Asks no model.

    It can only take away: a text in which nothing is found has not been shown to be good. The exit
    code is 1 where the text encourages harm.
    """
    words = _words(text, file)
    judged = judge_text(words)
    if json:
        emit_json(_as_json(words, judged))
    else:
        emit_table(("what", "pattern", "weight", "from", "to", "words"), _rows(words, judged))
        emit_text(_sentence(judged))
    if judged.hard_block:
        raise typer.Exit(FAILED)


def _words(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise CommandError("give a text, or a file with --file", "`-` reads standard input")
    if file is None:
        return sys.stdin.read() if text == "-" else str(text)
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not text in UTF-8") from error


def _as_json(words: str, judged: Judged) -> dict[str, Any]:
    return {
        "penalty": judged.penalty,
        "hard_block": judged.hard_block,
        "findings": [
            {
                "start": found.start,
                "end": found.end,
                "pattern": found.pattern,
                "category": found.category,
                "weight": found.weight,
                "text": words[found.start : found.end],
            }
            for found in judged.findings
        ],
    }


def _rows(words: str, judged: Judged) -> list[tuple[Any, ...]]:
    return [
        (f.category, f.pattern, f.weight, f.start, f.end, words[f.start : f.end])
        for f in judged.findings
    ]


def _sentence(judged: Judged) -> str:
    if not judged.findings:
        return "nothing found: that is not praise"
    ending = "; it encourages harm" if judged.hard_block else ""
    return f"penalty {judged.penalty:.2f} of 1{ending}"
