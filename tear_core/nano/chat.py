"""Twenty first turns of a talk, always the same, and what a model makes of them unselected.

None of the twenty is in the rows that were written for nano: a test holds that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer
from transformers import Qwen3ForCausalLM

from tear_core.nano.model import TEMPERATURE
from tear_core.nano.samples import draft_and_scene

SEED = 0
"""Of the first turn; each has the next one. With one seed for all, the same words are lucky at the
same place of every reply, and twenty replies look more alike than they are."""

REPEATED = 4
"""Words in a row that count as repeated when they stand in one text twice."""

TURNS = (
    "My friend is sad today.",
    "I have an exam tomorrow and I have not studied at all.",
    "My neighbour's dog barks all night. I want to sleep.",
    "I broke my sister's favourite mug and she does not know yet.",
    "Hello, how was your weekend?",
    "My boss wants me to work on Sunday. I promised my kids a picnic.",
    "I feel nervous about my first day at the new school.",
    "What should I cook for my mother's birthday?",
    "My best friend is moving to another country.",
    "I found twenty dollars on the floor of the shop.",
    "I am late for work again because of the bus.",
    "My roommate eats my food out of the fridge. I want to talk to him about it.",
    "I finally finished my painting!",
    "My grandfather forgets my name now.",
    "I want to learn to play the guitar, but I have no time.",
    "I said yes to a party and now I don't want to go.",
    "Can you tell me how to fall asleep faster?",
    "My son hit another boy at school.",
    "I am so proud of my daughter.",
    "I saw a man steal bread in the supermarket.",
)


@dataclass(frozen=True, slots=True)
class Talk:
    """What a model made of `TURNS`.

    Attributes:
        told: (response, scene) of each turn.
        repetition: share of four words in a row that stand twice in one text.
        per_second: tokens written a second, reading the prompt included.
    """

    told: tuple[tuple[str, str], ...]
    repetition: float
    per_second: float


def first_turns(
    model: Qwen3ForCausalLM, tokenizer: Tokenizer, turns: Sequence[str] = TURNS
) -> Talk:
    """A response and a scene for each turn: one try each, at `TEMPERATURE`, from `SEED` on."""
    model.train(False)
    started = time.perf_counter()
    told = [
        draft_and_scene(model, tokenizer, turn, TEMPERATURE, seed)
        for seed, turn in enumerate(turns, start=SEED)
    ]
    spent = time.perf_counter() - started
    texts = [text for pair in told for text in pair]
    written = sum(len(tokenizer.encode(text, add_special_tokens=False)) + 1 for text in texts)
    return Talk(tuple(told), repetition(texts), written / spent)


def repetition(texts: Sequence[str], words: int = REPEATED) -> float:
    """Share of the runs of `words` words that stood earlier in the same text; 0 without runs."""
    runs = repeats = 0
    for text in texts:
        said = text.casefold().split()
        seen = [tuple(said[at : at + words]) for at in range(len(said) - words + 1)]
        runs += len(seen)
        repeats += len(seen) - len(set(seen))
    return repeats / runs if runs else 0.0
