"""Things to put into a store: a turn that was lived, a generation with its folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tear_core.home import generations_folder
from tear_core.store import Store, generations, sessions, triples
from tear_core.store.generations import Generation
from tear_core.store.ids import new_id
from tear_core.store.triples import StoredTriple
from tear_core.triples import Triple
from tear_core.turn import Event


def pending_triple(store: Store, scene: str) -> StoredTriple:
    kept, _ = triples.add(store, Triple("hi", "yo", scene), source="test", status="pending")
    return kept


def lived_turn(store: Store, session_id: str, number: int = 1, *, blind: bool = False) -> Triple:
    """Bring a turn up to where it can be witnessed; returns a triple for it."""
    for event in (
        Event("input", number, {"text": "hello", "blind": blind}),
        Event("draft", number, {"text": "go away", "generation": 2}),
        Event("scene", number, {"text": "he turns pale"}),
        Event("take", number, {"candidate": 0}),
    ):
        sessions.append(store, session_id, event)
    context = sessions.conversation(store, session_id).context(before=number)
    return Triple("hello", "go away", "he wept", "hurt", context=context)


def write_folder(store: Store, name: str) -> tuple[Path, str]:
    """A generation's folder and the hash of its manifest."""
    folder = generations_folder(store.home) / name
    folder.mkdir()
    weights = f"weights of {name}".encode()
    (folder / "adapter.safetensors").write_bytes(weights)
    manifest = json.dumps({"files": {"adapter.safetensors": hashlib.sha256(weights).hexdigest()}})
    (folder / "manifest.json").write_text(manifest)
    return folder, hashlib.sha256(manifest.encode()).hexdigest()


def generation(store: Store, base: str = "nano", parent: int | None = None) -> Generation:
    """A generation with its folder in place, not yet published."""
    name = new_id()
    _, digest = write_folder(store, name)
    return Generation(
        number=generations.next_number(store),
        parent=parent,
        base=base,
        base_fingerprint="f" * 16,
        folder=name,
        manifest_sha256=digest,
        triples=1,
        replayed=0,
        steps=4,
        tokens=200,
        seconds=1.5,
        lambda_=0.3,
        settings={"rank": 16},
        response_before=2.0,
        response_after=1.5,
        consequence_before=3.0,
        consequence_after=None,
    )
