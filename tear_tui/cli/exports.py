"""`tear-tui export`: triples as a dataset, or as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tear_core.corpus.exporting import PUBLISHED, Told, export_file, export_folder, rows
from tear_core.store.triples import STATUSES
from tear_tui.cli.output import emit_json, emit_lines, emit_text, narrate
from tear_tui.cli.root import store_of


def export(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The dataset's folder.", show_default=False)
    ] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option(help="One file of JSON lines instead; - is stdout.", show_default=False),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these; may be given again. Else all but rejected and retracted ones.",
            metavar=f"[{'|'.join(STATUSES)}]",
            show_default=False,
        ),
    ] = None,
    redact: Annotated[
        bool, typer.Option("--redact", help="Take out names, mails, phone numbers and keys.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Export triples: a folder that `datasets.load_dataset(DIR, NAME)` opens, with a card and
    the configs triples, messages, sft, preference and kto; or one file of JSON lines.

    Importing it gives the same triples back.
    """
    if (folder is None) == (jsonl is None):
        raise typer.BadParameter("either a DIR or --jsonl FILE")
    unknown = next((each for each in status or [] if each not in STATUSES), None)
    if unknown is not None:
        raise typer.BadParameter(f"{unknown!r} is not one of {', '.join(STATUSES)}")
    statuses = [each for each in STATUSES if each in (status or PUBLISHED)]
    with store_of(ctx) as store:
        if jsonl == Path("-"):
            told = Told()
            if redact:
                raise typer.BadParameter("--redact writes a file or a folder, to be looked through")
            emit_lines(rows(store, statuses, told))
            return
        if folder is not None:
            told = export_folder(store, folder, statuses=statuses, redact=redact, force=force)
        else:
            assert jsonl is not None
            told = export_file(store, jsonl, statuses=statuses, redact=redact, force=force)
    target = str(folder or jsonl)
    if json:
        found = {"redacted": dict(told.redacted)} if told.redacted is not None else {}
        emit_json({"target": target, "rows": told.rows, **found})
        return
    emit_text(f"{target}: " + ", ".join(f"{name} {count}" for name, count in told.rows.items()))
    if told.redacted is not None:
        taken = ", ".join(f"{n} {kind}" for kind, n in sorted(told.redacted.items()) if n)
        narrate(f"Taken out: {taken or 'nothing'}. Look through it: rules miss things.")
    else:
        narrate("As they are: names and whatever else is in them. --redact takes those out.")
