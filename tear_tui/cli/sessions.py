"""`tear-tui sessions`: list conversations, name them, fork them, delete them for good."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from tear_core.store import forgetting
from tear_core.store import sessions as stored_sessions
from tear_core.store.sessions import Session
from tear_tui.cli.listing import Csv, Json, Nl, Who, how
from tear_tui.cli.output import CommandError, emit_json, emit_list, emit_text, narrate
from tear_tui.cli.root import store_of, tell_engine

app = typer.Typer(help="List, rename, fork and delete conversations.", invoke_without_command=True)

DEFAULT_LIMIT = 20

_COLUMNS = ("id", "used_at", "turns", "authored", "title")

Id = Annotated[str, typer.Argument(metavar="SESSION", help="An id, or how one begins.")]


@app.callback()
def bare(ctx: typer.Context) -> None:
    """List, rename, fork and delete conversations. Without a command: list."""
    if ctx.invoked_subcommand is None:
        list_(ctx)


@app.command("list")
def list_(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORDS...", help="Only with these words.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 is all.")] = DEFAULT_LIMIT,
    json: Json = False,
    nl: Nl = False,
    csv: Csv = False,
) -> None:
    """List sessions, the one used last first. Words are looked for in titles and what was said."""
    asked = how(json, nl, csv)
    with store_of(ctx) as store:
        found = stored_sessions.list_sessions(store, limit or None, " ".join(words or []))
        total = stored_sessions.count(store)
    rows = [as_json(each) for each in found]
    if asked is not None:
        return emit_list(rows, _COLUMNS, asked)
    emit_list([{**row, "used_at": row["used_at"][:16]} for row in rows], _COLUMNS)
    if not found:
        narrate("No sessions." if not words else "No session has these words in it.")
    elif len(found) == limit < total:
        narrate(f"The first {limit}; --limit 0 shows all.")


@app.command()
def rename(
    ctx: typer.Context,
    session: Id,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is called from now on.")],
    json: Json = False,
) -> None:
    """Give a session another title."""
    if not title.strip():
        raise CommandError("a title needs words in it")
    with store_of(ctx) as store:
        found = stored_sessions.get(store, session)
        stored_sessions.rename(store, found.id, title.strip())
        found = stored_sessions.get(store, found.id)
    _report(found, json)


@app.command()
def fork(
    ctx: typer.Context,
    session: Id,
    at: Annotated[
        int | None,
        typer.Option(min=1, help="The last turn to take over; else all.", show_default=False),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Its title.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Begin a new session with the first turns of another one, which stays as it is."""
    with store_of(ctx) as store, store.write():
        made = stored_sessions.fork(store, session, at)
        if title:
            stored_sessions.rename(store, made.id, title)
        made = stored_sessions.get(store, made.id)
    _report(made, json)
    if not json:
        narrate(f"`tear-tui --session {made.id}` goes on with it.")


@app.command()
def delete(
    ctx: typer.Context,
    session: Id,
    with_triples: Annotated[
        bool,
        typer.Option(
            "--with-triples/--keep-triples",
            help="Erase the triples that were written in it too; learned ones are retracted.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    who: Who = "",
    json: Json = False,
) -> None:
    """Delete a session for good. Its triples are kept, unless you say otherwise."""
    with store_of(ctx) as store:
        found = stored_sessions.get(store, session)
        written = forgetting.written_in(store, found.id)
        if not yes:
            _ask(found, written, with_triples)
        done = forgetting.delete(store, found.id, with_triples=with_triples, who=who)
    if done.removed or done.retracted:
        tell_engine(ctx)
    counts = {"kept": done.kept, "removed": done.removed, "retracted": done.retracted}
    if json:
        return emit_json({"deleted": found.id, "triples": counts})
    emit_text(f"{found.id} is deleted")
    told = [f"{number} {what}" for what, number in counts.items() if number]
    if told:
        narrate(f"Triples: {', '.join(told)}.")
    narrate("Backups of the database hold what they hold.")


def as_json(session: Session) -> dict[str, Any]:
    """A session as every command prints it."""
    return asdict(session)


def _ask(session: Session, written: forgetting.Written, with_triples: bool) -> None:
    """Say what goes and what stays, and go on only if that is wanted."""
    turns = "1 turn" if session.turns == 1 else f"{session.turns} turns"
    narrate(f"“{session.title}”, {turns}; {written.count} triples were written in it.")
    if with_triples:
        narrate(
            f"{len(written.removable)} of them are erased, {len(written.learned)} retracted"
            f" (learned), {len(written.shared)} stay (they stand in another session too)."
        )
    else:
        narrate("They are kept; --with-triples takes them along.")
    typer.confirm("Delete it for good?", abort=True, err=True)


def _report(session: Session, json: bool) -> None:
    if json:
        emit_json(as_json(session))
    else:
        emit_text(f"{session.id}  {session.title}")
