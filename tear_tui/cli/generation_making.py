"""`tear-tui generations merge`, `negate` and `rebuild`: generations made of others."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from tear_core.engine.client import EngineError
from tear_core.engine.messages import Reply, ReworkRequest
from tear_core.store import triples as stored_triples
from tear_tui.cli.generation_rows import Which, called, learned
from tear_tui.cli.listing import Json
from tear_tui.cli.output import CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import engine_of, store_of

Label = Annotated[str, typer.Option(help="A name for what is made.", show_default=False)]


def merge(
    ctx: typer.Context,
    which: Annotated[list[str], typer.Argument(metavar="A B...", help="Two or more.")],
    method: Annotated[
        Literal["linear", "ties", "dare_linear", "dare_ties", "svd", "cat"],
        typer.Option(help="cat is exact and adds up the ranks; the others keep the rank."),
    ] = "linear",
    weights: Annotated[
        str, typer.Option(help="One for each, with commas; else all the same, 1 together.")
    ] = "",
    density: Annotated[
        float, typer.Option(help="TIES, DARE: the share of values that stays.", min=0.01, max=1)
    ] = 0.5,
    seed: Annotated[int, typer.Option(help="DARE: draws what is left out.", min=0)] = 0,
    label: Label = "",
    json: Json = False,
) -> None:
    """Put generations together into a new one. It does not answer until you `use` it."""
    with store_of(ctx) as store:
        numbers = tuple(learned(store, each).number for each in which)
    request = ReworkRequest("merge", numbers, method, _weights(weights), density, seed, label=label)
    _made(ctx, request, json)


def negate(
    ctx: typer.Context,
    which: Which,
    of: Annotated[
        str,
        typer.Option(
            metavar="M",
            help="Take it away from this one; else from its parent.",
            show_default=False,
        ),
    ] = "",
    weight: Annotated[
        float, typer.Option(help="How much is taken away; 1 is as much as it learned.", min=0)
    ] = 0.5,
    label: Label = "",
    json: Json = False,
) -> None:
    """Less of what a branch learned: M (its parent) turned away from it. Made, not used."""
    with store_of(ctx) as store:
        number = learned(store, which).number
        other = None if not of else 0 if of in ("base", "0") else learned(store, of).number
    _made(ctx, ReworkRequest("negate", (number,), weight=weight, of=other, label=label), json)


def rebuild(
    ctx: typer.Context,
    which: Which,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="Leave this triple out, too. Can be repeated.", show_default=False
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Learn a generation again, step by step, without what was retracted.

    Where nothing is left out the same bytes come back (on a CPU, with the same torch). What
    answers is replaced by its rebuild, if the gate lets it; nothing else goes live.
    """
    with store_of(ctx) as store:
        number = learned(store, which).number
        ids = tuple(stored_triples.get(store, each).id for each in without or ())
    last: Reply = {}
    rebuilt, noticed = [], False
    for last in _replies(ctx, ReworkRequest("rebuild", (number,), without=ids)):
        noticed |= last["event"] == "notice"
        if last["event"] == "rebuilt":
            rebuilt.append({key: value for key, value in last.items() if key != "event"})
    if last.get("event") != "lineage":
        raise CommandError("the rebuild was stopped; nothing is lost", "The same command goes on.")
    told = {**{key: value for key, value in last.items() if key != "event"}, "rebuilt": rebuilt}
    if json:
        emit_json(told)
    else:
        _say_rebuilt(told, noticed)


def _say_rebuilt(told: dict[str, Any], noticed: bool) -> None:
    if told["generation"] == told["of"]:
        emit_text(f"generation {told['of']} came out the same, bit for bit; nothing has changed")
    elif told["generation"] == 0:
        emit_text(f"nothing is left of generation {told['of']}: the base takes its place")
    else:
        left = f"without {len(told['left_out'])} triples" if told["left_out"] else "from the record"
        emit_text(f"generation {told['generation']} is generation {told['of']} {left}")
        if not told["left_out"]:
            why = "see the notices above" if noticed else "nothing that is on record says why"
            narrate(f"Nothing was left out, and still it is another: {why}.")
    if told["verdict"] and told["verdict"] != "pass":
        narrate(f"The gate's verdict on it: {told['verdict']}.")
    narrate(f"{called(told['live'])} answers.")
    if told["generation"] not in (told["live"], told["of"]):
        narrate(f"To let it answer: tear-tui generations use {told['generation'] or 'base'}")


def _made(ctx: typer.Context, request: ReworkRequest, json: bool) -> None:
    error, row = None, None
    for reply in _replies(ctx, request):
        if reply["event"] == "combined":
            error = reply["error"]
        if reply["event"] == "published":
            row = {key: value for key, value in reply.items() if key != "event"}
    if row is None:
        raise CommandError("it was stopped; nothing was made")
    if json:
        emit_json({**row, "error": error})
        return
    emit_text(f"generation {row['generation']}")
    if error is not None:
        narrate(f"Its matrices are {error:.1%} away from the weighted sum.")
    if row["verdict"] == "fail":
        narrate(f"The gate would refuse it: {row['why']}.")
    narrate(f"To let it answer: tear-tui generations use {row['generation']}")


def _replies(ctx: typer.Context, request: ReworkRequest) -> Any:
    """The engine's replies; an error is raised, and what is going on is narrated."""
    for reply in engine_of(ctx).rework(request):
        match reply["event"]:
            case "error":
                raise EngineError(reply["message"], reply.get("hint", ""))
            case "notice":
                narrate(reply["message"])
            case "rebuilding":
                narrate(
                    f"learning generation {reply['of']} again"
                    f" ({reply['place']} of {reply['lineage']} in its lineage)"
                )
            case "step":
                narrate(f"  step {reply['step']}/{reply['steps']}")
            case "gate":
                narrate(f"the fast gate: {reply['verdict']}")
        yield reply


def _weights(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a list of numbers", param_hint="--weights"
        ) from None
