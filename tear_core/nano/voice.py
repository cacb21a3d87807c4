"""Tells a story about somebody as that person's own words, a reply to them, and a scene.

    Hector is late. Hector wants to get home.   ->  I am late. I want to get home.
    Hector swerves and passes his neighbour.    ->  You could swerve and pass your neighbour.
    An officer sees Hector and pulls him over.  ->  An officer sees him and pulls him over.

Grammar by rule, for English in the present tense with one person in it. Where a rule
could be wrong about who is meant the story is not told this way: `heard` answers None.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from tear_core.nano.grammar import (
    HERS,
    HIS,
    IRREGULAR,
    Grammar,
    base_form,
    others_in,
    pronoun_of,
)

YOURS = {"I'm": "you're", "I'll": "you'll", "I'd": "you'd", "am": "are"} | {
    "I": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
}
SHORT = {"'s": "'m", "'ll": "'ll", "'d": "'d"}
"""`he's` to `I'm`, and the like."""

AFTER_AN_OBJECT = frozenset(
    (
        *("a", "about", "after", "again", "all", "an", "and", "anymore", "as", "at", "away"),
        *("back", "because", "before", "but", "by", "during", "even", "for", "from", "he", "how"),
        *("if", "in", "into", "it", "not", "of", "off", "on", "or", "out", "over", "right", "she"),
        *("so", "some", "that", "the", "their", "them", "then", "they", "this", "to", "together"),
        *("too", "until", "up", "very", "what", "when", "where", "while", "who", "why", "with"),
    )
)
"""What may follow `her` where it means `him`; before anything else it means `his`."""

ACTING = r" (?:[a-z]+ly |never |still |also )?(?:[a-z]+s|can|will|would|could|had|[a-z]+ed)\b"
"""What follows a name that is the subject."""

CLAUSES = ("after", "and", "as", "because", "but", "if", "that", "when", "while")
"""After these a name is a subject, whatever follows it."""

ADVERBS = frozenset(("also", "always", "even", "just", "never", "often", "soon", "still", "then"))
OPENINGS = (
    *("You could {}", "You could {}", "Maybe {}", "Why not {}?", "You should {}"),
    *("I think you should {}", "Then {}", "Perhaps you could {}", "Just {}", "Try this: {}"),
)
NO_ADVICE = frozenset(("am", "can", "could", "did", "had", "was", "will", "would"))
"""Nobody is told to `was` or `would`; nor to a verb that is past already."""

COORDINATING = frozenset(("and", "but", "or", "then"))
SHE_OR_HE = frozenset(("he", "she"))
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|[^A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Heard:
    """The three parts of a story, as a person, somebody who answers, and a witness tell them."""

    input: str
    response: str
    scene: str


def heard(name: str, told: Heard, grammar: Grammar, opening: str = OPENINGS[0]) -> Heard | None:
    """`told`, a story about `name`, in the three voices; None where the rules do not reach."""
    whole = f"{told.input} {told.response} {told.scene}"
    pronoun = pronoun_of(name, whole, grammar.genders)
    if pronoun is None:
        return None
    others = others_in(whole, name)
    own = HIS if pronoun == "he" else HERS
    said = _first_person(told.input, name, own, grammar.verbs, others)
    done = _first_person(told.response, name, own, grammar.verbs, others)
    if said is None or done is None or not done.startswith("I "):
        return None
    # Who `him` is in what somebody does is not plain, and whose words a quotation is neither.
    if '"' in done or re.search(r"\bme\b", done):
        return None
    reply = _advice(done, opening)
    return Heard(said, reply, _witnessed(told.scene, name, pronoun)) if reply else None


def _first_person(
    text: str, name: str, own: dict[str, str], verbs: frozenset[str], others: set[str]
) -> str | None:
    """`text` with `name` as I. None if a verb is left whose subject is not plain."""
    told = [_sentence(part, name, own, verbs, others) for part in re.split(r"(?<=[.!?]) ", text)]
    return None if None in told else " ".join(part for part in told if part is not None)


def _sentence(
    text: str, name: str, own: dict[str, str], verbs: frozenset[str], others: set[str]
) -> str | None:
    words = _WORD.findall(_with_pronouns(text, name, *list(own)[:2]))
    out: list[str] = []
    subject = False  # the next verb is one the speaker does
    ours = False  # the speaker is the subject of this sentence so far
    theirs = -1  # where the verb of somebody else may stand
    for place, word in enumerate(words):
        low, after = word.lower(), words[place + 1 : place + 3]
        following = next((each.lower() for each in after if each[0].isalpha()), "")
        spoken = _own_word(word, own, closed=after[:1] != [" "], following=following)
        if spoken is not None:
            out.append(spoken)
            subject = spoken == "I"
            ours = ours or spoken.startswith("I")
            continue
        if not word[0].isalpha():
            subject = subject and word == " "
        elif subject and low not in ADVERBS and not low.endswith("ly"):
            word, subject = base_form(low), False
        elif low in COORDINATING and ours and following in (verbs | IRREGULAR.keys() | ADVERBS):
            subject = True
        elif not subject and (word in others or low in SHE_OR_HE):
            theirs, ours = place + 2, False
        elif not subject and low in verbs and place != theirs:
            return None
        out.append(word)
    told = "".join(out).strip()
    return told[:1].upper() + told[1:]


def _with_pronouns(text: str, name: str, he: str, him: str) -> str:
    """`text` with a pronoun for every `name`; its possessive is the speaker's already."""
    text = re.sub(rf"\b{name}(?:'s|'(?= ))", "my", text.replace("’", "'"))
    # A name after a verb or a preposition is the one acted on.
    text = re.sub(rf"(?<=[a-z] ){name}\b(?!{ACTING})", him, text)
    return re.sub(rf"\b{name}\b", he, text)


