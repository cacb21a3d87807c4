"""The places of the app, in the order in which their numbers call them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tear_core.settings import Settings
from tear_core.store import Store
from tear_tui.autosave import Autosave
from tear_tui.engine_link import EngineLink

CONVERSE = "converse"


@dataclass(slots=True)
class Shared:
    """What every place works on. `settings` are those in force; the settings place changes them."""

    home: Path
    store: Store
    link: EngineLink
    autosave: Autosave
    settings: Settings


@dataclass(frozen=True, slots=True)
class Place:
    """Where one can go: its name, and what it is for."""

    name: str
    help: str


PLACES: tuple[Place, ...] = (
    Place("replay", "A session again, its scenes beside today's"),
    Place("triples", "All triples: find, review, edit, take back"),
    Place("learning", "How learning goes; pause it, stop it, say when"),
    Place("generations", "What was learned: compare, label, roll back"),
    Place("settings", "Every setting and key, and what fits here"),
)
"""All places but the conversation, which is number 1 and always there."""


def names() -> tuple[str, ...]:
    """Every place's name; a place's number is where it stands here, from 1."""
    return (CONVERSE, *(place.name for place in PLACES))


def titles() -> list[tuple[int, str, str]]:
    """Number, name and purpose of every place."""
    talk = (CONVERSE, "Talk with the model, and write what happened")
    told = (talk, *((place.name, place.help) for place in PLACES))
    return [(number, name, help) for number, (name, help) in enumerate(told, start=1)]
