"""`tear-tui triples audit`: how far one gets on a dataset without understanding any of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tear_core.corpus.audit import audit as audit_rows
from tear_core.corpus.formats import Format, Reading
from tear_core.corpus.records import Row
from tear_tui.cli.listing import Csv, Json, Nl, how
from tear_tui.cli.output import CommandError, emit_json, emit_list, emit_text, narrate

_COLUMNS = ("pairs", "what is looked at", "right", "low", "high", "n", "target", "holds")


def audit(
    files: Annotated[list[Path], typer.Argument(metavar="FILE|DIR...", show_default=False)],
    format: Annotated[
        Format | None,
        typer.Option(help="As for `import`; else found by looking.", metavar="NAME"),
    ] = None,
    json: Json = False,
    nl: Nl = False,
    csv: Csv = False,
) -> None:
    """Measure a dataset: how far length, a question mark, words alone and valence get you.

    On contrast pairs the question is which response landed better; on sibling pairs which of two
    consequences belongs to a response. 0.5 is chance. Opens no database.
    """
    asked = how(json, nl, csv)
    skips: list[Row] = []
    found = audit_rows(_rows(_files(files), format, skips))
    if not found.rows:
        raise CommandError("there is no triple in what you named", "Look at it with `import`.")
    for skip in skips[:20]:
        narrate(f"{skip.source}:{skip.line}: {skip.reason}")
    rows = [asdict(measure) for measure in found.table]
    if asked == "json":
        counts = {name: getattr(found, name) for name in ("rows", "contrast", "siblings", "alone")}
        emit_json({**counts, "skipped": len(skips), "table": rows})
        return
    shown = [
        {
            **dict(zip(_COLUMNS, (row["pairs"], row["name"], row["right"]), strict=False)),
            **{name: row[name] for name in ("low", "high", "n")},
            "target": _target(row["name"], row["pairs"], row["below"]),
            "holds": {True: "yes", False: "no", None: None}[row["holds"]],
        }
        for row in rows
        if row["n"]
    ]
    emit_list(rows if asked else shown, _COLUMNS, asked)
    if asked is None:
        emit_text(
            f"{found.rows} rows: {found.contrast} contrast pairs, {found.siblings} sibling pairs,"
            f" {found.alone} rows with no other response to their input"
        )


def _target(name: str, pairs: str, below: float | None) -> str | None:
    if below is not None:
        return f"below {below:.2f}"
    return "chance" if (name, pairs) == ("valence matching", "siblings") else None


def _files(given: list[Path]) -> Iterator[Path]:
    """The files themselves, and those below folders: a row that is in two counts once."""
    for path in given:
        if not path.exists():
            raise CommandError(f"there is no file {path}")
        below = sorted(path.rglob("*.jsonl")) if path.is_dir() else []
        yield from below or [path]


def _rows(files: Iterator[Path], format: Format | None, skips: list[Row]) -> Iterator[Row]:
    for path in files:
        for row in Reading(path, format).rows():
            if row.triple is None:
                skips.append(row._replace(source=str(path)))
            else:
                yield row
