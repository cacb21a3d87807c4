"""The command line: one file for each group of commands, named in `commands`.

A start imports the file of the command that is called, and neither torch nor textual; what a
command needs beyond the store it imports when it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tear_core import __version__
from tear_tui.cli.output import EXIT_CODES
from tear_tui.cli.root import RootGroup, RootOptions, home_of
from tear_tui.starting import forgive_letters, open_app

app = typer.Typer(
    name="tear-tui",
    cls=RootGroup,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)


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
        raise typer.Exit(open_app(home_of(ctx), session=session, new=new, tour=tour or None))


def main() -> None:
    """Read the command line and do what it says."""
    forgive_letters()
    app(prog_name="tear-tui")
