"""The command line: one file for each group of commands, named in `commands`.

A start imports the file of the command that is called, and neither torch nor textual; what a
command needs beyond the store it imports when it runs. `main` is the console script.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tear_core import __version__
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

PICTURES = "120"
"""Pictures a second, at most. Textual draws at beats, and may leave one out after a picture: at its
own 60 a key that is pressed right after a picture waits up to 33 ms for the next."""


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
        gc.disable()  # until the first picture, when the app enables it: all of this stays
        os.environ.setdefault("TEXTUAL_FPS", PICTURES)  # read when textual is imported
        try:
            from tear_tui.entrance import run

            code = run(home_of(ctx), session=session, new=new, tour=tour or None)
        finally:
            gc.enable()
        raise typer.Exit(code)


def main() -> None:
    """The console script `tear-tui`."""
    # It would read what every installed package says of itself, at each start, to find them.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter gets a question mark, not a traceback.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    app(prog_name="tear-tui")
