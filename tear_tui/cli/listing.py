"""The options that every list of triples shares, and one triple as every command prints it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tear_core.store.triples import StoredTriple
from tear_tui.reviewing.somebody import somebody

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Nl = Annotated[bool, typer.Option("--nl", "--jsonl", help="Print JSON lines.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


Who = Annotated[
    str,
    typer.Option(
        help="Who decides this; else whoever is logged in.",
        callback=lambda given: given or somebody(),
        show_default=False,
    ),
]


def how(json: bool, nl: bool, csv: bool) -> str | None:
    """Which of the three was asked for; none is a table."""
    asked = [name for name, given in (("json", json), ("nl", nl), ("csv", csv)) if given]
    if len(asked) > 1:
        raise typer.BadParameter(f"--{asked[0]} and --{asked[1]} cannot both be had")
    return asked[0] if asked else None


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
        "theme": stored.notes.theme,
        "difficulty": stored.notes.difficulty,
        "culture": stored.notes.culture,
        "licence": stored.notes.licence,
        "consent": stored.notes.consent,
        "pair": stored.notes.pair,
        "origin": stored.notes.origin,
    }


def in_full(stored: StoredTriple) -> str:
    """All of a triple in words, for a person."""
    triple, notes = stored.triple, stored.notes
    parts = [f"triple {stored.id}  {stored.status}, {triple.landing}, from {stored.source}"]
    if stored.surprise is not None:
        parts[0] += f", surprise {stored.surprise:.3f} nats/token"
    if stored.generations:
        parts[0] += f", seen by {', '.join(map(str, stored.generations))}"
    noted = [
        f"{name} {value}"
        for name in ("theme", "difficulty", "culture", "licence", "consent", "pair", "origin")
        if (value := getattr(notes, name))
    ]
    if noted:
        parts[0] += "\n" + ", ".join(noted)
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
