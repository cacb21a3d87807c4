"""Moral Stories in many wordings: told, asked about, lived by the person who speaks.

A story has two branches, a moral act and an immoral one, each with what followed. Where
both are known, the immoral branch can be the draft and its scene, and the moral act the
response that was found after looking at that scene: the `reflect` order.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tear_core.nano.corpus import Row
from tear_core.nano.grammar import Grammar, genders_of, verbs_of
from tear_core.nano.voice import Heard, heard, opening
from tear_core.triples import Draft, Exchange, Triple

LIVED_SHARE = 0.75
"""Share of tellings in the person's own words, where the grammar reaches."""

REFLECT_SHARE = 0.3
"""Share of the tellings of a moral act that begin with the other act and its scene."""

SPLIT_SHARE = 0.08
"""Share of tellings in which the situation comes first and the wish in a second turn. Each adds
a question between them that is learned too: with a quarter of the tellings, and three questions,
a model asked "What do you want?" of whoever told it anything."""

UNSAID_SHARE = 0.3
"""Share of tellings in the person's own words that leave the wish unsaid, as people do."""

_NOT_NAMES = frozenset(
    (
        *("A", "After", "An", "At", "He", "Her", "His", "In", "It"),
        *("My", "On", "She", "The", "Their", "They", "When", "While"),
    )
)
_WISHES = (
    *("What do you want to do?", "And what would you like?", "What would help?", "Tell me more."),
    *(
        "Oh. What are you hoping for?",
        "That sounds like a lot. What now?",
        "And what is your wish?",
    ),
    *("What matters most to you here?", "Hm. What do you need?", "What did you have in mind?"),
)
_PROMPTS = ("Go on.", "And then?", "What does {} want?", "I see. And {}?", "What is {} after?")


@dataclass(frozen=True)
class Stories:
    """What a telling may need beside its own row: the grammar of the corpus and, by situation,
    the row of the immoral act."""

    grammar: Grammar = field(default_factory=Grammar)
    immoral: Mapping[str, Row] = field(default_factory=dict)


def stories_of(rows: Iterable[Row]) -> Stories:
    """What the tellings need to know of one another. Train and held-out rows are asked for
    apart, so no branch of a held-out story is ever read."""
    own = [row for row in rows if row.source.style == "moral_story"]
    named = [
        (name, f"{row.input} {row.response} {row.consequence}")
        for row in own
        if (name := _name(row))
    ]
    return Stories(
        Grammar(verbs_of(row.response for row in own), genders_of(named)),
        {row.given: row for row in own if row.kind == "immoral"},
    )


def moral_story(row: Row, rng: random.Random, stories: Stories) -> Triple:
    """One telling of the story, drawn by `rng`; always the same words for the same draw."""
    name = _name(row)
    if name is None:
        return _drafted(Triple(row.input, row.response, row.consequence), row, rng, stories)
    if rng.random() < LIVED_SHARE:
        lived = _lived(row, name, rng, stories)
        if lived is not None:
            return lived
    way = rng.random()
    triple = Triple(row.input, row.response, row.consequence)
    if way < 0.2:
        triple = replace(triple, input=f"{row.input} What does {name} do?")
    elif way < 0.4:
        triple = replace(triple, input=f"My friend {row.input}")
    elif way < 0.5 and row.kind == "moral" and row.norm:
        return Triple(row.input, row.norm, f"{row.response} {row.consequence}")
    return _drafted(_in_two_turns(triple, _PROMPTS, name, rng), row, rng, stories)


def _name(row: Row) -> str | None:
    """Whose story it is, where situation and act both begin with the name."""
    found = re.match(r"[A-Z][a-z]+(?= )", row.response)
    if found is None or found[0] in _NOT_NAMES or not row.input.startswith(f"{found[0]} "):
        return None
    return found[0]


def _lived(row: Row, name: str, rng: random.Random, stories: Stories) -> Triple | None:
    """The story as the person's own words, a reply, and a scene about that person."""
    told = heard(
        name, Heard(row.input, row.response, row.consequence), stories.grammar, opening(rng)
    )
    if told is None:
        return None
    triple = Triple(told.input, told.response, told.scene)
    triple = _in_two_turns(_unsaid(triple, rng), _WISHES, name, rng)
    other = stories.immoral.get(row.given) if row.kind == "moral" else None
    if other is None or rng.random() >= REFLECT_SHARE:
        return triple
    rash = heard(
        name, Heard(other.input, other.response, other.consequence), stories.grammar, opening(rng)
    )
    if rash is None:
        return triple
    return replace(triple, order="reflect", draft=Draft(rash.response, rash.scene))


def _drafted(triple: Triple, row: Row, rng: random.Random, stories: Stories) -> Triple:
    """`triple` with the immoral act as its draft, now and then, where there is one."""
    other = stories.immoral.get(row.given) if row.kind == "moral" else None
    if other is None or rng.random() >= REFLECT_SHARE:
        return triple
    return replace(triple, order="reflect", draft=Draft(other.response, other.consequence))


def _unsaid(triple: Triple, rng: random.Random) -> Triple:
    """Now and then only the situation is told, and not what is wanted."""
    first, _, wish = triple.input.rpartition(". ")
    if not first or not wish.startswith("I ") or rng.random() >= UNSAID_SHARE:
        return triple
    return replace(triple, input=f"{first}.")


def _in_two_turns(
    triple: Triple, prompts: tuple[str, ...], name: str, rng: random.Random
) -> Triple:
    """Now and then the situation is a first turn, and what is wanted the next one."""
    first, _, wish = triple.input.rpartition(". ")
    if not first or "?" in triple.input or rng.random() >= SPLIT_SHARE:
        return triple
    asked = rng.choice(prompts).format(name)
    return replace(triple, input=wish, context=(Exchange(f"{first}.", asked),))
