"""What every command shares: the root options, the home they lead to, errors made readable."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tear_core.home import resolve_home
from tear_tui.cli.commands import COMMANDS
from tear_tui.cli.lazily import LazyGroup
from tear_tui.cli.output import narrate, report_error

if TYPE_CHECKING:
    from tear_core.engine.client import EngineClient
    from tear_core.store import Store


@dataclass
class RootOptions:
    """The options before the command's name."""

    home: Path | None = None
    debug: bool = False


class RootGroup(LazyGroup):
    """The command tree's root: an error in any command ends here, as a line and a hint."""

    later = COMMANDS

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if hasattr(error, "exit_code"):  # wrong usage: typer explains that itself
                raise
            debug = isinstance(ctx.obj, RootOptions) and ctx.obj.debug
            raise typer.Exit(report_error(error, debug)) from None


def home_of(ctx: typer.Context) -> Path:
    """The home folder that this command works on."""
    options = ctx.find_object(RootOptions)
    return resolve_home(options.home if options else None)


def store_of(ctx: typer.Context) -> Store:
    """The database of that home, open. Close it: it is a context manager."""
    from tear_core.store import open_store

    return open_store(home_of(ctx))


def engine_of(ctx: typer.Context) -> EngineClient:
    """The running engine of that home; none runs: its work is done in this process."""
    from tear_core.engine.client import connect, in_process

    home = home_of(ctx)
    return connect(home) or in_process(home, tell=narrate)


def tell_engine(ctx: typer.Context) -> None:
    """Let a running engine know at once that the database changed. None runs: nothing to do."""
    from tear_core.engine.client import EngineError, connect

    with suppress(EngineError):
        engine = connect(home_of(ctx))
        if engine is not None:
            engine.poke()
