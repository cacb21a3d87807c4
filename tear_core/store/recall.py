"""What a person has written before, to be found again: what they said, and their scenes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from tear_core.store.database import Store
from tear_core.store.search_terms import storable, words_of

MOST = 500
"""Different texts that are handed out at once."""

TELLING_WORDS = 12
"""So many words of a response, its longest, are looked for in others to find those like it."""

SHORTEST_TELLING = 4


@dataclass(frozen=True, slots=True)
class Earlier:
    """Something written before, and when. `triple`: the one it is the scene of."""

    text: str
    at: str
    triple: str | None = None


def prompts(store: Store, words: str = "", limit: int = MOST) -> list[Earlier]:
    """What was said to the model, in any session, newest first and each text once.

    `words`: only what has all of them in it, in capitals or not.
    """
    rows = store.connection.execute(
        "SELECT json_extract(data, '$.text') AS text, at, NULL AS triple FROM events"
        " WHERE kind = 'input' ORDER BY seq DESC"
    )
    return _first(rows, words, limit)


def scenes(store: Store, words: str = "", limit: int = MOST) -> list[Earlier]:
    """What the researcher wrote as really having happened, newest first and each text once."""
    return _first(store.connection.execute(f"{_SCENES} ORDER BY seq DESC"), words, limit)


def scenes_like(store: Store, response: str, limit: int = MOST) -> list[Earlier]:
    """The researcher's scenes, those first whose responses share most words with this one.

    The likeness is that of the full-text index (bm25) over the longest words of the response;
    all other scenes follow, newest first.
    """
    telling = sorted(
        {word for word in words_of(response) if len(word) >= SHORTEST_TELLING}, key=_long_first
    )
    query = " OR ".join(f'response : "{word}"' for word in telling[:TELLING_WORDS])
    like: list[Earlier] = []
    if query:
        rows = store.connection.execute(
            "SELECT triples.consequence AS text, created_at AS at, id AS triple FROM triples_fts"
            " JOIN triples ON triples.seq = triples_fts.rowid"
            f" WHERE triples_fts MATCH ? AND {_THEIRS} ORDER BY rank, triples.seq DESC LIMIT ?",
            (query, limit),
        )
        like = _first(rows, "", limit)
    known = {each.text for each in like}
    others = (each for each in scenes(store, limit=limit) if each.text not in known)
    return [*like, *others][:limit]


_THEIRS = "source = 'session' AND status NOT IN ('rejected', 'retracted')"
_SCENES = f"""
    SELECT consequence AS text, created_at AS at, id AS triple FROM triples WHERE {_THEIRS}
"""


def _long_first(word: str) -> tuple[int, str]:
    return -len(word), word


def _first(rows: Iterable[sqlite3.Row], words: str, limit: int) -> list[Earlier]:
    wanted = storable(words).casefold().split()
    found: dict[str, Earlier] = {}
    for row in rows:
        text = row["text"] or ""
        if text.strip() and text not in found and all(each in text.casefold() for each in wanted):
            found[text] = Earlier(text, row["at"], row["triple"])
            if len(found) == limit:
                break
    return list(found.values())
