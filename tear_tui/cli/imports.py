"""`tear-tui import`: triples from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tear_core.corpus.import_jsonl import import_jsonl
from tear_tui.cli.output import CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import store_of, tell_engine

SHOWN_SKIPS = 20


def import_files(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)],
    accept: Annotated[
        bool, typer.Option("--accept", help="Learn from them; otherwise they wait unreviewed.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import triples from JSON lines (.jsonl, also .gz or .xz).

    Each line is an object with input, response and consequence; landing, order, context
    and source are optional. A line that is none is named and skipped. The same words are
    kept once, so a file can be imported again.
    """
    for path in files:
        if not path.is_file():
            raise CommandError(f"there is no file {path}")
    total: dict[str, Any] = {"read": 0, "added": 0, "duplicates": 0, "skipped": []}
    with store_of(ctx) as store:
        for path in files:
            result = import_jsonl(store, path, accept=accept)
            for count in ("read", "added", "duplicates"):
                total[count] += result[count]
            where = {"file": str(path)} if len(files) > 1 else {}
            total["skipped"] += [{**skip, **where} for skip in result["skipped"]]
    if accept:
        tell_engine(ctx)
    if json:
        emit_json(total)
        return
    for skip in total["skipped"][:SHOWN_SKIPS]:
        narrate(f"{skip.get('file', files[0])}:{skip['line']}: {skip['reason']}")
    if len(total["skipped"]) > SHOWN_SKIPS:
        narrate(f"... and {len(total['skipped']) - SHOWN_SKIPS} more lines.")
    emit_text(
        f"read {total['read']}, added {total['added']},"
        f" duplicates {total['duplicates']}, skipped {len(total['skipped'])}"
    )
    if total["added"] and not accept:
        narrate("They are unreviewed and not learned from; --accept takes them as they are.")
