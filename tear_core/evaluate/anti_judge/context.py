"""What makes a match harmless: quotation, code, and the cues around it (`suppressors.toml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Reach = Literal["clause", "sentence", "after", "around", "region"]
"""Where a cue is looked for, always within the pattern's window: before the match in its clause;
before it in its sentence; right after it; on both sides, whatever the sentences; or, with `region`,
not by a cue at all: the match stands within quotation marks or within code."""

MOSTLY = 0.8
"""A quotation that is nearly the whole text hides what is said and reports nothing."""

_QUOTES = re.compile(
    r'"[^"\n]{1,400}"'
    r"|“[^”\n]{1,400}”|„[^“”\n]{1,400}[“”]|«[^»\n]{1,400}»"
    r"|(?<!\w)'(?=\w)(?:[^'\n]|'(?=\w)){1,400}'(?!\w)"
)
_CODE = re.compile(r"```.{1,4000}?```|`[^`\n]{1,400}`", re.DOTALL)
_OWN_VOICE = re.compile(
    r"\b(?:i say|i'd say|i would say|i tell you|my (?:advice|answer|verdict|words?)|"
    r"here is what i think|here's what i think)\b[^.!?]{0,20}$"
)
_CLAUSE_END = re.compile(r"[.!?;:,\n—–]")
_SENTENCE_END = re.compile(r"[.!?\n]")


@dataclass(frozen=True, slots=True)
class Suppressor:
    """A cue that makes a match harmless. `region` ones have no regex."""

    name: str
    reach: Reach
    regex: re.Pattern[str] | None


def suppressors_from(table: Mapping[str, Any]) -> dict[str, Suppressor]:
    """Suppressors by name.

    Raises:
        ValueError: a reach is unknown, or a cue is missing.
    """
    found = {}
    for name, told in table.items():
        reach = told["reach"]
        if reach not in get_args(Reach):
            raise ValueError(f"suppressor {name}: {reach!r} is not one of {get_args(Reach)}")
        if (reach == "region") == ("regex" in told):
            raise ValueError(f"suppressor {name}: a region has no regex, everything else has one")
        regex = re.compile(told["regex"]) if "regex" in told else None
        found[name] = Suppressor(name, reach, regex)
    return found


@dataclass(frozen=True)
class Surroundings:
    """A text and which of its characters are quoted or code."""

    text: str
    quoted: bytes
    code: bytes

    def suppress(self, cue: Suppressor, start: int, end: int, window: int) -> bool:
        """Whether the match at start:end is harmless because of this cue."""
        if cue.regex is None:
            return bool((self.quoted if cue.name == "quoted" else self.code)[start])
        before = self.text[max(0, start - window) : start]
        if cue.reach == "after":
            return bool(cue.regex.search(self.text[end : end + window]))
        if cue.reach == "around":
            return bool(cue.regex.search(before + self.text[start : end + window]))
        breaks = _CLAUSE_END if cue.reach == "clause" else _SENTENCE_END
        return bool(cue.regex.search(_after_last(breaks, before)))


def surroundings(text: str) -> Surroundings:
    """Find quotations and code in a text (one that has been `read`)."""
    quoted, code = bytearray(len(text)), bytearray(len(text))
    for found in _CODE.finditer(text):
        code[found.start() : found.end()] = b"\1" * (found.end() - found.start())
    whole = max(1, len(text.strip()))
    for found in _QUOTES.finditer(text):
        size = found.end() - found.start()
        if size <= MOSTLY * whole and not _OWN_VOICE.search(
            text, max(0, found.start() - 60), found.start()
        ):
            quoted[found.start() : found.end()] = b"\1" * size
    return Surroundings(text, bytes(quoted), bytes(code))


def _after_last(breaks: re.Pattern[str], before: str) -> str:
    last = 0
    for found in breaks.finditer(before):
        last = found.end()
    return before[last:]
