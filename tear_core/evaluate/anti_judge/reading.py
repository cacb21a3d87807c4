"""A text as it is meant: letters without their disguises, and the way back to where they stood.

`k1ll`, `k.i.l.l`, Cyrillic letters that look Latin, full-width letters, letters of zero width
between others: a reader sees through them, so patterns must. Runs of white space are one space,
a blank line is one newline.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_LOOKALIKES = str.maketrans(
    {  # Cyrillic, Armenian and Greek letters, and the signs that stand for an apostrophe
        **dict(zip("аеорсухіѕјԁһьѵӏ", "aeopcyxisjdhbvl", strict=True)),
        **dict(zip("օոսհ", "onuh", strict=True)),
        **dict(zip("αεοριυνκτ", "aeopiuvkt", strict=True)),
        **dict.fromkeys("’‘ʼ´′", "'"),
        "ı": "i",
    }
)
_DIGITS = str.maketrans("013457@$!", "oieastasi")
_HIDDEN = frozenset("\u00ad\u034f\u180e\u200b\u200c\u200d\u2060\ufeff")
_LEET = re.compile(r"(?<=[a-z])[013457@$!](?=[a-z])")
_SPACED = re.compile(r"(?<![a-z0-9])[a-z]([ .\-_*|])[a-z](?:\1[a-z]){2,60}(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text for matching. `at[i]` is where its i-th character stands in the original."""

    text: str
    at: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the original that a match stands for."""
        return self.at[start], self.at[end - 1] + 1


def read(text: str) -> Reading:
    """Lower case, no accents, no disguises. Takes time in proportion to the text."""
    folded = _fold(text)
    plain = _LEET.sub(lambda found: found.group().translate(_DIGITS), folded.text)
    return _joined(plain, _one_space(plain), folded.at)


def _fold(text: str) -> Reading:
    if text.isascii():
        return Reading(text.lower(), range(len(text)))
    letters: list[str] = []
    at: list[int] = []
    for place, letter in enumerate(text):
        if letter in _HIDDEN:
            continue
        for piece in unicodedata.normalize("NFKD", letter).casefold().translate(_LOOKALIKES):
            if not unicodedata.combining(piece):
                letters.append(piece)
                at.append(place)
    return Reading("".join(letters), at)


def _one_space(text: str) -> list[tuple[int, int, str]]:
    """(start, end, what stands there instead) for white space and for spelled-out words."""
    changes = [
        (found.start(), found.end(), "\n" if found.group().count("\n") > 1 else " ")
        for found in re.finditer(r"\s+", text)
        if found.group() not in (" ",)
    ]
    for found in _SPACED.finditer(text):
        first = found.start()
        changes += [(i, i + 1, "") for i in range(first + 1, found.end(), 2)]
    return sorted(changes)


def _joined(text: str, changes: Sequence[tuple[int, int, str]], at: Sequence[int]) -> Reading:
    if not changes:
        return Reading(text, at)
    letters: list[str] = []
    places: list[int] = []
    done = 0
    for start, end, instead in changes:
        if start < done:
            continue
        letters.append(text[done:start])
        places.extend(at[done:start])
        letters.append(instead)
        places.extend([at[start]] * len(instead))
        done = end
    letters.append(text[done:])
    places.extend(at[done:])
    return Reading("".join(letters), places)
