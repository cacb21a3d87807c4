"""The little English grammar that telling a story in another voice needs, and where it comes from.

Which words are verbs and which names are `he` and `she` is read off the corpus, not listed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

HIS = {"he": "I", "him": "me", "his": "my", "himself": "myself"}
HERS = {"she": "I", "her": "my", "hers": "mine", "herself": "myself"}
IRREGULAR = {"is": "am", "isn't": "am not", "has": "have", "hasn't": "haven't", "was": "was"} | {
    "does": "do",
    "doesn't": "don't",
    "goes": "go",
    "lies": "lie",
    "dies": "die",
    "ties": "tie",
}


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a corpus says of its own words: which are verbs, and who is `he` and who is `she`."""

    verbs: frozenset[str] = frozenset()
    genders: Mapping[str, str] = field(default_factory=dict)


def verbs_of(responses: Iterable[str]) -> frozenset[str]:
    """The verbs of a corpus in the form that follows a name: what stands after the first word
    of a response, where it ends in -s and does so at least twice."""
    found = Counter(
        match[1]
        for text in responses
        if (match := re.match(r"[A-Z][a-z]+ (?:[a-z]+ly )?([a-z]+s)\b", text))
    )
    return frozenset(word for word, count in found.items() if count > 1) - {"is", "was", "has"}


def genders_of(stories: Iterable[tuple[str, str]]) -> dict[str, str]:
    """`he` or `she` by name, from (name, whole story) where only one of the two is spoken of."""
    found: dict[str, Counter[str]] = {}
    for name, text in stories:
        words = _words(text)
        male, female = not words.isdisjoint(HIS), not words.isdisjoint(HERS)
        if male != female and not others_in(text, name):
            found.setdefault(name, Counter())["he" if male else "she"] += 1
    return {
        name: counts.most_common(1)[0][0]
        for name, counts in found.items()
        if max(counts.values()) >= 0.9 * counts.total()
    }


def pronoun_of(name: str, text: str, genders: Mapping[str, str]) -> str | None:
    """`he` or `she` for `name`, where no such word in `text` could mean anybody else."""
    words, others = _words(text), others_in(text, name)
    male, female = not words.isdisjoint(HIS), not words.isdisjoint(HERS)
    known = genders.get(name)
    if known is None:
        alone = male != female and not others
        return ("he" if male else "she") if alone else None
    # A name nobody knows the gender of could be anybody's.
    alike = any(genders.get(other, known) == known for other in others)
    return None if alike else known


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Za-z]+", text)}


def others_in(text: str, name: str) -> set[str]:
    """Other names in the text."""
    return set(re.findall(r"(?<=[a-z,;'] )[A-Z][a-z]+", text)) - {name}


def base_form(verb: str) -> str:
    """`tries` to `try`, `watches` to `watch`, `is` to `am`."""
    if verb in IRREGULAR:
        return IRREGULAR[verb]
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    if verb.endswith(("sses", "shes", "ches", "xes", "zzes", "oes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb
