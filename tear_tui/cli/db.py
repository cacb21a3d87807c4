"""`tear-tui db`: where the database is, whether it is sound, copies of it and back."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Annotated, Any

import typer

from tear_core.home import database_path
from tear_core.store import Store, StoreError, database, generations, triples
from tear_core.store.counters import Miscounted, count_again, miscounted
from tear_core.store.health import changed_words, examine
from tear_core.store.restore import restore as restore_database
from tear_tui.cli.output import FAILED, CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import home_of, store_of
from tear_tui.text.safe_text import safe_line

app = typer.Typer(
    help="Find, check, back up and restore the database.", invoke_without_command=True
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def bare(ctx: typer.Context) -> None:
    """Find, check, back up and restore the database. Without a command: path."""
    if ctx.invoked_subcommand is None:
        path(ctx)


@app.command()
def path(ctx: typer.Context, json: Json = False) -> None:
    """Where the database is."""
    where = database_path(home_of(ctx))
    if json:
        emit_json({"path": str(where), "exists": where.is_file()})
    else:
        emit_text(str(where))


@app.command()
def check(
    ctx: typer.Context,
    mend: Annotated[
        bool, typer.Option("--mend", help="Count again what is counted wrongly.")
    ] = False,
    json: Json = False,
) -> None:
    """Read all of it: pages, references, words, counters, generations. Exit code 1 if anything is
    amiss.

    Nothing is changed without --mend, and an older schema is not brought up to date.
    """
    where = database_path(home_of(ctx))
    if not where.is_file():
        raise CommandError(f"there is no database yet at {where}", "The first triple makes it.")
    health = examine(where)
    problems, mended = list(health.problems), list[str]()
    told: dict[str, Any] = {"path": str(where), "schema": health.schema}
    if health.is_current and not problems:
        with store_of(ctx) as store:
            mended = _mended(store) if mend else []
            problems = _amiss(store)
            every = [row for row in generations.list_generations(store) if not row.removed_at]
            told |= {"triples": sum(triples.counts(store).values()), "generations": len(every)}
    if json:
        emit_json({**told, "mended": mended, "problems": problems})
    else:
        for problem in problems:
            emit_text(problem)
        for each in mended:
            narrate(f"Counted again: {each}")
        counted = ", ".join(f"{told[n]} {n}" for n in ("triples", "generations") if n in told)
        emit_text(
            f"{where}: schema {health.schema}, {counted or 'its rows were not read'}, "
            + ("sound" if not problems else "not sound")
        )
        if not health.is_current:
            narrate("It is of another schema than this tear-tui, so its words were not checked.")
    if problems:
        raise typer.Exit(FAILED)


def _amiss(store: Store) -> list[str]:
    """What is wrong with the rows of a database whose pages are sound, in words."""
    every = [row for row in generations.list_generations(store) if not row.removed_at]
    return [
        *(f"triple {each} is no longer what was kept" for each in changed_words(store)),
        *(f"{_off(each)}; `tear-tui db check --mend` counts again" for each in miscounted(store)),
        *(
            f"generation {each.number} is not whole on the disk"
            for each in every
            if not generations.is_whole(store, each)
        ),
    ]


def _mended(store: Store) -> list[str]:
    """Count again if anything is off; what was, in words."""
    with store.write():
        found = miscounted(store)
        if found:
            count_again(store)
    return [_off(each) for each in found]


def _off(each: Miscounted) -> str:
    theme = f", theme {safe_line(each.theme)}" if each.theme else ""
    return (
        f"triples of source {safe_line(each.source)}{theme}, {each.landing}, {each.status}:"
        f" {each.counted} are counted, {each.there} are there"
    )


@app.command()
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    json: Json = False,
) -> None:
    """Write a whole copy of the database, also while it is in use."""
    try:
        with store_of(ctx) as store:
            database.backup(store, file)
    except sqlite3.Error as error:
        raise StoreError(f"{file} cannot be written: {error}") from error
    if json:
        emit_json({"path": str(file), "bytes": file.stat().st_size})
        return
    emit_text(str(file))
    narrate("Generations are files of their own, in the home's folder; copy them beside it.")


@app.command()
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    json: Json = False,
) -> None:
    """Put a backup in the place of the database. The one that was there is kept."""
    home = home_of(ctx)
    _nobody_uses(home)
    kept = restore_database(home, file)
    with store_of(ctx) as store:
        every = [row for row in generations.list_generations(store) if not row.removed_at]
        missing = [each.number for each in every if not generations.is_whole(store, each)]
    if json:
        emit_json({"restored": str(file), "kept": str(kept), "missing_generations": missing})
        return
    emit_text(f"restored {file}")
    narrate(f"What was there before is kept at {kept}.")
    if missing:
        numbers = ", ".join(map(str, missing))
        narrate(f"Not on this disk, so they cannot answer: generations {numbers}.")


def _nobody_uses(home: Path) -> None:
    """An engine has read what is in the database, and would write on as if it were still so."""
    from tear_core.engine.client import connect

    if connect(home) is not None:
        raise CommandError(
            "an engine is running for this home", "`tear-tui engine stop` first; close the app."
        )
