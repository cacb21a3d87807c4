"""Tells what a person said next as a scene: a line or two about that person, in the third person.

The dialogues hold words, the app shows scenes. Which way of telling fits is read off the
words themselves (a question, thanks, a no, a yes); which of those it is, is drawn.
"""

from __future__ import annotations

import random
import re

BARE_SHARE = 0.1
"""Share of next turns given as they were said, with nothing told around them."""

QUOTED_WORDS = 40
"""A longer turn is quoted as far as its first sentences go."""

ASKED = (
    'They ask: "{}"',
    'The person thinks about it and asks, "{}"',
    'They want to know more. "{}"',
    '"{}" they ask.',
    'It leaves them with a question. "{}"',
    'They read the answer once more and ask, "{}"',
    'The person is still curious: "{}"',
    'They nod, and ask the next thing. "{}"',
)
THANKED = (
    'They are glad they asked. "{}"',
    'The person smiles. "{}"',
    'They are thankful and say so. "{}"',
    '"{}" they say, and they mean it.',
    'It helps. "{}"',
    'They feel a little better. "{}"',
)
REFUSED = (
    'They shake their head. "{}"',
    'It is not what they meant. "{}"',
    'The person is not happy with this. "{}"',
    '"{}" they say, a bit tired of it.',
    'They feel that nobody listened. "{}"',
)
AGREED = (
    'They nod. "{}"',
    'The person likes the idea. "{}"',
    '"{}" they say.',
    'They think it over and agree. "{}"',
)
TOLD = (
    'They say: "{}"',
    'The person tells a little more. "{}"',
    'They think for a moment. "{}"',
    '"{}" they say.',
    'They answer, "{}"',
    'The person goes on: "{}"',
)
_THANKS = re.compile(
    r"(ok(ay)?|oh|wow|yes|great|good|awesome|perfect)?[,.! ]*"
    r"(thank|thx|great|awesome|perfect|cool|nice|wonderful|i love|that helps|"
    r"that's (great|helpful))",
    re.IGNORECASE,
)
_NO = re.compile(
    r"(no\b|nope|but\b|wrong|that's not|that isn't|that doesn't|you didn't|you are wrong|i don't)",
    re.IGNORECASE,
)
_YES = re.compile(r"(yes|yeah|yep|sure|ok|okay|right|true|i see|sounds|i agree)\b", re.IGNORECASE)


def as_scene(words: str, rng: random.Random) -> str:
    """`words`, which a person said next, as a scene about that person."""
    if rng.random() < BARE_SHARE:
        return words
    said = _closed(_shortened(" ".join(words.split())).replace('"', "'"))
    way = rng.choice(_ways(said))
    if way.startswith('"') and said.endswith("."):
        said = f"{said[:-1]},"
    return way.format(said)


def _ways(said: str) -> tuple[str, ...]:
    if _THANKS.match(said) and not said.endswith("?"):
        return THANKED
    if said.endswith("?"):
        return ASKED
    if _NO.match(said):
        return REFUSED
    return AGREED if _YES.match(said) else TOLD


def _shortened(said: str) -> str:
    """The first sentences of `said`, as many as go into `QUOTED_WORDS`, and at least one."""
    sentences = re.split(r"(?<=[.!?]) ", said)
    kept = sentences[:1]
    for sentence in sentences[1:]:
        if len(" ".join((*kept, sentence)).split()) > QUOTED_WORDS:
            break
        kept.append(sentence)
    return " ".join(kept)


def _closed(said: str) -> str:
    """`said` with a capital at its head and a stop at its end."""
    ended = said if said.endswith((".", "!", "?", "…")) else f"{said}."
    return ended[:1].upper() + ended[1:]
