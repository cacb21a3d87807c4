"""`tear-tui generations`: what was learned, and which of it answers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tear_core.store import Store
from tear_core.store import generations as stored_generations
from tear_core.store.generations import BASE, Generation
from tear_tui.cli.listing import Csv, Json, Nl, how
from tear_tui.cli.output import emit_json, emit_list, emit_table, emit_text, narrate
from tear_tui.cli.root import store_of, tell_engine

app = typer.Typer(help="List generations, and choose which answers.", invoke_without_command=True)

_HEADERS = (
    "generation",
    "parent",
    "base",
    "triples",
    "replayed",
    "lambda",
    "response",
    "after",
    "consequence",
    "after",
    "live",
)


@app.callback()
def bare(ctx: typer.Context) -> None:
    """List generations, and choose which answers. Without a command: list."""
    if ctx.invoked_subcommand is None:
        list_(ctx)


@app.command("list")
def list_(ctx: typer.Context, json: Json = False, nl: Nl = False, csv: Csv = False) -> None:
    """List generations, oldest first. Losses are nats per token on the new triples."""
    asked = how(json, nl, csv)
    with store_of(ctx) as store:
        rows = [as_json(store, each) for each in stored_generations.list_generations(store)]
    if asked is not None:
        emit_list(rows, (), asked)
        return
    emit_table(
        _HEADERS,
        [
            (
                row["generation"],
                "base" if row["parent"] is None else row["parent"],
                row["base"],
                row["triples"],
                row["replayed"],
                row["lambda"],
                row["response_before"],
                row["response_after"],
                row["consequence_before"],
                row["consequence_after"],
                "live" if row["live"] else None,
            )
            for row in rows
        ],
    )
    if not any(row["live"] for row in rows):
        narrate("The base model answers." if rows else "No generations yet; the base answers.")


@app.command()
def use(
    ctx: typer.Context,
    which: Annotated[str, typer.Argument(metavar="N|base", help="A generation, or the base.")],
    json: Json = False,
) -> None:
    """Make a generation live, or go back to the base model. Nothing is deleted."""
    with store_of(ctx) as store:
        chosen = stored_generations.get(store, which, _configured_base())
        base = chosen.base if chosen else _configured_base()
        number = chosen.number if chosen else BASE
        stored_generations.use(store, base, number, "chosen on the command line")
    tell_engine(ctx)
    if json:
        emit_json({"live": number, "base": base})
        return
    emit_text(f"generation {number} of {base} is live" if number else f"the base {base} is live")
    if base != _configured_base():
        narrate(f"The settings name another base, {_configured_base()}.")


def as_json(store: Store, generation: Generation) -> dict[str, Any]:
    """A generation as every command prints it. A parent of null is the base."""
    return {
        "generation": generation.number,
        "id": generation.id,
        "parent": generation.parent,
        "base": generation.base,
        "base_revision": generation.base_revision,
        "triples": generation.triples,
        "replayed": generation.replayed,
        "steps": generation.steps,
        "tokens": generation.tokens,
        "seconds": generation.seconds,
        "lambda": generation.lambda_,
        "response_before": generation.response_before,
        "response_after": generation.response_after,
        "consequence_before": generation.consequence_before,
        "consequence_after": generation.consequence_after,
        "live": stored_generations.live(store, generation.base) == generation.number,
        "folder": generation.folder,
        "created_at": generation.created_at,
    }


def _configured_base() -> str:
    from tear_core.settings import load_settings

    return load_settings().base
