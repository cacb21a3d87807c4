"""Saving what really happened: the triple and the session's event, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tear_core.store import sessions, triples
from tear_core.store.database import Store
from tear_core.store.ids import now
from tear_core.store.triple_rows import StoredTriple, move
from tear_core.triples import Triple
from tear_core.turn import Event, Kind, NotNow, Turn, follow_up


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What `author` wrote: the triple, and the events to advance a held conversation with."""

    triple: StoredTriple
    events: tuple[Event, ...]


def author(  # noqa: PLR0913 - facts about one triple, all named
    store: Store,
    session_id: str,
    turn_number: int,
    triple: Triple,
    *,
    saw_prediction: bool = True,
    blind: bool | None = None,
    predicted: str | None = None,
    predicted_by: int | None = None,
    source: str = "session",
    started_from: str | None = None,
) -> Witnessed:
    """Keep the consequence that the researcher wrote for a turn. It is pending afterwards.

    Written again with other words, the turn's earlier triple is set aside: rejected if it
    was still waiting, retracted if it was learned. Written again with the same words, it
    stays the same triple with the new landing, and is learned again only if that changed.

    Args:
        saw_prediction: the prediction was on the screen before the scene was saved.
        blind: the prediction was hidden while the scene was written; else as the turn says.
        predicted: the scene that was foreseen, by generation `predicted_by` (0: the base);
            else as the turn's log says.
        started_from: the triple whose scene the researcher began this one with.

    Raises:
        StoreError: no such session, or words that cannot be kept.
        NotNow: nothing has been said in this turn yet. Nothing is written then.
    """
    with store.write():
        turn = sessions.turn(store, session_id, turn_number)
        if turn is None:
            raise NotNow(f"there is no turn {turn_number} in this session")
        blind = turn.blind if blind is None else blind
        if predicted is None and turn.said is not None and turn.said.scene is not None:
            predicted, predicted_by = turn.said.scene, turn.said.generation
        kept, new = triples.add(
            store,
            triple,
            source=source,
            status="pending",
            session=session_id,
            turn=turn_number,
            predicted=predicted,
            predicted_by=predicted_by,
            blind=blind,
        )
        data = {
            "triple": kept.id,
            "consequence": triple.consequence,
            "landing": triple.landing,
            "blind": blind,
            "saw_prediction": saw_prediction,
        }
        if started_from is not None:
            data["started_from"] = started_from
        event = Event("author", turn_number, data)
        follow_up(turn, event)  # raises before anything is written for good
        if not new:
            kept = _again(store, kept, triple)
        _set_aside(store, turn, kept.id, session_id)
        written = [sessions.append(store, session_id, event)]
        for kind, known in _already_known(kept):
            follow = Event(kind, turn_number, {"triple": kept.id, **known})
            written.append(sessions.append(store, session_id, follow))
    return Witnessed(kept, tuple(written))


def retell(store: Store, told: str, instead: str) -> None:
    """Tell the turns that show triple `told` what holds now: the words of triple `instead`.

    Both may be the same triple, after an edit or an undo. Turns that have moved on to another
    triple are left alone.
    """
    kept = triples.get(store, instead)
    rows = store.connection.execute(
        "SELECT DISTINCT session_id, turn FROM events WHERE kind = 'author'"
        " AND json_extract(data, '$.triple') = ? ORDER BY session_id, turn",
        (told,),
    ).fetchall()
    for row in rows:
        turn = sessions.turn(store, row["session_id"], row["turn"])
        if turn is None or turn.triple != told:
            continue
        data = {
            "triple": kept.id,
            "consequence": kept.triple.consequence,
            "landing": kept.triple.landing,
            "blind": kept.blind,
            "saw_prediction": turn.saw_prediction,
        }
        if turn.started_from is not None:
            data["started_from"] = turn.started_from
        known: list[tuple[Kind, dict[str, Any]]] = [("author", data)]
        known += [(kind, {"triple": kept.id, **each}) for kind, each in _already_known(kept)]
        if kept.status == "retracted":
            known.append(("retract", {"triple": kept.id}))
        for kind, each in known:
            sessions.append(store, row["session_id"], Event(kind, turn.number, each))


def _again(store: Store, kept: StoredTriple, triple: Triple) -> StoredTriple:
    """The same words once more: the marks on them may be new, and they count again."""
    marks = (triple.landing, triple.order)
    changed = marks != (kept.triple.landing, kept.triple.order)
    if changed:
        store.connection.execute(
            "UPDATE triples SET landing = ?, witness_order = ?, updated_at = ? WHERE id = ?",
            (*marks, now(), kept.id),
        )
    if changed or kept.status != "learned":
        move(store.connection, kept.id, "pending", "authored again", "researcher")
    return triples.get(store, kept.id)


def _set_aside(store: Store, turn: Turn, kept: str, session_id: str) -> None:
    """Take back what this turn was said to have led to before it was rewritten."""
    if turn.triple in (None, kept):
        return
    old = triples.get(store, str(turn.triple))
    if (old.session, old.turn) != (session_id, turn.number):
        return  # another turn, or an import, had these words first: they are not ours to drop
    if old.status == "pending":
        move(store.connection, old.id, "rejected", "rewritten", "researcher")
    elif old.status == "learned":
        move(store.connection, old.id, "retracted", "rewritten", "researcher")


def _already_known(kept: StoredTriple) -> list[tuple[Kind, dict[str, Any]]]:
    """What the log of this turn does not say yet about words that were kept before."""
    known: list[tuple[Kind, dict[str, Any]]] = []
    if kept.surprise is not None:
        measured = {"nats_per_token": kept.surprise, "tokens": kept.surprise_tokens}
        known.append(("surprise", {**measured, "generation": kept.surprise_generation}))
    if kept.status == "learned" and kept.generations:
        known.append(("learned", {"generation": kept.generations[-1]}))
    return known
