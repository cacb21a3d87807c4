"""`tear-tui gate`: the ten tests of one generation, and a verdict on it."""

from __future__ import annotations

import json as jsons
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from tear_core.corpus.atomic import whole_text
from tear_core.engine.client import EngineError
from tear_core.engine.messages import GateRequest, Reply
from tear_core.home import find_checkout, private_folder
from tear_tui.cli.generation_log import show_tests
from tear_tui.cli.generation_rows import Which, called, configured_base, learned
from tear_tui.cli.output import (
    DONE,
    FAILED,
    INSUFFICIENT,
    PROVISIONAL,
    CommandError,
    emit_json,
    emit_text,
    narrate,
)
from tear_tui.cli.root import engine_of, store_of

EXITS = {"pass": DONE, "fail": FAILED, "insufficient": INSUFFICIENT, "provisional": PROVISIONAL}
PARTS, SPLITS = ("ties", "siblings", "contrast"), ("dev", "gate")
"""The shipped pairs that nothing is learned from."""


def gate(
    ctx: typer.Context,
    generation: Which,
    study: Annotated[
        str,
        typer.Option(
            help="Its arms are what a gain is put down to; without a study the verdict is at most"
            " provisional.",
            metavar="NAME",
            show_default=False,
        ),
    ] = "",
    items: Annotated[
        list[Path] | None,
        typer.Option(
            help="Score the pairs of this file for awareness. Can be repeated. Else dev and gate of"
            " the shipped ties, siblings and contrast.",
            exists=True,
            dir_okay=False,
            resolve_path=True,
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The folder with suites/, ties/, siblings/, contrast/; else the checkout's data.",
            exists=True,
            file_okay=False,
            resolve_path=True,
            show_default=False,
            metavar="DIR",
        ),
    ] = None,
    benchmarks: Annotated[
        Path | None,
        typer.Option(
            help="Answers of other harnesses, by item (docs/gate.md).",
            exists=True,
            dir_okay=False,
            resolve_path=True,
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(help="At most so many of each kind of item: quick, and insufficient.", min=1),
    ] = None,
    swap: Annotated[
        int, typer.Option(help="Have scenes written for so many pairs.", min=1, metavar="N")
    ] = 40,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write the report and every figure of every item here.",
            file_okay=False,
            show_default=False,
            metavar="DIR",
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(help="Write a page to read.", show_default=False, metavar="FILE.html"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Hold a generation against ten tests: does it understand, and has it stayed sound?

    Exits with 0 (pass), 1 (fail), 3 (insufficient: too few items to tell) or 4 (provisional:
    passed, but arms or benchmarks to compare it with are missing). What cannot be measured fails.
    Minutes on nano. Cut off, the same command goes on.
    """
    if page is not None and page.suffix not in (".html", ".md"):
        raise CommandError(f"{page.name} is neither .html nor .md", "Name a file of one of these.")
    folder = data or _data()
    with store_of(ctx) as store:
        number = learned(store, generation).number
    request = GateRequest(
        generation=str(number),
        items=tuple(str(path) for path in items or _pairs(folder)),
        suites=str(folder / "suites"),
        paraphrases=str(_there(folder / "suites" / "paraphrases.jsonl")),
        study=study,
        benchmarks=str(benchmarks or ""),
        limit=limit,
        swap=swap,
        evidence=out is not None,
    )
    found = _report(engine_of(ctx).gate(request))
    if out is not None:
        _write(out, found)
    if page is not None:
        _write_page(ctx, number, page)
    if json:
        emit_json({k: v for k, v in found.items() if k not in ("event", "evidence")})
    else:
        _show(found)
    raise typer.Exit(EXITS[found["verdict"]])


def _data() -> Path:
    checkout = find_checkout(Path.cwd())
    if checkout is None:
        raise CommandError("there are no items to test with here", "Name their folder with --data.")
    return (checkout / "data").resolve()


def _pairs(folder: Path) -> list[Path]:
    return [_there(folder / part / f"{split}.jsonl") for part in PARTS for split in SPLITS]


def _there(path: Path) -> Path:
    if not path.exists():
        raise CommandError(f"{path} is missing", "Name a folder that has it with --data.")
    return path


def _report(replies: Iterator[Reply]) -> Reply:
    """The report; what is going on is narrated, a line for each quarter."""
    before: tuple[Any, ...] = ()
    for reply in replies:
        if reply["event"] == "error":
            raise EngineError(reply["message"], reply.get("hint", ""))
        if reply["event"] == "gate_report":
            return reply
        quarter = (reply["what"], reply["generation"], reply["done"] * 4 // max(1, reply["of"]))
        if quarter != before:
            before = quarter
            who = called(reply["generation"])
            narrate(f"{who}: {reply['what']} {reply['done']}/{reply['of']}")
    raise CommandError("the gate was stopped", "The same command goes on; nothing was judged.")


def _show(found: Reply) -> None:
    emit_text(f"generation {found['generation']} of {found['base']}: {found['verdict']}")
    show_tests(found["tests"])
    if found["verdict"] == "fail" and found["live"]:
        narrate("It answers all the same. To go back: tear-tui generations rollback")
    narrate(f"{found['seconds']:.0f} s; kept: tear-tui generations show {found['generation']}")


def _write(out: Path, found: Reply) -> None:
    """The report, and beside it what it rests on. For you alone, as the home is."""
    private_folder(out)
    parts = {
        f"gate-{found['generation']}.json": {
            key: value for key, value in found.items() if key not in ("event", "evidence")
        },
        f"evidence-{found['generation']}.json": found["evidence"],
    }
    for name, value in parts.items():
        text = jsons.dumps(value, indent=1, allow_nan=False) + "\n"
        whole_text(out / name, text, force=True)
    narrate(f"written: {', '.join(str(out / name) for name in parts)}")


def _write_page(ctx: typer.Context, number: int, path: Path) -> None:
    from tear_core.report.generation import generation_page
    from tear_core.report.writing import write

    with store_of(ctx) as store:
        written = write(generation_page(store, number, configured_base()), path, force=True)
    narrate(f"written: {', '.join(map(str, written))}")
