"""`tear-tui engine`: the process behind the app, for those who want to see it or end it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from tear_core.engine.client import connect, in_process, start
from tear_tui.cli.output import CommandError, emit_json, emit_text
from tear_tui.cli.root import home_of

app = typer.Typer(help="See, start or end the engine of this home.", invoke_without_command=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@app.callback()
def bare(ctx: typer.Context) -> None:
    """See, start or end the engine of this home. Without a command: status."""
    if ctx.invoked_subcommand is None:
        status(ctx)


@app.command()
def status(ctx: typer.Context, json: Json = False) -> None:
    """What the engine is doing."""
    client = connect(home_of(ctx))
    if client is None:
        if json:
            emit_json(None)
            return
        raise CommandError("no engine runs for this home", "The app starts one by itself.")
    told = client.status()
    if json:
        emit_json(asdict(told))
        return
    doing = "learning" if told.learning else "speaking" if told.speaking else "idle"
    doing += ", learning is paused" if told.paused else ""
    which = f"generation {told.live}" if told.live else "the base"
    emit_text(
        f"process {told.pid}: {told.base} {told.model}, {which} answers, {told.pending} pending,"
        f" {doing}{f' ({told.message})' if told.message else ''}"
    )


@app.command("start")
def start_(ctx: typer.Context) -> None:
    """Start the engine, and return at once."""
    start(home_of(ctx))


@app.command()
def stop(ctx: typer.Context) -> None:
    """End the engine. What it was learning stays pending."""
    client = connect(home_of(ctx))
    if client is None:
        emit_text("no engine runs for this home")
        return
    client.end()


@app.command()
def pause(ctx: typer.Context) -> None:
    """Have learning stand still in this home, in the engine or a command, until `resume`."""
    home = home_of(ctx)
    (connect(home) or in_process(home)).pause_learning()
    emit_text("learning is paused")


@app.command()
def resume(ctx: typer.Context) -> None:
    """Let learning go on."""
    home = home_of(ctx)
    (connect(home) or in_process(home)).resume_learning()
    emit_text("learning goes on")
