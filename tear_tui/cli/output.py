"""The one place that prints: data on stdout (JSON, JSON lines, CSV, a table), words on stderr."""

from __future__ import annotations

import csv
import io
import json
import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer

from tear_tui.text.safe_text import safe_line, safe_text

DONE, FAILED, USAGE, INSUFFICIENT, PROVISIONAL, BUSY = 0, 1, 2, 3, 4, 75
EXIT_CODES = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 too little to tell, 4 provisional,"
    " 75 busy (try again later)."
)

WIDEST_CELL = 48
"""Cells of a table are cut after this many columns; `--json` has all of the text."""


class CommandError(RuntimeError):
    """A command cannot be done. `hint` says what a person can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def emit_json(value: Any) -> None:
    """One JSON value on a line. Escapes all that a terminal could take for a command."""
    typer.echo(json.dumps(value))


def emit_lines(rows: Iterable[Any]) -> None:
    """JSON lines: one value each, as they come."""
    for row in rows:
        emit_json(row)


def emit_csv(rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows as CSV with a header, safe for the terminal; lists and objects are JSON in a cell."""
    lines = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(lines, row.keys(), lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: _plain(value) for name, value in row.items()})
        typer.echo(lines.getvalue(), nl=False)
        lines.seek(lines.truncate(0))


def emit_list(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], how: str | None = None
) -> None:
    """Rows as "json", "nl" or "csv" with all they have, else as a table of some columns."""
    if how == "json":
        emit_json(rows)
    elif how == "nl":
        emit_lines(rows)
    elif how == "csv":
        emit_csv(rows)
    else:
        emit_table(columns, [[row[name] for name in columns] for row in rows])


def emit_text(text: str) -> None:
    """Text for a person, made safe for the terminal."""
    typer.echo(safe_text(text))


def emit_piece(text: str, shown: str = "") -> str:
    """More of a text that is printed as it comes: what is new since `shown`.

    `text` is all of it so far, so that no sequence is torn in two. Returns what is shown now.
    """
    safe = safe_text(text)
    if not safe.startswith(shown):
        return shown
    typer.echo(safe[len(shown) :], nl=False)
    return safe


def emit_table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows in columns, each cell on one line. Numbers stand to the right, None is empty."""
    table = [[_cell(value) for value in row] for row in rows]
    if not table:
        return
    widths = [max(_width(cell) for cell, _ in column) for column in zip(*table, strict=True)]
    widths = [max(width, len(name)) for width, name in zip(widths, headers, strict=True)]
    typer.echo(_line([(name, False) for name in headers], widths))
    for row in table:
        typer.echo(_line(row, widths))


def narrate(message: str) -> None:
    """Say what is going on, to the person and not to the next program in the pipe."""
    typer.echo(safe_text(message), err=True)


def report_error(error: Exception, debug: bool) -> int:
    """Say what went wrong, one line and a hint; returns the exit code."""
    from tear_core.engine.client import EngineBusy

    if debug:
        typer.echo("".join(traceback.format_exception(error)), err=True)
    messages, hint = _explained(error)
    for message in messages:
        narrate(f"Error: {safe_line(message)}")
    if hint:
        narrate(f"Hint: {safe_line(hint)}")
    return BUSY if isinstance(error, EngineBusy) else FAILED


def _explained(error: Exception) -> tuple[Sequence[str], str]:
    problems = getattr(error, "problems", None)  # SettingsError
    if problems:
        return list(problems), ""
    hint = getattr(error, "hint", None)  # StoreError, EngineError, CommandError
    if hint is not None:
        return [str(error)], str(hint)
    if isinstance(error, OSError) and error.strerror and error.filename:
        return [f"{error.filename}: {error.strerror}"], ""
    if isinstance(error, OSError):
        return [str(error) or type(error).__name__], ""
    return (
        [f"something unexpected happened ({type(error).__name__}: {error})"],
        "`tear-tui --debug ...` shows where.",
    )


def _plain(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    return safe_text(value) if isinstance(value, str) else value


def _cell(value: Any) -> tuple[str, bool]:
    """The text of a cell, and whether it stands to the right."""
    if value is None:
        return "", False
    if isinstance(value, float):
        return f"{value:.3f}", True
    return _cut(safe_line(str(value))), isinstance(value, int)


def _line(cells: Sequence[tuple[str, bool]], widths: Sequence[int]) -> str:
    padded = []
    for (text, right), width in zip(cells, widths, strict=True):
        space = " " * (width - _width(text))
        padded.append(space + text if right else text + space)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Columns that the text takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str) -> str:
    if _width(text) <= WIDEST_CELL:
        return text
    while _width(text) > WIDEST_CELL - 1:
        text = text[: min(len(text) - 1, WIDEST_CELL - 1)]
    return text + "…"