def _own_word(word: str, own: dict[str, str], closed: bool, following: str) -> str | None:
    """A pronoun of the one who speaks as I, me, my or mine; None for any other word.

    `closed` says that a clause ends behind it.
    """
    low = word.lower()
    short = low.removeprefix(next(iter(own)))
    if short != low and short in SHORT:
        return f"I{SHORT[short]}"
    if low not in own:
        return None
    spoken = own[low]
    if low == "his" and closed:
        spoken = "mine"
    if low == "her" and (closed or following in AFTER_AN_OBJECT):
        spoken = "me"
    return spoken if spoken == "I" or word.islower() else spoken.capitalize()


def _advice(done: str, opening: str) -> str | None:
    """`I call my boss.` as `You could call your boss.`"""
    first = re.match(r"I (?:[a-z]+ly )?([a-z']+)", done)
    if first is None or first[1] in NO_ADVICE or re.search(r"(?<!e)ed$|n't$", first[1]):
        return None
    body = "".join(YOURS.get(word, YOURS.get(word.lower(), word)) for word in _WORD.findall(done))
    body = re.sub(r"^[Yy]ou ", "", body).rstrip(".! ")
    told = opening.format(body)
    return told if told.endswith("?") else f"{told}."


def _witnessed(scene: str, name: str, pronoun: str) -> str:
    """The scene with a pronoun for the person: `he` where it acts, `him` where it is acted on."""
    him, his = ("him", "his") if pronoun == "he" else ("her", "her")
    scene = re.sub(rf"\b{name}(?:'s|’s|'(?= ))", his, scene)
    scene = re.sub(rf"\b{name}\b(?={ACTING})", pronoun, scene)
    scene = re.sub(rf"\b({'|'.join(CLAUSES)}) {name}\b", rf"\1 {pronoun}", scene)
    scene = re.sub(rf"\b{name}\b", him, scene)
    return re.sub(r"(^|[.!?] )([a-z])", lambda found: found[1] + found[2].upper(), scene)


def opening(rng: random.Random) -> str:
    """A way to begin a reply, drawn by `rng`."""
    return rng.choice(OPENINGS)
