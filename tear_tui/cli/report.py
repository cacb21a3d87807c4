"""`tear-tui report`: one page on a session, a study or a generation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tear_core.engine.client import EngineError
from tear_core.engine.messages import SurpriseRequest, TripleText
from tear_core.report.generation import generation_page
from tear_core.report.page import Page
from tear_core.report.session import session_page
from tear_core.report.study import study_page
from tear_core.report.writing import write
from tear_core.store import Store, sessions, triples
from tear_core.study import design as designs
from tear_core.study.design import FINDINGS
from tear_tui.cli.output import CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import engine_of, home_of, store_of

Kind = Literal["session", "study", "generation"]


def report(
    ctx: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[SESSION|STUDY|GENERATION]",
            help="A session's id, a study's name, or a generation's number; else the session"
            " used last.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option(help="Which it is, where the name leaves it open.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The file: .html or .md. Else report-NAME.html here.",
            show_default=False,
        ),
    ] = None,
    base_line: Annotated[
        bool, typer.Option("--base/--no-base", help="Score a session's scenes with the base too.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace a file.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write a page that needs nothing else to be read: figures, tables, graded claims.

    It holds what people wrote. It is readable by you alone, and sent nowhere.
    """
    home = home_of(ctx)
    with store_of(ctx) as store:
        kind, name = _which(store, home, target, kind)
        page = _page(ctx, store, kind, name, base_line)
    path = out or Path(f"report-{kind}-{name}.html")
    if path.suffix not in (".html", ".md"):
        raise CommandError(f"{path.name} is neither .html nor .md", "Name a file of one of these.")
    written = write(page, path, force=force)
    if json:
        emit_json({"kind": kind, "name": name, "files": [str(each) for each in written]})
    else:
        emit_text("\n".join(str(each) for each in written))


def _which(store: Store, home: Path, target: str | None, kind: Kind | None) -> tuple[Kind, str]:
    """What is meant: a number is a generation, then a study's name, then a session."""
    if target is None:
        latest = sessions.latest(store)
        if latest is None:
            raise CommandError("there is no session yet", "Name a study or a generation.")
        return "session", latest.id
    if kind is None:
        if target == "live" or target.isdecimal():
            kind = "generation"
        else:
            kind = "study" if target in designs.names(home) else "session"
    return kind, sessions.get(store, target).id if kind == "session" else target


def _page(ctx: typer.Context, store: Store, kind: Kind, name: str, base_line: bool) -> Page:
    if kind == "session":
        return session_page(store, name, _base_line(ctx, store, name) if base_line else None)
    if kind == "study":
        designs.load(store.home, name)
        path = designs.folder_of(store.home, name) / FINDINGS
        if not path.exists():
            raise CommandError(f"{name} has no findings yet", "`tear-tui study run` goes on.")
        return study_page(designs.read_json(path))
    from tear_core.settings import load_settings

    return generation_page(store, name, load_settings().base)


def _base_line(ctx: typer.Context, store: Store, session: str) -> Mapping[str, float]:
    """Surprise of the base model at the scenes of a session, by the triple's id."""
    turns = sessions.conversation(store, session).turns
    found = triples.get_many(store, [turn.triple for turn in turns if turn.triple])
    if not found:
        return {}
    texts = tuple(
        TripleText(t.input, t.response, t.consequence, t.landing, t.context)
        for t in (each.triple for each in found)
    )
    try:
        scores: dict[str, Any] = engine_of(ctx).surprise(SurpriseRequest(texts, "base"))
    except EngineError as error:
        narrate(f"The base model's line is left out: {error}")
        return {}
    return {each.id: one["nats_per_token"] for each, one in zip(found, scores["each"], strict=True)}
