"""`tear-tui import`: triples from files of any known format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from tear_core.corpus.formats import FORMATS, Format
from tear_core.corpus.importing import Wanted, import_file
from tear_tui.cli.output import CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import store_of, tell_engine

SHOWN_SKIPS = 20

_EVERY = 20_000
"""Rows between two words about how far it is."""


def import_files(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)],
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Learn from them; otherwise they wait unreviewed."),
    ] = False,
    format: Annotated[
        Format | None,
        typer.Option(help=f"One of {', '.join(FORMATS)}; else found by looking.", metavar="NAME"),
    ] = None,
    source: Annotated[str, typer.Option(help="Where they are from, if they do not say.")] = "",
    licence: Annotated[str, typer.Option(help="Their licence, if they do not say.")] = "",
    consent: Annotated[
        str, typer.Option(help="Who agreed to what, of those whose words they are.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, and change nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import triples: our JSON lines, The Tear, ShareGPT, OpenAI messages, TRL, Karma Electric's
    training.db, ChatGPT and Claude account exports (zip or folder); .gz and .xz too.

    What cannot be read is named and skipped. The same words are kept once, so a file can be
    imported again. In a chat the next human turn is the consequence of a reply.
    """
    for path in files:
        if not path.exists():
            raise CommandError(f"there is no file {path}")
    wanted = Wanted(format, accept, source, licence, consent, dry_run)
    total: dict[str, Any] = {"read": 0, "added": 0, "duplicates": 0, "skipped": []}
    with store_of(ctx) as store:
        for path in files:
            result = import_file(store, path, wanted, _progress(path))
            _add(total, result, {"file": str(path)} if len(files) > 1 else {})
    if accept and not dry_run:
        tell_engine(ctx)
    if json:
        emit_json(total)
        return
    for skip in total["skipped"][:SHOWN_SKIPS]:
        narrate(
            f"{skip.get('file', files[0])}:{skip.get('line', skip.get('path'))}: {skip['reason']}"
        )
    if len(total["skipped"]) > SHOWN_SKIPS:
        narrate(f"... and {len(total['skipped']) - SHOWN_SKIPS} more lines.")
    emit_text(_sentence(total))
    if total["added"] and not accept and not dry_run:
        narrate("They are unreviewed and not learned from: see `tear-tui triples review`.")


def _add(total: dict[str, Any], result: dict[str, Any], where: dict[str, str]) -> None:
    for name, value in result.items():
        if name == "skipped":
            total[name] += [{**skip, **where} for skip in value]
        elif isinstance(value, dict):
            counts = total.setdefault(name, {})
            for kind, n in value.items():
                counts[kind] = counts.get(kind, 0) + n
        elif isinstance(value, int) and not isinstance(value, bool):
            total[name] = total.get(name, 0) + value
        else:
            total[name] = value


def _sentence(total: dict[str, Any]) -> str:
    skipped = len(total["skipped"]) + total.get("skipped_unnamed", 0)
    said = (
        f"read {total['read']}, added {total['added']},"
        f" duplicates {total['duplicates']}, skipped {skipped}"
    )
    if total.get("repaired"):
        said += f", mended the encoding of {total['repaired']} texts"
    left = ", ".join(
        f"{n} {name.replace('_', ' ')}" for name, n in total.get("left_out", {}).items()
    )
    if left:
        said += f"; left out {left}"
    return f"dry run, nothing was kept: {said}" if total.get("dry_run") else said


def _progress(path: Path) -> Callable[[dict[str, Any]], None]:
    said = 0

    def tell(result: dict[str, Any]) -> None:
        nonlocal said
        if result["read"] - said >= _EVERY:
            said = result["read"]
            narrate(f"{path}: read {said}, added {result['added']}")

    return tell
