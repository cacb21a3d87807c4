"""What changed from one text to another, word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

WORDS = re.compile(r"\w+(?:['’-]\w+)*|\s+|[^\w\s]")
LONG = 2_000
"""Beyond so many words the comparison takes frequent ones for granted: it would take too long."""

Kind = Literal["same", "then", "now"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that stand in both texts, or in only one of them."""

    kind: Kind
    text: str


def difference(then: str, now: str) -> tuple[Piece, ...]:
    """The two texts as one run of pieces: those of `then` and `same` make up the one, those of
    `now` and `same` the other.
    """
    old, new = WORDS.findall(then), WORDS.findall(now)
    matcher = SequenceMatcher(None, old, new, autojunk=max(len(old), len(new)) > LONG)
    pieces: list[Piece] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(Piece("then", "".join(old[a:b])))
        if d > c:
            pieces.append(Piece("now", "".join(new[c:d])))
    return _joined(pieces)


def kept(pieces: Sequence[Piece]) -> tuple[int, int]:
    """How many words of the longer text stand in both, and how many it has."""
    counts = dict.fromkeys(("same", "then", "now"), 0)
    for piece in pieces:
        counts[piece.kind] += sum(1 for word in WORDS.findall(piece.text) if word[0].isalnum())
    return counts["same"], counts["same"] + max(counts["then"], counts["now"])


def signed(piece: Piece) -> str:
    """A piece so that it can be told without colours: `[-gone-]` or `{+new+}`."""
    inner = piece.text.strip()
    if piece.kind == "same" or not inner:
        return piece.text
    before, after = ("[-", "-]") if piece.kind == "then" else ("{+", "+}")
    lead = piece.text[: len(piece.text) - len(piece.text.lstrip())]
    return f"{lead}{before}{inner}{after}{piece.text[len(lead) + len(inner) :]}"


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Changes with nothing but white space between them are one change."""
    done: list[Piece] = []
    then = now = ""
    for index, piece in enumerate(pieces):
        blank = piece.kind == "same" and not piece.text.strip()
        if blank and (then or now) and index + 1 < len(pieces):
            then, now = then + piece.text, now + piece.text
        elif piece.kind == "then":
            then += piece.text
        elif piece.kind == "now":
            now += piece.text
        else:
            done += _changes(then, now)
            done.append(piece)
            then = now = ""
    return (*done, *_changes(then, now))


def _changes(then: str, now: str) -> list[Piece]:
    kinds: tuple[tuple[Kind, str], ...] = (("then", then), ("now", now))
    return [Piece(kind, text) for kind, text in kinds if text]
