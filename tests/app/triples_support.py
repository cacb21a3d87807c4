"""What the tests of the triples' place share: going there, and reading what stands there."""

from __future__ import annotations

from textual.pilot import Pilot

from tear_core.store import Store, generations, triples
from tear_core.store.triples import Notes, StoredTriple
from tear_core.triples import Landing, Triple
from tear_tui.app import TearApp
from tear_tui.screens.triples import TriplesScreen
from tests.app.support import wait_until
from tests.store.made import generation


async def at_triples(pilot: Pilot[int], **what: object) -> TriplesScreen:
    """Go to the triples and wait until the list is there."""
    app = pilot.app
    assert isinstance(app, TearApp)
    await app.go("triples", **what)
    screen = app.screen
    assert isinstance(screen, TriplesScreen)
    await wait_until(pilot, lambda: not screen._fresh)
    return screen


async def find(pilot: Pilot[int], typed: str) -> None:
    """Put something else into the filter line, and wait for what it finds."""
    place = the_place(pilot)
    place.find(typed)
    await wait_until(pilot, lambda: not place._fresh)


def the_place(pilot: Pilot[int]) -> TriplesScreen:
    screen = pilot.app.screen
    assert isinstance(screen, TriplesScreen)
    return screen


def add(
    store: Store,
    scene: str,
    status: triples.Status = "unreviewed",
    landing: Landing = "neutral",
    *,
    source: str = "letters.jsonl",
    surprise: float | None = None,
    theme: str = "",
) -> StoredTriple:
    """One triple: an input and a response that name its scene, and the scene."""
    words = Triple(f"I asked about {scene}", f"Tell me of {scene}", scene, landing)
    kept, _ = triples.add(store, words, source=source, status=status, notes=Notes(theme=theme))
    if surprise is not None:
        triples.record_surprise(store, kept.id, surprise, 9, 0)
    return kept


def learn(store: Store, *ids: str, parent: int | None = None) -> int:
    """A generation that has seen these."""
    return generations.publish(store, generation(store, parent=parent), list(ids), []).number


def status(store: Store, triple_id: str) -> str:
    return triples.get(store, triple_id).status
