"""`tear-tui generations gc`: remove the files of generations that nothing stands on."""

from __future__ import annotations

from typing import Annotated

import typer

from tear_core.store import generations as stored_generations
from tear_core.store.tidying import NEWEST, disposable
from tear_tui.cli.listing import Json
from tear_tui.cli.output import emit_json, emit_table, emit_text, narrate
from tear_tui.cli.root import store_of


def gc(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    keep: Annotated[int, typer.Option(help="So many of the newest stay.", min=0)] = NEWEST,
    json: Json = False,
) -> None:
    """Remove the files of old generations. Their rows stay, and they can be rebuilt.

    What answers or answered last, its parent, and what is pinned or has a label stays.
    """
    with store_of(ctx) as store:
        found = disposable(store, keep)
        if not dry_run:
            for each in found:
                stored_generations.remove(store, each.generation.number)
    freed = sum(each.bytes for each in found)
    if json:
        rows = [{"generation": e.generation.number, "bytes": e.bytes} for e in found]
        emit_json({"removed": not dry_run, "generations": rows, "bytes": freed})
        return
    emit_table(
        ("generation", "base", "made", "MB"),
        [
            (
                each.generation.number,
                each.generation.base,
                each.generation.created_at[:16],
                each.bytes / 1e6,
            )
            for each in found
        ],
    )
    if not found:
        emit_text("there is nothing to remove")
    elif dry_run:
        emit_text(f"{len(found)} would be removed, {freed / 1e6:.1f} MB")
    else:
        emit_text(f"{len(found)} removed, {freed / 1e6:.1f} MB")
        narrate("`tear-tui generations rebuild N` learns one of them again.")
