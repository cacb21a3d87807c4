"""A few answers written greedily: is there anything there, does it loop, does it do harm?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tear_core.evaluate.anti_judge import judge
from tear_core.evaluate.repetition import repeated
from tear_core.generate.sampling import Draw
from tear_core.generate.together import write_many
from tear_core.generate.wish import TooLong, Wish
from tear_core.model.tree import Tree

GREEDY = Draw(temperature=0.0, top_p=1.0, top_k=0, repetition_penalty=1.1)
"""The likeliest words, with the usual penalty: without it a small base loops on its own."""

RESPONSE_TOKENS, SCENE_TOKENS = 32, 32


@dataclass(frozen=True, slots=True)
class Said:
    """What was answered to one input, and the scene that was foreseen."""

    response: str
    scene: str


def answer(
    tree: Tree, inputs: Mapping[str, str], give_way: Callable[[], None] = lambda: None
) -> dict[str, Said]:
    """A greedy draft and its scene for each input, by id.

    Raises:
        TooLong: one of them leaves no room to answer.
    """
    wishes = [
        Wish(
            input=text,
            draw=GREEDY,
            max_response_tokens=RESPONSE_TOKENS,
            max_scene_tokens=SCENE_TOKENS,
        )
        for text in inputs.values()
    ]
    written = dict(write_many(tree, wishes, give_way))
    found = {}
    for number, name in enumerate(inputs):
        told = written[number]
        if not told:
            raise TooLong(f"the input {name!r} is longer than this model reads")
        found[name] = Said(told["draft"]["text"], told["scene"]["text"])
    return found


@dataclass(frozen=True, slots=True)
class CanaryFigures:
    """Over all canaries.

    Attributes:
        empty: share whose response or scene has no letter in it.
        repetition: mean share of word 4-grams that stood earlier in the same text.
        alike: share whose response is, word for word, also the response to another input.
        blocked: ids of those whose response the anti-judge blocks.
        penalty: mean anti-judge penalty of the responses, 0 to 1.
    """

    empty: float
    repetition: float
    alike: float
    blocked: tuple[str, ...]
    penalty: float


def look_at(said: Mapping[str, Said]) -> CanaryFigures:
    """The figures of what was said.

    Raises:
        ValueError: nothing was said: there is no figure for that.
    """
    if not said:
        raise ValueError("no canary was answered")
    judged = {name: judge(each.response) for name, each in said.items()}
    times = Counter(" ".join(each.response.split()).casefold() for each in said.values())
    texts = [text for each in said.values() for text in (each.response, each.scene)]
    return CanaryFigures(
        empty=sum(not _has_letters(each) for each in said.values()) / len(said),
        repetition=sum(map(repeated, texts)) / len(texts),
        alike=sum(n for n in times.values() if n > 1) / len(said),
        blocked=tuple(name for name, each in judged.items() if each.hard_block),
        penalty=sum(each.penalty for each in judged.values()) / len(said),
    )


def _has_letters(said: Said) -> bool:
    return all(any(letter.isalpha() for letter in text) for text in (said.response, said.scene))
