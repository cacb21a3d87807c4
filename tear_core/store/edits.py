"""Editing a triple: its words, its landing, what is noted beside it.

Words that no generation has seen are changed where they are. Those that were learned stay as
they were, since a generation speaks of them: the edited triple is a new one, and the old one is
retracted.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from tear_core.store.database import Store, StoreError
from tear_core.store.ids import new_id
from tear_core.store.triple_rows import (
    MEASURED,
    StoredTriple,
    insert,
    move,
    record_status,
    text_problem,
    write_columns,
)
from tear_core.store.triples import get
from tear_core.store.witnessing import retell
from tear_core.triples import Landing, Triple

WORDS = ("input", "response", "consequence")
NOTED = ("theme", "difficulty", "culture", "licence", "consent")


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be different; None stays as it is."""

    input: str | None = None
    response: str | None = None
    consequence: str | None = None
    landing: Landing | None = None
    theme: str | None = None
    difficulty: int | None = None
    culture: str | None = None
    licence: str | None = None
    consent: str | None = None


def edit(
    store: Store, triple_id: str, wanted: Edit, why: str = "edited", who: str = "researcher"
) -> StoredTriple:
    """Change a triple; returns it as it is now, which may be another one (see above).

    Words with nothing different are no change. One that was learned is pending again when its
    landing or its words changed.

    Raises:
        StoreError: no such triple; words that cannot be; words that another triple has; the
            input or response of a session's triple, which are what was said there.
    """
    with store.write():
        old = get(store, triple_id)
        new, noted = _edited(old, wanted)
        words = new.content_hash != old.triple.content_hash
        landing = new.landing != old.triple.landing
        if not (words or landing or noted):
            return old
        if words and old.session and _said(old.triple) != _said(new):
            raise StoreError(
                "input and response are what was said in a session; they cannot be edited",
                "The consequence, the landing and the notes can.",
            )
        if words and old.generations:
            kept = _made_anew(store, old, new, noted, why, who)
        else:
            kept = _in_place(store, old, new, noted, why, who)
        if words or landing:
            retell(store, old.id, kept)
        return get(store, kept)


def _edited(old: StoredTriple, wanted: Edit) -> tuple[Triple, dict[str, Any]]:
    """The triple as wanted, and the notes that differ."""
    given = {each.name: getattr(wanted, each.name) for each in fields(Edit)}
    given = {name: value for name, value in given.items() if value is not None}
    difficulty = given.get("difficulty", 1)
    if not 1 <= difficulty <= 4:
        raise StoreError(f"difficulty {difficulty} is not 1 to 4: obvious to subtle")
    notes = asdict(old.notes)
    noted = {name: given.pop(name) for name in NOTED if name in given}
    noted = {name: value for name, value in noted.items() if value != notes[name]}
    try:
        new = replace(old.triple, **given)
    except ValueError as error:
        raise StoreError(str(error)) from None
    problem = text_problem(new) or next(
        (f"{name} is not valid text" for name, value in noted.items() if not _storable(value)), None
    )
    if problem:
        raise StoreError(problem)
    return new, noted


def _storable(value: Any) -> bool:
    text = str(value)
    return "\0" not in text and text == text.encode("utf-8", "replace").decode("utf-8")


def _said(triple: Triple) -> tuple[str, str]:
    return triple.input, triple.response


def _in_place(
    store: Store, old: StoredTriple, new: Triple, noted: dict[str, Any], why: str, who: str
) -> str:
    words = new.content_hash != old.triple.content_hash
    after: dict[str, Any] = {
        name: getattr(new, name)
        for name in (*WORDS, "landing")
        if getattr(new, name) != getattr(old.triple, name)
    }
    status = old.status
    if after and (status == "learned" or (words and status == "too_long")):
        status = "pending"
    before = {name: getattr(old.triple, name) for name in after}
    before |= {name: getattr(old.notes, name) for name in noted}
    after |= noted
    if words:
        before |= {name: getattr(old, name) for name in MEASURED}
        before["content_hash"] = old.triple.content_hash
        after |= dict.fromkeys(MEASURED)
        after["content_hash"] = new.content_hash
    write_columns(store.connection, old.id, {**after, "status": status})
    record_status(
        store.connection,
        old.id,
        old.status,
        status,
        why,
        who,
        change=new_id(),
        before=before,
        after=after,
    )
    return old.id


def _made_anew(
    store: Store, old: StoredTriple, new: Triple, noted: dict[str, Any], why: str, who: str
) -> str:
    connection, change = store.connection, new_id()
    made = insert(
        connection,
        new,
        source=old.source,
        status="pending",
        notes=replace(old.notes, **noted),
    )
    if made is None:
        raise StoreError("these words are there already, as another triple")
    connection.execute(
        "UPDATE triples SET session_id = ?, turn = ?, predicted = ?, predicted_by = ?, blind = ?"
        " WHERE id = ?",
        (old.session, old.turn, old.predicted, old.predicted_by, int(old.blind), made),
    )
    # The row that `insert` wrote says that a machine added it; this was a person's edit.
    connection.execute(
        "UPDATE triple_history SET why = ?, who = ?, change = ?, after = ? WHERE triple_id = ?",
        (why, who, change, json.dumps({"replaces": old.id}), made),
    )
    move(connection, old.id, "retracted", f"{why}: it is {made} now", who, change)
    return made
