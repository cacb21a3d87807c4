"""`tear-tui generations`: what was learned, which of it answers, and what can be made of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tear_core.store import Store
from tear_core.store import generations as stored_generations
from tear_core.store.generations import BASE, Generation
from tear_core.store.tidying import before_live
from tear_tui.cli import (
    generation_diff,
    generation_log,
    generation_making,
    generation_tidying,
    generation_tracing,
)
from tear_tui.cli.generation_rows import Which, as_json, called, configured_base
from tear_tui.cli.listing import Csv, Json, Nl, how
from tear_tui.cli.output import CommandError, emit_json, emit_list, emit_table, emit_text, narrate
from tear_tui.cli.root import store_of, tell_engine
from tear_tui.lineage import fitting

app = typer.Typer(
    help="List, compare, merge and take back generations, and choose which answers.",
    invoke_without_command=True,
)

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
    """List, compare, merge and take back generations. Without a command: list."""
    if ctx.invoked_subcommand is None:
        list_(ctx)


@app.command("list")
def list_(ctx: typer.Context, json: Json = False, nl: Nl = False, csv: Csv = False) -> None:
    """List generations, oldest first. Losses are nats per token on the new triples."""
    asked = how(json, nl, csv)
    with store_of(ctx) as store:
        rows = [as_json(store, each) for each in stored_generations.list_generations(store)]
        misfit = _misfit(store) if rows and asked is None else ""
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
    if misfit:
        narrate(misfit)


app.command("log")(generation_log.log)
app.command("show")(generation_log.show)
app.command("diff")(generation_diff.diff)


@app.command()
def use(ctx: typer.Context, which: Which, json: Json = False) -> None:
    """Make a generation live, or go back to the base model. Nothing is deleted."""
    with store_of(ctx) as store:
        base, number = _chosen(store, which)
        _make_live(store, base, number, "chosen on the command line")
    tell_engine(ctx)
    _say_live(base, number, json)


@app.command()
def rollback(ctx: typer.Context, json: Json = False) -> None:
    """Let what answered before answer again. A second rollback comes back to this one."""
    with store_of(ctx) as store:
        base = configured_base()
        number = before_live(store, base)
        if number is None:
            raise CommandError("nothing answered before: there is nothing to go back to")
        left = stored_generations.live(store, base)
        _make_live(store, base, number, f"rolled back from {called(left)}")
    tell_engine(ctx)
    _say_live(base, number, json)


@app.command()
def branch(ctx: typer.Context, which: Which, json: Json = False) -> None:
    """Learn on from a generation: it answers, and the next update stands on it.

    What was learned from it before stays beside, as another branch.
    """
    with store_of(ctx) as store:
        base, number = _chosen(store, which)
        beside = [
            row.number
            for row in stored_generations.list_generations(store, base)
            if (row.parent or BASE) == number
        ]
        _make_live(store, base, number, f"branched from {called(number)}")
    tell_engine(ctx)
    if json:
        emit_json({"live": number, "base": base, "beside": beside})
        return
    emit_text(f"{called(number)} answers; what is learned next stands on it")
    if beside:
        narrate(f"Beside it: {', '.join(map(called, beside))}.")


@app.command()
def label(
    ctx: typer.Context,
    which: Which,
    text: Annotated[str, typer.Argument(metavar="TEXT", help='A name; "" takes it away.')],
    json: Json = False,
) -> None:
    """Give a generation a name of a few words. What has a name is not tidied away."""
    with store_of(ctx) as store:
        row = stored_generations.label(store, _chosen(store, which)[1], text)
        told = as_json(store, row)
    _say_row(told, f"generation {row.number} is called {row.label or 'nothing'}", json)


@app.command()
def pin(ctx: typer.Context, which: Which, json: Json = False) -> None:
    """Keep a generation from being removed."""
    _pin(ctx, which, True, json)


@app.command()
def unpin(ctx: typer.Context, which: Which, json: Json = False) -> None:
    """Let a generation be removed again."""
    _pin(ctx, which, False, json)


app.command("merge")(generation_making.merge)
app.command("negate")(generation_making.negate)
app.command("rebuild")(generation_making.rebuild)
app.command("gc")(generation_tidying.gc)
app.command("seen")(generation_tracing.seen)
app.command("of")(generation_tracing.of)


def _chosen(store: Store, which: str) -> tuple[str, int]:
    """The base and the number (0: the base) that a word stands for."""
    chosen = stored_generations.get(store, which, configured_base())
    return (chosen.base, chosen.number) if chosen else (configured_base(), BASE)


def _make_live(store: Store, base: str, number: int, why: str) -> None:
    chosen = stored_generations.get(store, number)
    if chosen is not None and not chosen.removed_at and not _whole(store, chosen):
        raise CommandError(
            f"the files of generation {number} are missing or altered",
            f"`tear-tui generations rebuild {number}` learns it again.",
        )
    if chosen is not None and not _fits(chosen):
        raise CommandError(
            f"generation {number} was learned on other weights of {base} than are here",
            f"{fitting.mended_by(number)}.",
        )
    stored_generations.use(store, base, number, why)


def _misfit(store: Store) -> str:
    """That what would answer does not fit the weights here, and what helps; "" where it does."""
    from tear_core.settings import load_settings

    settings = load_settings()
    number = fitting.misfit(store, settings)
    return fitting.in_short(number, settings.base) if number else ""


def _fits(chosen: Generation) -> bool:
    """Whether a generation was learned on the weights here, as far as that is known."""
    from tear_core.settings import load_settings

    settings = load_settings()
    here = fitting.fingerprint_here(settings) if chosen.base == settings.base else None
    return here in (None, chosen.base_fingerprint)


def _whole(store: Store, row: Generation) -> bool:
    return stored_generations.is_whole(store, row)


def _say_live(base: str, number: int, json: bool) -> None:
    if json:
        emit_json({"live": number, "base": base})
        return
    emit_text(f"generation {number} of {base} is live" if number else f"the base {base} is live")
    if base != configured_base():
        narrate(f"The settings name another base, {configured_base()}.")


def _pin(ctx: typer.Context, which: str, pinned: bool, json: bool) -> None:
    with store_of(ctx) as store:
        row = stored_generations.pin(store, _chosen(store, which)[1], pinned)
        told = as_json(store, row)
    is_now = "is pinned" if pinned else "is not pinned"
    _say_row(told, f"generation {row.number} {is_now}", json)


def _say_row(told: dict[str, Any], words: str, json: bool) -> None:
    if json:
        emit_json(told)
    else:
        emit_text(words)
