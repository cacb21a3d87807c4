"""What a person types into a search box, as a query that the full-text index accepts.

FTS5 has a query language in which `don't`, `self-harm`, `*` and `AND` are syntax. Nobody
who searches their own words means any of it, so every word is quoted.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')


def fts_query(typed: str, whole: bool = False) -> str:
    """An FTS5 query for all the words typed; empty if there are no words in it.

    `"in quotes"` stays a phrase. The last word, unless quoted, also matches longer words
    that begin with it, so that a search finds something while it is being typed; with `whole`
    it does not.
    """
    terms = [
        (phrase or word, bool(word))
        for phrase, word in _TERM.findall(storable(typed))
        if any(character.isalnum() for character in phrase or word)
    ]
    if not terms:
        return ""
    quoted = [f'"{term}"' for term, _ in terms]
    _, unquoted = terms[-1]
    return " AND ".join(quoted) + ("*" if unquoted and not whole else "")


def storable(typed: str) -> str:
    """Text that SQLite takes: without NULs and halves of UTF-16 pairs."""
    return typed.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def words_of(text: str) -> list[str]:
    """The words of a text as the index has them: runs of letters and digits, in small letters."""
    return _WORD.findall(storable(text).casefold())
