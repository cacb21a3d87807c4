"""What every command about generations shares: which one is meant, and how it is printed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tear_core.store import Store, StoreError
from tear_core.store import generations as stored_generations
from tear_core.store.generations import Generation

Which = Annotated[
    str, typer.Argument(metavar="N|base|live", help="A generation, the base, or what answers.")
]


def configured_base() -> str:
    """The base that the settings name."""
    from tear_core.settings import load_settings

    return load_settings().base


def learned(store: Store, which: str) -> Generation:
    """A generation by its number, or "live".

    Raises:
        StoreError: there is none, or it is the base, which has learned nothing.
    """
    found = stored_generations.get(store, which, configured_base())
    if found is None:
        raise StoreError("the base is no generation: it has learned nothing", "Give a number.")
    return found


def called(number: int) -> str:
    return f"generation {number}" if number else "the base"


def as_json(store: Store, generation: Generation) -> dict[str, Any]:
    """A generation as every command prints it. A parent of null is the base."""
    return {
        "generation": generation.number,
        "id": generation.id,
        "parent": generation.parent,
        "base": generation.base,
        "base_revision": generation.base_revision,
        "triples": generation.triples,
        "replayed": generation.replayed,
        "steps": generation.steps,
        "tokens": generation.tokens,
        "seconds": generation.seconds,
        "lambda": generation.lambda_,
        "response_before": generation.response_before,
        "response_after": generation.response_after,
        "consequence_before": generation.consequence_before,
        "consequence_after": generation.consequence_after,
        "live": stored_generations.live(store, generation.base) == generation.number,
        "folder": generation.folder,
        "created_at": generation.created_at,
        "kind": generation.kind,
        "sources": list(generation.sources),
        "label": generation.label,
        "pinned": generation.pinned,
        "verdict": generation.verdict,
        "removed_at": generation.removed_at,
    }
