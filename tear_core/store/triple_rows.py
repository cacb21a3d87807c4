"""A triple as a row of the database and back: what `triples`, `witnessing` and imports share.

These functions take a connection with an open transaction; `triples` is for everybody else.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from tear_core.store.database import StoreError
from tear_core.store.ids import new_id, now
from tear_core.triples import Draft, Exchange, Triple

Status = Literal["unreviewed", "pending", "learned", "rejected", "retracted", "too_long"]
STATUSES: tuple[Status, ...] = get_args(Status)


MACHINES = ("tear-tui", "learner")
"""Who is no person. What they do to a triple belongs to no change, and is not undone."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What is noted beside a triple's words. Empty: nobody said.

    Attributes:
        consent: of the people whose words these are, e.g. "written by the author".
        difficulty: from 1, obvious, to 4, subtle.
        culture: where it matters to what happened.
        pair: triples with the same word here belong together.
        origin: the id that it had where it came from.
    """

    licence: str = ""
    consent: str = ""
    theme: str = ""
    difficulty: int | None = None
    culture: str = ""
    pair: str = ""
    origin: str = ""


NO_NOTES = Notes()


@dataclass(frozen=True, slots=True)
class StoredTriple:
    """A triple and what is known about it.

    Attributes:
        source: where it came from, e.g. "session", "cli", a file's name.
        session: the session it was authored in, and `turn` there.
        predicted: the scene the model foresaw, and `predicted_by`, the generation that did.
        blind: the prediction was hidden while the scene was written.
        surprise: nats per token under generation `surprise_generation`, before learning.
        generations: numbers of the generations that have seen it, in order.
    """

    id: str
    triple: Triple
    status: Status
    source: str
    session: str | None
    turn: int | None
    predicted: str | None
    predicted_by: int | None
    blind: bool
    surprise: float | None
    surprise_tokens: int | None
    surprise_generation: int | None
    generations: tuple[int, ...]
    created_at: str
    notes: Notes = NO_NOTES


SELECT = """
    SELECT triples.*, (SELECT group_concat(generation) FROM exposures
                       WHERE triple_id = triples.id) AS generations
    FROM triples
"""


def insert(
    connection: sqlite3.Connection,
    triple: Triple,
    *,
    source: str,
    status: Status,
    notes: Notes = NO_NOTES,
) -> str | None:
    """Add a triple; returns its id. None: these words are there already."""
    triple_id, at = new_id(), now()
    draft = triple.draft and {"response": triple.draft.response, "scene": triple.draft.scene}
    new = connection.execute(
        "INSERT INTO triples (id, input, response, consequence, landing, witness_order, context,"
        " draft, content_hash, status, source, licence, consent, theme, difficulty, culture, pair,"
        " origin, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (content_hash) DO NOTHING",
        (
            triple_id,
            triple.input,
            triple.response,
            triple.consequence,
            triple.landing,
            triple.order,
            json.dumps([[past.input, past.response] for past in triple.context]),
            json.dumps(draft) if draft else None,
            triple.content_hash,
            status,
            source,
            notes.licence,
            notes.consent,
            notes.theme,
            notes.difficulty,
            notes.culture,
            notes.pair,
            notes.origin,
            at,
            at,
        ),
    ).rowcount
    if not new:
        return None
    record_status(connection, triple_id, None, status, f"added: {source}", "tear-tui")
    return triple_id


def move(
    connection: sqlite3.Connection,
    triple_id: str,
    status: Status,
    why: str,
    who: str,
    change: str | None = None,
) -> bool:
    """Take one triple to a status. False: it had it already.

    `change` names what this is a part of, if it can be undone (see `changes`).

    Raises:
        StoreError: there is no such triple.
    """
    row = connection.execute("SELECT status FROM triples WHERE id = ?", (triple_id,)).fetchone()
    if row is None:
        raise StoreError(f"there is no triple {triple_id!r}", "See `tear-tui triples list`.")
    if row["status"] == status:
        return False
    connection.execute(
        "UPDATE triples SET status = ?, updated_at = ? WHERE id = ?", (status, now(), triple_id)
    )
    record_status(connection, triple_id, row["status"], status, why, who, change=change)
    return True


def text_problem(triple: Triple) -> str | None:
    """Why these words cannot be kept: a NUL, or half a UTF-16 pair. None: they can."""
    texts = [("input", triple.input), ("response", triple.response)]
    texts.append(("consequence", triple.consequence))
    for past in triple.context:
        texts += [("context", past.input), ("context", past.response)]
    if triple.draft:
        texts += [("draft", triple.draft.response), ("draft", triple.draft.scene)]
    for name, text in texts:
        if "\0" in text:
            return f"{name} has a NUL character in it"
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return f"{name} is not valid Unicode text"
    return None


def stored(row: sqlite3.Row) -> StoredTriple:
    draft = json.loads(row["draft"]) if row["draft"] else None
    triple = Triple(
        input=row["input"],
        response=row["response"],
        consequence=row["consequence"],
        landing=row["landing"],
        order=row["witness_order"],
        context=tuple(Exchange(*past) for past in json.loads(row["context"])),
        draft=Draft(**draft) if draft else None,
    )
    seen = (row["generations"] or "").split(",")
    return StoredTriple(
        id=row["id"],
        triple=triple,
        status=row["status"],
        source=row["source"],
        session=row["session_id"],
        turn=row["turn"],
        predicted=row["predicted"],
        predicted_by=row["predicted_by"],
        blind=bool(row["blind"]),
        surprise=row["surprise"],
        surprise_tokens=row["surprise_tokens"],
        surprise_generation=row["surprise_generation"],
        generations=tuple(sorted(int(number) for number in seen if number)),
        created_at=row["created_at"],
        notes=Notes(**{name: row[name] for name in _NOTES}),
    )


_NOTES = tuple(field.name for field in fields(Notes))


def record_status(  # noqa: PLR0913 - a row of the history, all of it named
    connection: sqlite3.Connection,
    triple_id: str,
    old: str | None,
    new: str,
    why: str,
    who: str,
    *,
    change: str | None = None,
    undoes: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down that a triple changed its status, or with `before` and `after` its columns."""
    connection.execute(
        "INSERT INTO triple_history (triple_id, from_status, to_status, why, who, at, change,"
        " undoes, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            triple_id,
            old,
            new,
            why,
            who,
            now(),
            change,
            undoes,
            None if before is None else json.dumps(dict(before)),
            None if after is None else json.dumps(dict(after)),
        ),
    )


MEASURED = ("surprise", "surprise_tokens", "surprise_generation")
"""Of these words: new words have none yet, and the old ones get theirs back."""


def write_columns(
    connection: sqlite3.Connection, triple_id: str, values: Mapping[str, Any]
) -> None:
    """Set columns of a triple; names that are no columns are passed over.

    Raises:
        StoreError: another triple has these words.
    """
    real = {name: value for name, value in values.items() if name != "replaces"}
    real["updated_at"] = now()
    try:
        connection.execute(
            f"UPDATE triples SET {', '.join(f'{name} = ?' for name in real)} WHERE id = ?",
            (*real.values(), triple_id),
        )
    except sqlite3.IntegrityError:
        same = connection.execute(
            "SELECT id FROM triples WHERE content_hash = ?", (real.get("content_hash"),)
        ).fetchone()
        if same is None:
            raise
        raise StoreError(f"these words are there already, as triple {same['id']}") from None
