"""`tear-tui suites`: fixed items, a rule for each, and null models that have to fail."""

from __future__ import annotations

import json as written
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from tear_core.corpus.atomic import whole_text
from tear_core.engine.client import EngineError
from tear_core.engine.messages import Reply, SuitesRequest
from tear_core.home import find_checkout
from tear_tui.cli.output import (
    FAILED,
    INSUFFICIENT,
    CommandError,
    emit_json,
    emit_table,
    emit_text,
    narrate,
)
from tear_tui.cli.root import engine_of

NAMES = (
    *("pressure", "reward-hacking", "nourishment", "overcorrection", "forgetting"),
    *("anti-judge", "format", "self-evaluation"),
)
_SAID = {"pass": "passed", "fail": "failed", "insufficient": "not enough to tell"}
_MET = {True: "met", False: "NOT met", None: "open"}
_HEADERS = ("figure", "value", "low", "high", "units")


def suites(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help=f"Which suites: {', '.join(NAMES)}. None: all of them.",
            show_default=False,
        ),
    ] = None,
    generation: Annotated[
        str, typer.Option(help="Which generation: a number, `base` or `live`.", metavar="G")
    ] = "live",
    against: Annotated[
        str,
        typer.Option(
            help="What it is compared with: a number, `base` or `live`; `none` for nothing.",
            metavar="G",
        ),
    ] = "base",
    items: Annotated[
        Path | None,
        typer.Option(
            help="The folder with the items; else data/suites.",
            exists=True,
            file_okay=False,
            resolve_path=True,
            show_default=False,
            metavar="DIR",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            help="At most so many scenarios of each file: a quick look.", min=1, metavar="N"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Also write everything to this file, as JSON.",
            dir_okay=False,
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace that file.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Does it stand up to pressure, prefer help to polish, see harm where there is none, forget?

    Each suite has rules with a source, shown as met, NOT met or open. Exits with 0 if all passed,
    1 if one failed, 3 when there is too little to tell. docs/suites.md says what each asks.
    """  # fmt: skip
    if out is not None:
        _check_writable(out, force)
    request = SuitesRequest(
        items=str(items or _shipped()),
        names=tuple(names or ()),
        generation=generation,
        against="" if against == "none" else against,
        limit=limit,
    )
    found = _ran(engine_of(ctx).suites(request), show=not json)
    if out is not None:
        whole_text(out, written.dumps(found) + "\n", force=force)
        narrate(f"written to {out}")
    if json:
        emit_json(found)
    else:
        _show_end(found)
    codes = {"fail": FAILED, "insufficient": INSUFFICIENT}
    if found["verdict"] in codes:
        raise typer.Exit(codes[found["verdict"]])


def _check_writable(out: Path, force: bool) -> None:
    """Before minutes of measuring, not after."""
    if out.exists() and not force:
        raise CommandError(f"{out} exists already", "--force replaces it.")
    out.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(out.parent, os.W_OK):
        raise CommandError(f"{out.parent} cannot be written to", "Name another file.")


def _shipped() -> Path:
    checkout = find_checkout(Path.cwd())
    folder = (checkout / "data" if checkout else Path("data").resolve()) / "suites"
    if not folder.is_dir():
        raise CommandError("there are no items here", "Name their folder with --items.")
    return folder


def _ran(replies: Iterator[Reply], show: bool) -> dict[str, Any]:
    """Everything that came of it. Each suite is shown as soon as it is done, if at all."""
    done: list[Reply] = []
    before: tuple[Any, ...] = ()
    for reply in replies:
        if reply["event"] == "error":
            raise EngineError(reply["message"], reply.get("hint", ""))
        if reply["event"] == "suite":
            done.append({name: value for name, value in reply.items() if name != "event"})
            if show:
                _show(done[-1])
        elif reply["event"] == "suites":
            told = {name: value for name, value in reply.items() if name != "event"}
            return {**told, "suites": done}
        else:
            tenth = (reply["what"], reply["generation"], reply["done"] * 10 // max(1, reply["of"]))
            if tenth != before:
                before = tenth
                narrate(_progress(reply))
    raise CommandError("the suites were stopped", "Ask again.")


def _progress(reply: Reply) -> str:
    where = _called(reply["generation"])
    return f"{reply['suite']}, {where}: {reply['what']} {reply['done']}/{reply['of']}"


def _called(number: int) -> str:
    return f"generation {number}" if number else "the base"


def _show(suite: Mapping[str, Any]) -> None:
    result = suite["result"]
    emit_text(f"{result['name']}: {_SAID[result['verdict']]}")
    unscored = f", {result['unscored']} unscored" if result["unscored"] else ""
    against = f", against {result['against']}" if result["against"] else ""
    emit_text(
        f"{suite['asks']} {_called(suite['generation'])}{against}; {result['n']} items{unscored}"
    )
    emit_table(_HEADERS, [_row(name, each) for name, each in result["estimates"].items()])
    for bar in result["bars"]:
        emit_text(f"  {_MET[bar['met']]:8}{bar['rule']}")
    for note in result["notes"]:
        emit_text(f"  note: {note}")
    emit_text("")


def _row(name: str, estimate: Mapping[str, Any]) -> tuple[Any, ...]:
    values = [_number(estimate[key]) for key in ("value", "low", "high")]
    return (name.replace("_", " "), *values, estimate["clusters"] or None)


def _number(value: Any) -> float | str:
    return "unscored" if isinstance(value, Mapping) else float(value)


def _show_end(found: Mapping[str, Any]) -> None:
    emit_table(
        ("suite", "verdict", "bars met", "items"),
        [
            (
                result["name"],
                _SAID[result["verdict"]],
                f"{sum(bar['met'] is True for bar in result['bars'])} of {len(result['bars'])}",
                result["n"],
            )
            for result in (suite["result"] for suite in found["suites"])
        ],
    )
    emit_text(f"{_called(found['generation'])} of {found['base']}: {_SAID[found['verdict']]}")
