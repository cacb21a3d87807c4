"""`tear-tui triples`: add, list, search and look at triples; deciding is in `deciding`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Annotated, Any

import typer

from tear_core.store import triples as stored_triples
from tear_core.store.triples import STATUSES, Notes, Status
from tear_core.triples import Landing, Triple
from tear_tui.cli.lazily import Later, LazyGroup
from tear_tui.cli.listing import Csv, Json, Nl, as_json, how, in_full
from tear_tui.cli.output import CommandError, emit_json, emit_list, emit_table, emit_text, narrate
from tear_tui.cli.root import store_of, tell_engine


class TriplesGroup(LazyGroup):
    """`tear-tui triples`, with the commands of other files."""

    later = (
        Later("edit", "deciding:edit", "Change a triple; with no option in your editor."),
        Later("accept", "deciding:accept", "Accept triples: they are learned next."),
        Later("reject", "deciding:reject", "Reject a triple that was not learned yet."),
        Later(
            "retract",
            "deciding:retract",
            "Take a triple back, learned or not, and say which generations still carry it.",
        ),
        Later(
            "undo",
            "deciding:undo",
            "Undo the last decision or edit; an undo is undone the same way.",
        ),
        Later(
            "review",
            "review:review",
            "Review what waits, oldest first: accept, reject, skip, undo, edit, mark how it"
            " landed.",
        ),
        Later(
            "audit",
            "audit:audit",
            "Measure a dataset: how far length, a question mark, words alone and valence get you.",
        ),
    )


app = typer.Typer(
    cls=TriplesGroup,
    help="Add, list, search, review, edit and audit triples.",
    invoke_without_command=True,
)

DEFAULT_LIMIT = 20

_COLUMNS = ("id", "status", "landing", "surprise", "input", "response", "consequence")

Limit = Annotated[int, typer.Option(min=0, help="At most so many; 0 is all.")]
OfStatus = Annotated[Status | None, typer.Option(help="Only these.", show_default=False)]


@app.callback()
def bare(ctx: typer.Context) -> None:
    """Add, list, search, review, edit and audit triples. Without a command: list."""
    if ctx.invoked_subcommand is None:
        list_(ctx)


@app.command("list")
def list_(
    ctx: typer.Context,
    status: OfStatus = None,
    source: Annotated[str | None, typer.Option(help="From there.", show_default=False)] = None,
    theme: Annotated[str | None, typer.Option(help="About this.", show_default=False)] = None,
    landing: Annotated[
        Landing | None, typer.Option(help="That landed so.", show_default=False)
    ] = None,
    seen_by: Annotated[
        int | None, typer.Option(help="That this generation has seen.", show_default=False)
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="Only those with these words.", show_default=False)
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    json: Json = False,
    nl: Nl = False,
    csv: Csv = False,
) -> None:
    """List triples, newest first; with --search, best match first."""
    others = {"source": source, "theme": theme, "landing": landing, "seen-by": seen_by}
    clash = next((name for name, value in others.items() if value is not None), None)
    if search is not None and clash:
        raise typer.BadParameter(f"--search goes with --status, not with --{clash}")
    with store_of(ctx) as store:
        most = limit or None
        if search is not None:
            found = stored_triples.search(store, search, most, status=status)
        else:
            found = stored_triples.list_triples(
                store,
                status=status,
                source=source,
                theme=theme,
                landing=landing,
                generation=seen_by,
                limit=most,
            )
    _emit(found, limit, how(json, nl, csv))


@app.command()
def search(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", show_default=False)],
    status: OfStatus = None,
    limit: Limit = DEFAULT_LIMIT,
    json: Json = False,
    nl: Nl = False,
    csv: Csv = False,
) -> None:
    """Find triples with all these words, best match first. '"in quotes"' is a phrase."""
    with store_of(ctx) as store:
        found = stored_triples.search(store, " ".join(words), limit or None, status=status)
    _emit(found, limit, how(json, nl, csv))


def _emit(found: list[stored_triples.StoredTriple], limit: int, asked: str | None) -> None:
    emit_list([as_json(each) for each in found], _COLUMNS, asked)
    if asked is not None:
        return
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
    theme: Annotated[str, typer.Option(help="What it is about.", show_default=False)] = "",
    difficulty: Annotated[
        int | None, typer.Option(min=1, max=4, help="1 obvious to 4 subtle.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Add a triple, to be learned. The same words are kept once."""
    if consequence == "-":
        consequence = sys.stdin.read().strip()
    try:
        triple = Triple(input, response, consequence, landing)
    except ValueError as error:
        raise CommandError(str(error)) from None
    notes = Notes(theme=theme, difficulty=difficulty)
    with store_of(ctx) as store:
        kept, new = stored_triples.add(store, triple, source="cli", status="pending", notes=notes)
    if new:
        tell_engine(ctx)
    if json:
        emit_json({**as_json(kept), "new": new})
        return
    emit_text(kept.id)
    narrate("Added; it is pending." if new else f"These words are there already ({kept.status}).")


@app.command()
def show(
    ctx: typer.Context,
    triple_id: Annotated[str, typer.Argument(metavar="ID", help="An id, or how one begins.")],
    json: Json = False,
) -> None:
    """Show all of one triple, and everything that was done to it."""
    with store_of(ctx) as store:
        found = stored_triples.get(store, triple_id)
        history = stored_triples.history(store, found.id)
    if json:
        emit_json({**as_json(found), "history": history})
        return
    emit_text(in_full(found))
    emit_table(
        ("at", "from", "to", "why", "who", "changed"),
        [
            (
                row["at"][:19],
                row["from_status"],
                row["to_status"],
                row["why"],
                row["who"],
                _changed(row),
            )
            for row in history
        ],
    )


def _changed(row: dict[str, Any]) -> str | None:
    shown = ("input", "response", "consequence", "landing", "theme", "difficulty", "culture")
    names = [name for name in shown if name in (row["after"] or {})]
    return ", ".join(names) or None


@app.command()
def categories(ctx: typer.Context, json: Json = False, nl: Nl = False, csv: Csv = False) -> None:
    """Count triples by source, theme, landing and status."""
    from tear_core.store import overview

    with store_of(ctx) as store:
        kinds = overview.kinds(store)
    rows = []
    for by in ("source", "theme", "landing", "status"):
        for name in sorted({kind[by] for kind in kinds}):
            here = [kind for kind in kinds if kind[by] == name]
            counts: Counter[str] = Counter()
            for kind in here:
                counts[kind["status"]] += kind["n"]
            each: dict[str, int] = {status: counts[status] for status in STATUSES}
            rows.append({"by": by, "name": name, "triples": sum(counts.values()), **each})
    emit_list(rows, ("by", "name", "triples", *STATUSES), how(json, nl, csv))
    if not rows and how(json, nl, csv) is None:
        narrate("No triples.")


@app.command()
def stats(ctx: typer.Context, json: Json = False) -> None:
    """How many triples there are, how far they have come, and what they cost the model."""
    from tear_core.store import overview

    with store_of(ctx) as store:
        told = overview.stats(store)
    if json:
        emit_json(told)
        return
    flat: dict[str, Any] = {"triples": told["triples"], **told["status"], **told["landing"]}
    flat |= {name: told[name] for name in ("sources", "themes", "surprise", "oldest", "newest")}
    emit_table(("what", "how many"), list(flat.items()))
