"""Sessions that happened at times of the test's choosing, as events and in a store."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any

from tear_core.engine.messages import Sampling
from tear_core.store import Store, sessions
from tear_core.turn import Event, Kind

START = datetime(2026, 3, 1, 9, 30, tzinfo=timezone.utc)
THEN = "She laughed, and sat down again, and played the first four bars of it twice."


def at(moment: float, kind: Kind, turn: int = 1, **data: Any) -> Event:
    """Something that happened so many seconds after the start."""
    return Event(kind, turn, data, (START + timedelta(seconds=moment)).isoformat())


def written(
    moment: float, kind: Kind, turn: int, text: str, seconds: float = 0.0, **data: Any
) -> Event:
    """A section that was whole at that moment."""
    facts = {"candidate": 0, "tokens": len(text.split()), "seed": 7, "sampling": asdict(Sampling())}
    return at(moment, kind, turn, **{**facts, "text": text, "seconds": seconds, **data})


def lived(turn: int = 1, start: float = 0.0, blind: bool = False, scene: str = THEN) -> list[Event]:
    """A turn of 12 seconds that was witnessed, and learned a minute later in generation `turn`."""
    said, kept, by = f"Which song was it, {turn}?", f"T{turn}", {"generation": turn - 1}
    return [
        at(start, "input", turn, text=f"I play badly, {turn} times a day.", blind=blind),
        written(start + 4, "draft", turn, said, 3.0, **by),
        written(start + 6, "scene", turn, scene, 2.0, **by),
        written(start + 6, "response", turn, said, **by),
        at(start + 10, "take", turn, candidate=0),
        at(start + 12, "author", turn, triple=kept, consequence="She did.", landing="healed",
           saw_prediction=not blind),
        at(start + 12.5, "surprise", turn, triple=kept, nats_per_token=3.25, generation=turn - 1),
        at(start + 72, "learned", turn, triple=kept, generation=turn),
    ]  # fmt: skip


def keep(store: Store, events: Iterable[Event], title: str = "Piano") -> str:
    """Write a session with its own times; returns its id."""
    session = sessions.create(store, title).id
    with store.write() as connection:
        connection.executemany(
            "INSERT INTO events (session_id, turn, kind, data, at) VALUES (?, ?, ?, ?, ?)",
            [(session, e.turn, e.kind, json.dumps(dict(e.data)), e.at) for e in events],
        )
    return session
