"""The command line: one file for each group of commands, registered here.

Imports neither torch nor textual; what a command needs beyond the store it imports when
it runs. `main` is the console script.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from tear_core import __version__
from tear_tui.cli import (
    awareness,
    config,
    db,
    doctor,
    engine,
    exports,
    gate,
    generate,
    generations,
    imports,
    judge,
    learn,
    monitor,
    replay,
    report,
    say,
    sessions,
    study,
    suites,
    train,
    triples,
    web,
)
from tear_tui.cli.output import EXIT_CODES
from tear_tui.cli.root import RootGroup, RootOptions, home_of

app = typer.Typer(
    name="tear-tui",
    cls=RootGroup,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)
app.command("say")(say.say)
app.command("replay")(replay.replay)
app.command("witness")(say.witness)
app.add_typer(sessions.app, name="sessions")
app.add_typer(triples.app, name="triples")
app.command("import")(imports.import_files)
app.command("export")(exports.export)
app.command("surprise")(learn.surprise)
app.command("awareness")(awareness.awareness)
app.command("suites")(suites.suites)
app.command("judge")(judge.judge)
app.command("gate")(gate.gate)
app.command("train-pending")(learn.train_pending)
app.command("train")(train.train)
app.command("monitor")(monitor.monitor)
app.command("generate")(generate.generate_triples)
app.add_typer(generations.app, name="generations")
app.add_typer(study.app, name="study")
app.command("report")(report.report)
app.add_typer(engine.app, name="engine")
app.add_typer(db.app, name="db")
app.add_typer(config.app, name="config")
app.command("web")(web.web)
app.command("doctor")(doctor.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tear-tui {__version__}")
        raise typer.Exit


@app.callback()
def entry(
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder with the database and the generations.", show_default=False),
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(help="Open the app on this session (an id).", show_default=False),
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Open the app on a new session.")] = False,
    tour: Annotated[
        bool, typer.Option("--tour", help="Open the app with the tour of a first minute.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Talk with a small language model, show it what its words did, and measure whether it learns.

    Without a command the app opens.
    """
    ctx.obj = RootOptions(home=home, debug=debug)
    if ctx.invoked_subcommand is None:
        from tear_tui.entrance import run

        raise typer.Exit(run(home_of(ctx), session=session, new=new, tour=tour or None))


def main() -> None:
    """The console script `tear-tui`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter gets a question mark, not a traceback.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    app(prog_name="tear-tui")
