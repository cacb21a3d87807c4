"""`tear-tui study`: the same learning in several arms, and what only real consequences did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from tear_core.engine import client as engine
from tear_core.settings import load_settings
from tear_core.study import design as designs
from tear_core.study.design import FINDINGS, Design
from tear_tui.cli.listing import Csv, Json, Nl, how
from tear_tui.cli.output import CommandError, emit_json, emit_list, emit_table, emit_text, narrate
from tear_tui.cli.root import home_of

app = typer.Typer(help="Compare arms: base, adapter, λ = 0, placebo.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The study's name.")]
SHAPING = (
    "rank", "alpha", "targets", "dropout", "learning_rate", "batch_triples", "optimizer",
    "delimiters", "dtype", "quantize", "revision",
)  # fmt: skip


@app.command("run")
def run(
    ctx: typer.Context,
    name: Name,
    items: Annotated[
        list[Path],
        typer.Option(
            "--items", help="A file whose rows are scored; its train rows are learned.", exists=True
        ),
    ],
    arms: Annotated[
        str, typer.Option(help="Which arms, with commas.")
    ] = "base,adapter,lambda-0,placebo",
    lambda_: Annotated[
        float, typer.Option("--lambda", help="Weight of the consequence loss.", min=0)
    ] = 0.3,
    sweep: Annotated[str, typer.Option(help="More values of λ, with commas: 0,0.3,0.5,1")] = "",
    seeds: Annotated[int, typer.Option(help="Seeds; a claim needs 3.", min=1)] = 3,
    triples: Annotated[int, typer.Option(help="Triples to learn; 0 is all.", min=0)] = 300,
    held_out: Annotated[
        int, typer.Option(help="Triples scored for surprise; 0 is all.", min=0)
    ] = 200,
    pairs: Annotated[
        int, typer.Option(help="Pairs scored for consequence awareness; 0 is all.", min=0)
    ] = 200,
    epochs: Annotated[int | None, typer.Option(help="Times a triple is learned.", min=1)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines as it goes.")] = False,
) -> None:
    """Learn in every arm with every seed, measure each, and compare them.

    Stopped or killed, the same command goes on with what is missing. More seeds or arms may be
    added later under the same name.
    """
    settings = load_settings()
    design = Design(
        name=name,
        base=settings.base,
        items=tuple(str(path.resolve()) for path in items),
        arms=tuple(part.strip() for part in arms.split(",") if part.strip()),
        lambda_=lambda_,
        sweep=_numbers(sweep),
        seeds=seeds,
        triples=triples,
        held_out=held_out,
        pairs=pairs,
        epochs=epochs,
        settings={key: getattr(settings, key) for key in SHAPING},
    )
    design.all_arms()  # an arm nobody knows is said before anything is read
    for told in engine.study(home_of(ctx), design, settings):
        if json:
            emit_json(told)
        else:
            _say(told)


@app.command("list")
def list_(ctx: typer.Context, json: Json = False, nl: Nl = False, csv: Csv = False) -> None:
    """The studies of this home."""
    home = home_of(ctx)
    rows = [_row(home, designs.load(home, name)) for name in designs.names(home)]
    if not rows:
        narrate("No studies yet: `tear-tui study run NAME --items FILE` makes one.")
    columns = ("study", "base", "arms", "seeds", "cells", "done", "lambda", "triples")
    emit_list(rows, columns, how(json, nl, csv))


@app.command("show")
def show(
    ctx: typer.Context,
    name: Name,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What a study has found."""
    home = home_of(ctx)
    designs.load(home, name)
    path = designs.folder_of(home, name) / FINDINGS
    if not path.exists():
        raise CommandError(f"{name} has no findings yet", "`tear-tui study run` goes on with it.")
    found = designs.read_json(path)
    if json:
        emit_json(found)
    else:
        _say({"event": "findings", **found})


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a list of numbers") from None


def _row(home: Path, design: Design) -> dict[str, Any]:
    folder = designs.folder_of(home, design.name)
    done = {path.name for path in folder.glob("cell-*.json")}
    names = [f"cell-{arm.name}-{seed}.json" for arm, seed in design.cells()]
    return {
        "study": design.name,
        "base": design.base,
        "arms": ", ".join(arm.name for arm in design.all_arms()),
        "seeds": design.seeds,
        "cells": len(names),
        "done": sum(each in done for each in names),
        "lambda": design.lambda_,
        "triples": design.triples,
        "items": list(design.items),
    }


def _say(told: dict[str, Any]) -> None:
    match told["event"]:
        case "study":
            narrate(
                f"{told['name']}: {told['cells']} cells, {told['done']} done; {told['train']}"
                f" train triples, {told['held_out']} held out, {told['pairs']} pairs"
            )
        case "step":
            narrate(f"  {told['arm']}, seed {told['seed']}: step {told['step']}/{told['steps']}")
        case "cell":
            narrate(_cell_line(told))
        case "findings":
            _say_findings(told)


def _cell_line(told: dict[str, Any]) -> str:
    line = f"{told['arm']}, seed {told['seed']}: surprise {told['surprise']['nats_per_token']:.4f}"
    measured = told.get("awareness")
    return line if measured is None else f"{line}, CAS {_estimate(measured['cas'])}"


def _say_findings(found: dict[str, Any]) -> None:
    emit_table(
        ("arm", "lambda", "seeds", "surprise", "CAS", "95 %", "own branch"),
        [
            (
                arm["arm"],
                arm["lambda"],
                len(arm["seeds"]),
                arm["surprise"]["mean"],
                *_cas(arm["awareness"]),
            )
            for arm in found["arms"]
        ],
    )
    rows = list(_differences(found))
    if rows:
        emit_text("")
        emit_table(("difference", "in", "estimate", "95 %", "by seed", "claim"), rows)
    if not found["complete"]:
        narrate("Not complete: the same `study run` goes on.")


def _differences(found: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for each in found["differences"]:
        name = f"{each['of']} - {each['from']}"
        for what, label in (("surprise", "surprise"), ("cas", "CAS")):
            about = each[what]
            if about is not None:
                yield (
                    name,
                    label,
                    _figure(about["value"], "+.4f"),
                    _interval(about),
                    " ".join(_figure(value, "+.3f") for value in about["per_seed"]),
                    about["claim"],
                )


def _cas(measured: dict[str, Any] | None) -> tuple[str, str, str]:
    if measured is None:
        return "", "", ""
    own = [each["value"] for each in measured["own"]["per_seed"]]
    numbers = [value for value in own if isinstance(value, int | float)]
    share = f"{sum(numbers) / len(numbers):.3f}" if numbers else "unscored"
    return _figure(measured["cas"]["value"], ".3f"), _interval(measured["cas"]), share


def _estimate(found: dict[str, Any]) -> str:
    return f"{_figure(found['value'], '.3f')} ({_interval(found)})"


def _interval(found: dict[str, Any]) -> str:
    return f"{_figure(found['low'], '.3f')} .. {_figure(found['high'], '.3f')}"


def _figure(value: Any, form: str) -> str:
    return format(value, form) if isinstance(value, int | float) else "unscored"
