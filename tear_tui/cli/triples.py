"""`tear-tui triples`: add, list and look at triples."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from tear_core.store import triples as stored_triples
from tear_core.store.triples import Status, StoredTriple
from tear_core.triples import Landing, Triple
from tear_tui.cli.output import (
    CommandError,
    emit_json,
    emit_lines,
    emit_table,
    emit_text,
    narrate,
)
from tear_tui.cli.root import store_of, tell_engine

app = typer.Typer(help="Add, list and look at triples.", invoke_without_command=True)

DEFAULT_LIMIT = 20

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def bare(ctx: typer.Context) -> None:
    """Add, list and look at triples. Without a command: list."""
    if ctx.invoked_subcommand is None:
        list_(ctx)


@app.command("list")
def list_(
    ctx: typer.Context,
    status: Annotated[Status | None, typer.Option(help="Only these.", show_default=False)] = None,
    search: Annotated[
        str | None, typer.Option(help="Only those with these words.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 is all.")] = DEFAULT_LIMIT,
    json: Json = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print JSON lines.")] = False,
) -> None:
    """List triples, newest first; with --search, best match first."""
    with store_of(ctx) as store:
        most = limit or None
        if search is not None:
            found = stored_triples.search(store, search, most, status=status)
        else:
            found = stored_triples.list_triples(store, status=status, limit=most)
    if json or jsonl:
        (emit_lines if jsonl else emit_json)([as_json(each) for each in found])
        return
    emit_table(
        ("id", "status", "landing", "surprise", "input", "response", "consequence"),
        [
            (
                each.id,
                each.status,
                each.triple.landing,
                each.surprise,
                each.triple.input,
                each.triple.response,
                each.triple.consequence,
            )
            for each in found
        ],
    )
    if not found:
        narrate("No triples.")
    elif len(found) == limit:
        narrate(f"The first {limit}; --limit 0 shows all.")


@app.command()
def add(
    ctx: typer.Context,
    input: Annotated[str, typer.Option(help="What was said.")],
    response: Annotated[str, typer.Option(help="What was answered.")],
    consequence: Annotated[str, typer.Option(help="What really happened; - reads stdin.")],
    landing: Annotated[Landing, typer.Option(help="How the response landed.")] = "neutral",
    json: Json = False,
) -> None:
    """Add a triple, to be learned. The same words are kept once."""
    if consequence == "-":
        consequence = sys.stdin.read().strip()
    try:
        triple = Triple(input, response, consequence, landing)
    except ValueError as error:
        raise CommandError(str(error)) from None
    with store_of(ctx) as store:
        kept, new = stored_triples.add(store, triple, source="cli", status="pending")
    if new:
        tell_engine(ctx)
    if json:
        emit_json({**as_json(kept), "new": new})
        return
    typer.echo(kept.id)
    narrate("Added; it is pending." if new else f"These words are there already ({kept.status}).")


@app.command()
def show(
    ctx: typer.Context,
    triple_id: Annotated[str, typer.Argument(metavar="ID", help="An id, or how one begins.")],
    json: Json = False,
) -> None:
    """Show all of one triple."""
    with store_of(ctx) as store:
        found = stored_triples.get(store, triple_id)
        history = stored_triples.history(store, found.id)
    if json:
        emit_json({**as_json(found), "history": history})
        return
    emit_text(_in_full(found))
    emit_table(
        ("at", "from", "to", "why", "who"),
        [
            (row["at"][:19], row["from_status"], row["to_status"], row["why"], row["who"])
            for row in history
        ],
    )


def as_json(stored: StoredTriple) -> dict[str, Any]:
    """A triple as every command prints it."""
    triple = stored.triple
    draft = triple.draft
    return {
        "id": stored.id,
        "input": triple.input,
        "response": triple.response,
        "consequence": triple.consequence,
        "landing": triple.landing,
        "order": triple.order,
        "context": [{"input": past.input, "response": past.response} for past in triple.context],
        "draft": draft and {"response": draft.response, "scene": draft.scene},
        "status": stored.status,
        "surprise": stored.surprise,
        "surprise_tokens": stored.surprise_tokens,
        "surprise_generation": stored.surprise_generation,
        "generations": list(stored.generations),
        "predicted": stored.predicted,
        "predicted_by": stored.predicted_by,
        "blind": stored.blind,
        "source": stored.source,
        "session": stored.session,
        "turn": stored.turn,
        "created_at": stored.created_at,
    }


def _in_full(stored: StoredTriple) -> str:
    triple = stored.triple
    parts = [f"triple {stored.id}  {stored.status}, {triple.landing}, from {stored.source}"]
    if stored.surprise is not None:
        parts[0] += f", surprise {stored.surprise:.3f} nats/token"
    if stored.generations:
        parts[0] += f", seen by {', '.join(map(str, stored.generations))}"
    for past in triple.context:
        parts.append(f"earlier\n  {_indented(past.input)}\n  {_indented(past.response)}")
    parts.append(f"input\n  {_indented(triple.input)}")
    parts.append(f"response\n  {_indented(triple.response)}")
    parts.append(f"consequence\n  {_indented(triple.consequence)}")
    if stored.predicted is not None:
        parts.append(f"predicted\n  {_indented(stored.predicted)}")
    return "\n\n".join(parts) + "\n"


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
