"""`tear-tui train-pending` and `tear-tui surprise`: learn, and measure what there is to learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tear_core.corpus.curriculum import Pass, belongs_to
from tear_core.corpus.import_jsonl import open_jsonl, read_rows
from tear_core.engine.client import EngineClient, EngineError
from tear_core.engine.messages import LearnRequest, Reply, SurpriseRequest, TripleText
from tear_core.store import triples
from tear_tui.cli.output import FAILED, CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import engine_of, store_of

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]

BATCH = 256
"""Triples sent to the engine at once: a long file needs little memory."""


def train_pending(
    ctx: typer.Context,
    limit: Annotated[int | None, typer.Option(help="Learn at most this many.", min=1)] = None,
    lambda_: Annotated[
        float | None,
        typer.Option("--lambda", help="Weight of the consequence loss; 1 is parity.", min=0),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Times each triple is seen.", min=1)] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of a lineage that begins at the base.", min=0)
    ] = None,
    pass_: Annotated[
        Literal["warmth", "consequence", "integration"] | None,
        typer.Option("--pass", help="Only what belongs to this pass of the curriculum."),
    ] = None,
    json: Json = False,
) -> None:
    """Learn the pending triples and publish a new generation.

    One learner at a time: while another one works this exits with 75. A generation that the gate
    refuses is kept and does not answer; its triples stay pending, and this exits with 1.
    """
    row: Reply | None = None
    request = LearnRequest(limit, lambda_, epochs, seed)
    if pass_ is not None:
        request = replace(request, ids=_ids_of(ctx, pass_), note={"pass": pass_})
        if not request.ids:
            raise CommandError(f"nothing pending belongs to {pass_}")
    for reply in engine_of(ctx).learn(request):
        if reply["event"] == "error":
            raise EngineError(reply["message"], reply.get("hint", ""))
        if reply["event"] == "published":
            row = {key: value for key, value in reply.items() if key != "event"}
        else:
            _narrate_step(reply)
    if row is None:
        raise CommandError("learning was stopped; nothing was published")
    if json:
        emit_json(row)
    else:
        emit_text(_sentence(row))
    if row["generation"] is not None and row["verdict"] == "fail":
        narrate(f"The gate refused it, and it does not answer: {row['why']}.")
        narrate(f"Hint: {row['hint']}")
        raise typer.Exit(FAILED)


def surprise(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Triples as JSON lines.", exists=True)],
    generation: Annotated[
        str, typer.Option(help="Under which generation: a number, `base` or `live`.")
    ] = "live",
    section: Annotated[
        Literal["consequence", "response"], typer.Option(help="Whose words are scored.")
    ] = "consequence",
    json: Json = False,
) -> None:
    """How surprising the scenes of a file are to the model, in nats per token."""
    total = _score(engine_of(ctx), file, generation, section)
    if not total["triples"]:
        raise CommandError(f"{file} holds no triple")
    if json:
        emit_json({key: value for key, value in total.items() if value != []})
    else:
        which = f"generation {total['generation']}" if total["generation"] else "the base"
        emit_text(
            f"{total['nats_per_token']:.4f} nats per token over {total['tokens']} tokens"
            f" of {total['triples']} triples, under {which}"
        )
    if total["skipped"]:
        raise typer.Exit(FAILED)


def _ids_of(ctx: typer.Context, wanted: Pass) -> tuple[str, ...]:
    with store_of(ctx) as store:
        return tuple(s.id for s in triples.pending(store) if belongs_to(s, wanted))


def _score(client: EngineClient, file: Path, generation: str, section: Any) -> dict[str, Any]:
    nats = 0.0
    total: dict[str, Any] = {
        "nats_per_token": None,
        "tokens": 0,
        "triples": 0,
        "generation": None,
        "skipped": [],
    }
    for batch in _batches(file, total["skipped"]):
        scores = client.surprise(SurpriseRequest(tuple(batch), generation, section))
        nats += (scores["nats_per_token"] or 0.0) * scores["tokens"]
        total["tokens"] += scores["tokens"]
        total["triples"] += scores["triples"]
        total["generation"] = scores["generation"]
    if total["tokens"]:
        total["nats_per_token"] = nats / total["tokens"]
    return total


def _batches(file: Path, skipped: list[dict[str, Any]]) -> Iterator[list[TripleText]]:
    with open_jsonl(file) as lines:
        rows = read_rows(lines)
        while several := list(islice(rows, BATCH)):
            good = []
            for row in several:
                if row.triple is None:
                    skipped.append({"line": row.line, "reason": row.reason})
                    narrate(f"line {row.line} skipped: {row.reason}")
                else:
                    t = row.triple
                    good.append(
                        TripleText(t.input, t.response, t.consequence, t.landing, t.context)
                    )
            if good:
                yield good


def _narrate_step(reply: Reply) -> None:
    if reply["event"] == "notice":
        narrate(reply["message"])
    elif reply["event"] == "waiting":
        narrate(f"learning {reply['triples']} triples")
    elif reply["event"] == "step":
        response, consequence = reply["response_loss"], reply["consequence_loss"]
        narrate(
            f"step {reply['step']}/{reply['steps']}"
            f"  response {'-' if response is None else f'{response:.3f}'}"
            f"  consequence {'-' if consequence is None else f'{consequence:.3f}'}"
            f"  λ {reply['lambda']:.2f}" + ("  discarded: not finite" if reply["discarded"] else "")
        )
    elif reply["event"] == "gate":
        narrate(f"the gate: {reply['verdict']}, {reply['items']} items in {reply['seconds']:.1f} s")


def _sentence(row: Reply) -> str:
    if row["generation"] is None:
        return "nothing is pending"
    loss = row["consequence_loss"]
    return (
        f"generation {row['generation']}: learned {row['triples']} triples beside"
        f" {row['replayed']} replayed in {row['seconds']:.1f} s; consequence loss"
        f" {loss['before']:.3f} -> {loss['after']:.3f}"
    )
