"""`tear-tui triples edit, accept, reject, retract, undo`: what a person decides about triples.

Every decision is kept with who, when and why, and can be undone.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import click
import typer

from tear_core.store import Store, changes, edits, lineage
from tear_core.store import triples as stored_triples
from tear_core.store.changes import Change
from tear_core.store.edits import Edit
from tear_core.store.lineage import Carried
from tear_core.store.triples import StoredTriple
from tear_core.triples import LANDINGS, Landing
from tear_tui.cli.listing import Json, Who, as_json
from tear_tui.cli.output import CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import store_of, tell_engine

Id = Annotated[str, typer.Argument(metavar="ID", help="An id, or how one begins.")]
Why = Annotated[str, typer.Option(help="Why.")]


def edit(
    ctx: typer.Context,
    triple_id: Id,
    input: Annotated[str | None, typer.Option(help="What was said.", show_default=False)] = None,
    response: Annotated[
        str | None, typer.Option(help="What was answered.", show_default=False)
    ] = None,
    consequence: Annotated[
        str | None, typer.Option(help="What really happened; - reads stdin.", show_default=False)
    ] = None,
    landing: Annotated[
        Landing | None, typer.Option(help="How it landed.", show_default=False)
    ] = None,
    theme: Annotated[str | None, typer.Option(help="What about.", show_default=False)] = None,
    difficulty: Annotated[
        int | None, typer.Option(min=1, max=4, help="1 obvious to 4 subtle.", show_default=False)
    ] = None,
    culture: Annotated[
        str | None, typer.Option(help="Where it matters.", show_default=False)
    ] = None,
    why: Why = "edited",
    who: Who = "",
    json: Json = False,
) -> None:
    """Change a triple; with no option in your editor.

    Words that were learned stay on record: the edited triple is a new one, which waits to be
    learned, and the old one is retracted.
    """
    if consequence == "-":
        consequence = sys.stdin.read().strip()
    wanted = Edit(input, response, consequence, landing, theme, difficulty, culture)
    with store_of(ctx) as store:
        before = stored_triples.get(store, triple_id)
        if wanted == Edit():
            wanted = ask_editor(before)
        after = edits.edit(store, before.id, wanted, why, who)
    if after != before:
        tell_engine(ctx)
    if json:
        emit_json({**as_json(after), "changed": after != before})
        return
    emit_text(after.id)
    if after.id != before.id:
        narrate(f"{before.id} was learned, and is retracted now; this is what replaces it.")
    else:
        narrate(f"Changed; it is {after.status}." if after != before else "Nothing changed.")


def accept(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID...", help="Ids; - reads them from stdin.", show_default=False),
    ] = None,
    why: Why = "accepted",
    again: Annotated[
        bool, typer.Option("--again", help="Also those that are learned: learn them again.")
    ] = False,
    seen_by: Annotated[
        int | None,
        typer.Option(help="All that this generation was the first to see.", show_default=False),
    ] = None,
    who: Who = "",
    json: Json = False,
) -> None:
    """Accept triples: they are learned next."""
    with store_of(ctx) as store:
        given = _ids(store, ids or [], seen_by)
        change = changes.accept(store, given, why, who, again=again)
    tell_engine(ctx)
    _report(change, "pending", json)


def reject(
    ctx: typer.Context,
    triple_id: Id,
    why: Annotated[str, typer.Argument(metavar="WHY", help="The reason, which is kept.")],
    who: Who = "",
    json: Json = False,
) -> None:
    """Reject a triple that was not learned yet. It is kept, and never learned."""
    with store_of(ctx) as store:
        change = changes.reject(store, [triple_id], why, who)
    _report(change, "rejected", json)


def retract(
    ctx: typer.Context,
    triple_id: Id,
    why: Why = "retracted",
    who: Who = "",
    json: Json = False,
) -> None:
    """Take a triple back, learned or not, and say which generations still carry it."""
    with store_of(ctx) as store:
        change = changes.retract(store, [triple_id], why, who)
        found = stored_triples.get(store, triple_id)
        carried = lineage.carried(store, found.id)
    tell_engine(ctx)
    advice = [sentence for each in carried for sentence in _advice(each)]
    if json:
        told = [{name: getattr(each, name) for name in each.__slots__} for each in carried]
        emit_json({**_told(change, "retracted"), "carried": told, "advice": advice})
        return
    emit_text(f"{found.id} is retracted" + ("" if change.triples else " already"))
    for sentence in advice or ["No generation has seen it: there is nothing more to do."]:
        narrate(sentence)


def undo(
    ctx: typer.Context,
    triple_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only what was last done to this one.")
    ] = None,
    who: Who = "",
    json: Json = False,
) -> None:
    """Undo the last decision or edit; an undo is undone the same way. Nothing is forgotten."""
    with store_of(ctx) as store:
        change = changes.undo(store, who, triple_id)
    tell_engine(ctx)
    if json:
        now = [{"id": each.id, "status": each.status} for each in change.triples]
        emit_json({"change": change.id, "why": change.why, "triples": now})
        return
    for each in change.triples:
        emit_text(f"{each.id} is {each.status}")
    narrate(f"{change.why}.")


def _ids(store: Store, given: list[str], seen_by: int | None) -> list[str]:
    ids = [word for each in given for word in (sys.stdin.read().split() if each == "-" else [each])]
    if seen_by is not None:
        exposed = stored_triples.list_triples(store, generation=seen_by, status="learned")
        ids += [each.id for each in exposed if min(each.generations) == seen_by]
    elif not ids:
        raise typer.BadParameter("which? An ID, or --seen-by")
    return ids


def _told(change: Change, status: str) -> dict[str, Any]:
    changed = [each.id for each in change.triples]
    return {"status": status, "changed": changed, "unchanged": list(change.unchanged)}


def _report(change: Change, status: str, json: bool) -> None:
    if json:
        emit_json(_told(change, status))
        return
    for each in change.triples:
        emit_text(f"{each.id} is {each.status}")
    if change.unchanged:
        narrate(f"{len(change.unchanged)} stayed as they were: {', '.join(change.unchanged)}.")


def _advice(carried: Carried) -> list[str]:
    """What can be done about a triple that was learned: it cannot be taken out of weights."""
    seen = f"{_generations(carried.seen)} of {carried.base} {_have(carried.seen)} seen it"
    if carried.grown:
        seen += f", and {_generations(carried.grown).lower()} grew from there"
    told = [f"{seen}. What was learned cannot be unlearned; it is replayed no more."]
    if carried.clean == carried.live:
        answers = f"generation {carried.live}" if carried.live else "the base"
        return [*told, f"{answers.capitalize()} answers, which does not carry it."]
    back = f"generation {carried.clean}" if carried.clean else "the base"
    command = f"tear-tui generations use {carried.clean or 'base'}"
    return [
        *told,
        f"To answer without it, go back to {back}: {command}",
        "To keep the rest of what was learned since, learn that again without it: tear-tui"
        f" generations rebuild {carried.live}",
    ]


def _generations(numbers: tuple[int, ...]) -> str:
    words = ", ".join(map(str, numbers))
    return f"Generation {words}" if len(numbers) == 1 else f"Generations {words}"


def _have(numbers: tuple[int, ...]) -> str:
    return "has" if len(numbers) == 1 else "have"


_RULE = "≡≡≡ {} ≡≡≡"
_SECTIONS = ("landing", "theme", "difficulty", "input", "response", "consequence")


def ask_editor(before: StoredTriple) -> Edit:
    """The triple in the person's own editor, and what they made of it.

    Raises:
        CommandError: what came back is not what was sent: a heading is gone, or a mark is none.
    """
    was = {
        "landing": before.triple.landing,
        "theme": before.notes.theme,
        "difficulty": "" if before.notes.difficulty is None else str(before.notes.difficulty),
        "input": before.triple.input,
        "response": before.triple.response,
        "consequence": before.triple.consequence,
    }
    form = "".join(f"{_RULE.format(name)}\n{was[name]}\n\n" for name in _SECTIONS)
    try:
        written = click.edit(form, extension=".txt")
    except click.ClickException as error:
        raise CommandError(str(error), "Name another editor in EDITOR.") from None
    if written is None:
        return Edit()
    now = _sections(written)
    changed: dict[str, Any] = {n: now[n] for n in _SECTIONS if now[n] != was[n].strip()}
    if changed.get("landing", "neutral") not in LANDINGS:
        raise CommandError(f"landing {changed['landing']!r} is not one of {', '.join(LANDINGS)}")
    if "difficulty" in changed:
        if changed["difficulty"] not in ("1", "2", "3", "4"):
            raise CommandError("difficulty is not 1 to 4: obvious to subtle")
        changed["difficulty"] = int(changed["difficulty"])
    return Edit(**changed)


def _sections(written: str) -> dict[str, str]:
    rest, found = written, {}
    for name, following in zip(_SECTIONS, (*_SECTIONS[1:], None), strict=True):
        _, heading, rest = rest.partition(_RULE.format(name) + "\n")
        if not heading:
            raise CommandError(
                f"the heading of {name} is gone, so nothing was changed", "Leave the ≡≡≡ lines."
            )
        end = rest.find(_RULE.format(following)) if following else len(rest)
        found[name] = rest[: end if end >= 0 else len(rest)].strip()
    return found
