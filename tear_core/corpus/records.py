"""What every reader gives: a triple found in a file, or a record that is none and why."""

from __future__ import annotations

from typing import Any, NamedTuple

from tear_core.store.triple_rows import NO_NOTES, Notes
from tear_core.triples import LANDINGS, Landing, Triple

MAX_TRIPLE_CHARACTERS = 1 << 20
"""A longer triple is refused: nobody's words are a megabyte."""


class BadRecord(ValueError):
    """A record that is not a triple; the message says why, for a person."""


class Row(NamedTuple):
    """A triple that was found, or what is wrong with a record.

    Attributes:
        line: where it stands: a line's number from 1, or a path like `conversations.json[3]`.
        source: where the record itself says it is from.
        exact: the record has a hash of its words, and they are still those: mend nothing.
    """

    line: int | str
    triple: Triple | None
    source: str | None
    reason: str = ""
    notes: Notes = NO_NOTES
    exact: bool = False


def skipped(line: int | str, reason: str) -> Row:
    return Row(line, None, None, reason)


def text_of(data: Any, key: str) -> str:
    """The text under a key.

    Raises:
        BadRecord: there is none, or it is no text.
    """
    if key not in data:
        raise BadRecord(f"{key} is missing")
    if not isinstance(data[key], str):
        raise BadRecord(f"{key} is not text")
    return str(data[key])


def landing_of(given: Any, otherwise: Landing) -> Landing:
    """A landing that a record names, or another where it names none."""
    return next((each for each in LANDINGS if each == given), otherwise)


def notes_of(data: dict[str, Any]) -> Notes:
    """What a record of ours notes beside its words. A note of another shape is passed over."""

    def word(key: str) -> str:
        given = data.get(key)
        return given if isinstance(given, str) and is_storable(given) else ""

    difficulty = data.get("difficulty")
    whole = isinstance(difficulty, int) and not isinstance(difficulty, bool)
    return Notes(
        licence=word("licence") or word("license"),
        consent=word("consent"),
        theme=word("theme") or word("category"),
        difficulty=difficulty if whole and 1 <= int(difficulty or 0) <= 4 else None,
        culture=word("culture"),
        pair=word("pair"),
        origin=word("id"),
    )


def is_storable(text: str) -> bool:
    """Whether SQLite takes it: no NUL, no half of a UTF-16 pair."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
