"""Written dialogues as triples: context, input, response, and what the person said next."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from tear_core.nano.next_words import as_scene
from tear_core.triples import Exchange, Triple

_PERSON = frozenset(("Human", "User", "B"))
_SPEAKER = re.compile(r"(Human|User|Assistant): ?(.*)")
_LETTER = re.compile(r"(A|B): ?(.*)")

Turns = list[tuple[str, str]]
"""(speaker, words), the speakers `person` and `assistant`."""


def parse_turns(text: str) -> Turns:
    """`Human: ...\\nAssistant: ...` as turns; `B` stands for the person, `A` for who answers.

    A line that names no speaker goes on with the turn before it.
    """
    turns: Turns = []
    speaker = _LETTER if _LETTER.match(text) else _SPEAKER
    for line in text.split("\n"):
        match = speaker.match(line)
        if match:
            turns.append(("person" if match[1] in _PERSON else "assistant", match[2].strip()))
        elif turns:
            turns[-1] = (turns[-1][0], f"{turns[-1][1]}\n{line}".strip())
    return turns


def written_dialogue(text: str, rng: random.Random) -> Triple | None:
    """A whole dialogue: its last person turn is the consequence of the answer before it."""
    turns = parse_turns(text)
    if turns and turns[-1][0] == "assistant":
        turns = turns[:-1]
    if len(turns) < 3:
        return None
    *earlier, (_, response), (_, words) = turns
    if not words:
        return None
    return conversation(earlier, response, as_scene(words, rng))


def conversation(turns: Sequence[tuple[str, str]], response: str, scene: str) -> Triple | None:
    """Alternating turns, ending with the person's, as context and input.

    None where the turns do not alternate, or where one is empty.
    """
    if turns and turns[0][0] == "assistant":
        turns = turns[1:]
    speakers = [speaker for speaker, _ in turns]
    if not turns or speakers != ["person", "assistant"] * (len(turns) // 2) + ["person"]:
        return None
    said = [text for _, text in turns]
    if not all(said) or not response.strip() or not scene.strip():
        return None
    context = tuple(
        Exchange(asked, answered) for asked, answered in zip(said[:-1:2], said[1::2], strict=True)
    )
    return Triple(said[-1], response, scene, context=context)
