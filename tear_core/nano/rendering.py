"""Puts corpus rows into words: documents as plain text, rows as triples of the witness format.

The sources were collected as narratives and fragments; the app is a chat. So some
rows are re-worded here by fixed, grammatical rules. Every choice is drawn from a
generator seeded by (seed, source, row, variant): the same seed gives the same words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tear_core.nano.corpus import Document, Row
from tear_core.nano.dialogue import conversation, parse_turns, written_dialogue
from tear_core.nano.moral import Stories, moral_story
from tear_core.nano.names import named
from tear_core.nano.next_words import as_scene
from tear_core.nano.screen import screened
from tear_core.triples import Triple

BEFORE_SHARE = 0.2
"""Share of triples without a draft that have the scene before the response."""

SENTENCES_PER_TEXT = 12
EVENT_QUESTIONS = ("What happened?", "Tell me what happened.", "What is going on?", "And then?")


def document_texts(documents: Sequence[Document], seed: int) -> Iterator[str]:
    """Texts to learn from, one sequence each. Lone sentences are gathered by the dozen."""
    lines: list[str] = []
    for document in documents:
        if document.source.style == "sentences":
            lines.extend(line for line in document.text.split("\n") if line.strip())
        elif document.source.style == "pages":
            yield re.sub(r"^## *", "", document.text, flags=re.MULTILINE)
        elif document.source.style == "book":
            yield from screened(document.text).texts
        elif document.source.style != "dialogue":
            yield document.text
    # The file is sorted by length; shuffled, a dozen has the variety of real text.
    random.Random(f"{seed}:sentences").shuffle(lines)
    for start in range(0, len(lines), SENTENCES_PER_TEXT):
        yield "\n".join(lines[start : start + SENTENCES_PER_TEXT])


def row_triple(row: Row, rng: random.Random, stories: Stories | None = None) -> Triple | None:
    """The row as a triple, or None where it makes no readable scene."""
    if row.source.style == "moral_story":
        return _ordered(moral_story(row, rng, stories or Stories()), rng)
    triple = _STYLES[row.source.style](row, rng)
    return triple and _ordered(triple, rng)


def told_plainly(row: Row) -> Triple | None:
    """The row in its simplest wording, the scene after the response: for measuring."""
    if row.source.style == "moral_story":
        return Triple(row.input, row.response, row.consequence)
    if row.source.style == "next_turn":  # as it was said, with no words of ours around it
        return conversation(parse_turns(row.input), row.response, row.consequence)
    return _STYLES[row.source.style](row, random.Random(0))


def dialogue_triple(text: str, rng: random.Random) -> Triple | None:
    """A written dialogue as a triple: its last person turn is what came of the answer."""
    triple = written_dialogue(text, rng)
    return triple and _ordered(triple, rng)


def _ordered(triple: Triple, rng: random.Random) -> Triple:
    """The scene after the response, or now and then before it; a draft keeps its order."""
    before = rng.random() < BEFORE_SHARE
    return triple if triple.draft or not before else replace(triple, order="before")


def _plain(row: Row, rng: random.Random) -> Triple | None:
    return Triple(row.input, row.response, row.consequence)


def _next_turn(row: Row, rng: random.Random) -> Triple | None:
    if not row.consequence.strip():
        return None
    return conversation(parse_turns(row.input), row.response, as_scene(row.consequence, rng))


def _talk(row: Row, rng: random.Random) -> Triple | None:
    return conversation(parse_turns(row.input), row.response, row.consequence)


_ASKED = re.compile(
    r"How would (?P<feel>\w+) feel|What will (?P<want>\w+) want to do next|.*"
)  # the question names who is asked about
_BROKEN = re.compile(r"(feeling|feels?|felt|wants?|wanted|liked|did|had|has|will|would|was)\b")


def _social(row: Row, rng: random.Random) -> Triple | None:
    """`How would Alex feel?` and `relieved` become `Alex feels relieved.`"""
    asked = _ASKED.match(row.question)
    who = asked and (asked["feel"] or asked["want"])
    if not asked or not who:
        return None
    words = row.consequence.strip().rstrip(".")
    words = words[:1].lower() + words[1:] if not words.startswith(who) else words
    words = re.sub(r"^(as|to) ", "", words)
    if not words or _BROKEN.match(words):
        return None
    plural = who == "Others"
    verb = "feel" if asked["feel"] else "want to"
    verb = verb if plural else verb.replace("feel", "feels").replace("want", "wants")
    response = row.response[:1].upper() + row.response[1:]
    question = f"{row.input} {row.question}".strip()
    return Triple(question, response, f"{who} {verb} {words}.")


def _event(row: Row, rng: random.Random) -> Triple | None:
    return Triple(rng.choice(EVENT_QUESTIONS), row.response, row.consequence)


def _feeling(row: Row, rng: random.Random) -> Triple | None:
    """Placeholders get names; `happy., excited` becomes `happy and excited.`"""
    if "___" in row.response:
        return None
    feelings = [word.strip(" .") for word in row.consequence.split(",")]
    feelings = list(dict.fromkeys(word for word in feelings if word))
    if not feelings:
        return None
    listed = feelings[0] if len(feelings) == 1 else f"{', '.join(feelings[:-1])} and {feelings[-1]}"
    event, scene = named((f"{row.response.rstrip('.')}.", f"{listed}."), rng)
    return Triple(rng.choice(EVENT_QUESTIONS), event, scene)


_STYLES: dict[str, Callable[[Row, random.Random], Triple | None]] = {
    "plain": _plain,
    "next_turn": _next_turn,
    "talk": _talk,
    "social": _social,
    "event": _event,
    "feeling": _feeling,
}
