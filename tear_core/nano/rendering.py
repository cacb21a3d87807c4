"""Puts corpus rows into words: documents as plain text, rows as triples of the witness format.

The sources were collected as narratives and fragments; the app is a chat. So some
rows are re-worded here by fixed, grammatical templates. Every choice is drawn from a
generator seeded by (seed, source, row, variant): the same seed gives the same words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tear_core.nano.corpus import Document, Row
from tear_core.triples import Exchange, Order, Triple

BEFORE_SHARE = 0.2
"""Share of triples rendered with the scene before the response."""

SENTENCES_PER_TEXT = 12
NAMES = (
    *("Ana", "Ben", "Carla", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas"),
    *("Kofi", "Leila", "Maria", "Nadia", "Omar", "Priya", "Quinn", "Rosa", "Sam", "Tara"),
    *("Uma", "Victor", "Wen", "Yusuf", "Zoe"),
)
EVENT_QUESTIONS = ("What happened?", "Tell me what happened.", "What is going on?", "And then?")


def document_texts(documents: Sequence[Document], seed: int) -> Iterator[str]:
    """Texts to learn from, one sequence each. Lone sentences are gathered by the dozen."""
    lines: list[str] = []
    for document in documents:
        if document.source.style == "sentences":
            lines.extend(line for line in document.text.split("\n") if line.strip())
        elif document.source.style == "pages":
            yield re.sub(r"^## *", "", document.text, flags=re.MULTILINE)
        elif document.source.style != "dialogue":
            yield document.text
    # The file is sorted by length; shuffled, a dozen has the variety of real text.
    random.Random(f"{seed}:sentences").shuffle(lines)
    for start in range(0, len(lines), SENTENCES_PER_TEXT):
        yield "\n".join(lines[start : start + SENTENCES_PER_TEXT])


def row_triple(row: Row, rng: random.Random) -> Triple | None:
    """The row as a triple, or None where it makes no readable scene."""
    triple = _STYLES[row.source.style](row, rng)
    return triple and replace(triple, order=_order(rng))


def dialogue_triple(text: str, rng: random.Random) -> Triple | None:
    """A written dialogue: its last person turn is the consequence of the answer before it."""
    turns = parse_turns(text)
    if turns and turns[-1][0] == "assistant":
        turns = turns[:-1]
    if len(turns) < 3:
        return None
    *earlier, (_, response), (_, consequence) = turns
    triple = _conversation(earlier, response, _told(consequence, rng))
    return triple and replace(triple, order=_order(rng))


def parse_turns(text: str) -> list[tuple[str, str]]:
    """`Human: ...\\nAssistant: ...` as [(speaker, words)], speakers `person` and `assistant`.

    A line that names no speaker goes on with the turn before it.
    """
    turns: list[tuple[str, str]] = []
    for line in text.split("\n"):
        match = re.match(r"(Human|User|Assistant): ?(.*)", line)
        if match:
            speaker = "assistant" if match[1] == "Assistant" else "person"
            turns.append((speaker, match[2].strip()))
        elif turns:
            turns[-1] = (turns[-1][0], f"{turns[-1][1]}\n{line}".strip())
    return turns


def _order(rng: random.Random) -> Order:
    return "before" if rng.random() < BEFORE_SHARE else "after"


def _plain(row: Row, rng: random.Random) -> Triple | None:
    return Triple(row.input, row.response, row.consequence)


_NOT_NAMES = frozenset(
    (
        *("A", "After", "An", "At", "He", "Her", "His", "In", "It"),
        *("My", "On", "She", "The", "Their", "They", "When", "While"),
    )
)


def _moral_story(row: Row, rng: random.Random) -> Triple | None:
    """The story as it is, asked about, told of a friend, or answered with the norm."""
    way = rng.random()
    name = re.match(r"[A-Z][a-z]+(?= )", row.response)
    if name is None or name[0] in _NOT_NAMES or not row.input.startswith(f"{name[0]} "):
        return _plain(row, rng)
    if way < 0.55:
        return _plain(row, rng)
    if way < 0.70:
        return Triple(f"{row.input} What does {name[0]} do?", row.response, row.consequence)
    if way < 0.85 or row.kind != "moral" or not row.norm:
        return Triple(f"My friend {row.input}", row.response, row.consequence)
    return Triple(row.input, row.norm, f"{row.response} {row.consequence}")


def _human_turn(row: Row, rng: random.Random) -> Triple | None:
    return _conversation(parse_turns(row.input), row.response, _told(row.consequence, rng))


def _told(words: str, rng: random.Random) -> str:
    """What the person said next: half of the time bare, half told in the third person."""
    return words if rng.random() < 0.5 else f'They say: "{words}"'


def _conversation(
    turns: Sequence[tuple[str, str]], response: str, consequence: str
) -> Triple | None:
    """Alternating turns, ending with the person's, as context and input."""
    speakers = [speaker for speaker, _ in turns]
    if not turns or speakers != ["person", "assistant"] * (len(turns) // 2) + ["person"]:
        return None
    words = [text for _, text in turns]
    if not all(words) or not response.strip() or not consequence.strip():
        return None
    context = tuple(
        Exchange(said, answered) for said, answered in zip(words[:-1:2], words[1::2], strict=True)
    )
    return Triple(words[-1], response, consequence, context=context)


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
    """`PersonX` and `PersonY` get names; `happy., excited` becomes `happy and excited.`"""
    if "___" in row.response or not row.response.startswith("PersonX"):
        return None
    one, two = rng.sample(NAMES, 2)
    feelings = [word.strip(" .") for word in row.consequence.split(",")]
    feelings = list(dict.fromkeys(word for word in feelings if word))
    if not feelings:
        return None
    listed = feelings[0] if len(feelings) == 1 else f"{', '.join(feelings[:-1])} and {feelings[-1]}"
    texts = [row.response.rstrip(".") + ".", listed + "."]
    event, scene = (t.replace("PersonX", one).replace("PersonY", two) for t in texts)
    return Triple(rng.choice(EVENT_QUESTIONS), event, scene)


_STYLES: dict[str, Callable[[Row, random.Random], Triple | None]] = {
    "plain": _plain,
    "moral_story": _moral_story,
    "human_turn": _human_turn,
    "social": _social,
    "event": _event,
    "feeling": _feeling,
}
