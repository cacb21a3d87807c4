"""`tear-tui awareness`: does what the model foresees depend on what was said?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from tear_core.engine.client import EngineError
from tear_core.engine.messages import AwarenessRequest, Reply
from tear_core.home import find_checkout
from tear_tui.cli.output import (
    INSUFFICIENT,
    CommandError,
    emit_json,
    emit_table,
    emit_text,
    narrate,
)
from tear_tui.cli.root import engine_of

PARTS, SPLITS = ("ties", "siblings", "contrast"), ("dev", "gate")
"""What is scored if nothing is named: the shipped pairs that nothing is learned from."""

_ROWS = (
    ("cas", "CAS", "0"),
    ("cas_t", "  on ties (T)", "0"),
    ("cas_rw", "  surface right, wrong (R, W)", "0"),
    ("group", "both own scenes likelier (group)", "0.25"),
    ("own", "own scene over the other one's", "0.5"),
    ("bits", "bits of the matching", "0"),
    ("delta_per_token", "Δ in nats by token", "0"),
    ("right", "right matching likelier", "0.5"),
)
_HEADERS = ("measure", "value", "low", "high", "inputs", "chance", "")
_NOT_ENOUGH = "too few"


def awareness(
    ctx: typer.Context,
    generation: Annotated[
        str, typer.Option(help="Which generation: a number, `base` or `live`.", metavar="N")
    ] = "live",
    items: Annotated[
        list[Path] | None,
        typer.Option(
            help="Score the pairs of this file: triples with the same input. Can be repeated. Else"
            " dev and gate of the shipped ties, siblings and contrast.",
            exists=True,
            dir_okay=False,
            resolve_path=True,
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(
            help="Fit the surface model on this file; else on train.jsonl beside, or the rows"
            " that say so.",
            exists=True,
            dir_okay=False,
            resolve_path=True,
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    dev: Annotated[
        list[Path] | None,
        typer.Option(
            help="Set the temperature on this file; else on dev.jsonl beside, or across halves.",
            exists=True,
            dir_okay=False,
            resolve_path=True,
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(help="Also measure this generation, and the difference.", metavar="N"),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Score at most so many pairs.", min=1, metavar="N")
    ] = None,
    ranking: Annotated[
        bool, typer.Option("--ranking", help="Also rank the own scene among eight.")
    ] = False,
    swap: Annotated[
        int,
        typer.Option(help="Also have scenes written for so many pairs; slow.", min=0, metavar="N"),
    ] = 0,
    paraphrases: Annotated[
        Path | None,
        typer.Option(
            help="Also score this file of paraphrases.",
            exists=True,
            dir_okay=False,
            resolve_path=True,
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Measure consequence awareness (CAS): do predicted scenes depend on what was said?

    0 is chance, also for a model that talks of consequences without regard to the response; 1 is
    the ceiling. Exits with 3 when there is too little to tell.
    """
    request = AwarenessRequest(
        items=_names(items or _shipped()),
        train=_names(train or []),
        dev=_names(dev or []),
        generation=generation,
        compare=tuple(compare or ()),
        limit=limit,
        ranking=ranking,
        swap=swap,
        paraphrases=str(paraphrases or ""),
    )
    found = _measured(engine_of(ctx).awareness(request))
    if json:
        emit_json({name: value for name, value in found.items() if name != "event"})
    else:
        _show(found)
    if _why(found):
        raise typer.Exit(INSUFFICIENT)


def _names(paths: list[Path]) -> tuple[str, ...]:
    return tuple(str(path) for path in paths)


def _shipped() -> list[Path]:
    checkout = find_checkout(Path.cwd())
    data = checkout / "data" if checkout else Path("data")
    files = [data / part / f"{split}.jsonl" for part in PARTS for split in SPLITS]
    there = [path.resolve() for path in files if path.exists()]
    if not there:
        raise CommandError("there are no pairs to score here", "Name a file with --items.")
    return there


def _measured(replies: Iterator[Reply]) -> Reply:
    """The result; what is going on is narrated, a line for each tenth."""
    found: Reply | None = None
    before: tuple[Any, ...] = ()
    for reply in replies:
        if reply["event"] == "error":
            raise EngineError(reply["message"], reply.get("hint", ""))
        if reply["event"] == "awareness":
            found = reply
            continue
        tenth = (reply["what"], reply["generation"], reply["done"] * 10 // max(1, reply["of"]))
        if tenth != before:
            before = tenth
            narrate(
                f"{_called(reply['generation'])}: {reply['what']} {reply['done']}/{reply['of']}"
            )
    if found is None:
        raise CommandError("the measurement was stopped", "Ask again.")
    return found


def _why(found: Reply) -> list[str]:
    """What is missing in any arm, or for the comparison of two."""
    told = list(dict.fromkeys(why for arm in found["arms"] for why in arm["awareness"]["why"]))
    between = [why for one in found["comparisons"] for why in one["why"]]
    return told + [why for why in between if not why.endswith(tuple(told))]


def _called(number: int) -> str:
    return f"generation {number}" if number else "the base"


def _show(found: Reply) -> None:
    for arm in found["arms"]:
        _show_arm(found["base"], arm)
    for each in found["comparisons"]:
        emit_text(f"{_called(each['generation'])} minus {_called(each['against'])}, the same pairs")
        emit_table(_HEADERS, [_row(each[key], name, "0") for key, name, _ in _ROWS if key in each])
        emit_text("")
    for why in _why(found):
        emit_text(f"insufficient: {why}")


def _show_arm(base: str, arm: Mapping[str, Any]) -> None:
    told = arm["awareness"]
    strata = ", ".join(f"{name} {size['clusters']}" for name, size in told["strata"].items())
    warmth = " and ".join(f"{each:.2f}" for each in told["temperatures"])
    emit_text(f"{_called(arm['generation'])} of {base}: {told['verdict']}")
    emit_text(
        f"{len(told['items'])} pairs; inputs by surface: {strata}; temperature {warmth};"
        f" scored in: {arm['scored_in']}"
    )
    rows = [_row(told[key], name, chance) for key, name, chance in _ROWS]
    if "ranking" in arm:
        rows.append(_row(arm["ranking"]["first"], "first of eight (PMI)", "0.125"))
    if "swap" in arm:
        rows.append(_row(arm["swap"]["right"], "written scenes match", "0.5"))
        rows.append(_row(arm["swap"]["same"], "written scenes nearly the same", None))
        rows.append(_row(arm["swap"]["moved"], "moved by an empty edit", None))
        rows.append(_row(arm["talk"], "they talk of consequences", None))
    if "paraphrases" in arm:
        rows.append(_row(arm["paraphrases"]["kept"], "kept under paraphrase", None))
        rows.append(_row(arm["paraphrases"]["flipped"], "flipped by a reversing edit", "0"))
    emit_table(_HEADERS, rows)
    emit_text("")


def _row(estimate: Mapping[str, Any], name: str, chance: str | None) -> tuple[Any, ...]:
    values = [_number(estimate[key]) for key in ("value", "low", "high")]
    remark = _NOT_ENOUGH if estimate["few_clusters"] else None
    return (name, *values, estimate["clusters"] or None, chance, remark)


def _number(value: Any) -> float | None:
    return None if isinstance(value, Mapping) else value
