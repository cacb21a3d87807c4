"""Everyday talk, written for nano by hand and multiplied by drawing.

The sources hold stories and requests; what people first say to a model they have just met is
in none of them. `everyday.jsonl` has scenarios: several ways to say something, several replies,
several scenes, and words that may stand in all three (`{pet}`). What was named comes back in
the reply and in the scene, which is how a very small model learns to stay with the subject.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tear_core.nano.corpus import Row
from tear_core.nano.sources import Source

SCENARIOS = Path(__file__).parent / "everyday.jsonl"

DRAWS = 60
"""Rows drawn of a scenario. Fewer would be known by heart, more are nearly the same."""

HELD_OUT_EVERY = 12
"""One scenario in this many is never trained on, in all its drawings."""

HELD_OUT_DRAWS = 4

NEXT_SHARE = 0.35
"""Share of drawings that go on to the second turn, where a scenario has one."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Ways to say one thing: each input fits each response, each response each scene."""

    inputs: Sequence[str]
    responses: Sequence[str]
    scenes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A subject: its first turn, what may be said next, and the words to put into both."""

    about: str
    slots: Mapping[str, Sequence[str]]
    first: Turn
    following: Sequence[Turn] = ()


def scenarios(path: Path = SCENARIOS) -> list[Scenario]:
    """Every scenario of a file, one JSON object a line."""
    with path.open(encoding="utf-8") as lines:
        return [_scenario(json.loads(line)) for line in lines if line.strip()]


def everyday_rows(source: Source, path: Path = SCENARIOS) -> Iterator[Row]:
    """The drawings of every scenario, always the same ones, each once."""
    for number, scenario in enumerate(scenarios(path), start=1):
        held_out = number % HELD_OUT_EVERY == 0
        rng = random.Random(f"everyday:{scenario.about}")
        drawn = [_drawn(scenario, rng) for _ in range(HELD_OUT_DRAWS if held_out else DRAWS)]
        for said, response, scene in dict.fromkeys(drawn):
            yield Row(source, said, response, scene, split="dev" if held_out else "train")


def _scenario(fields: Mapping[str, Any]) -> Scenario:
    following = tuple(_turn(each) for each in fields.get("next", ()))
    return Scenario(fields["about"], fields["slots"], _turn(fields), following)


def _turn(fields: Mapping[str, Any]) -> Turn:
    return Turn(fields["input"], fields["response"], fields["consequence"])


def _drawn(scenario: Scenario, rng: random.Random) -> tuple[str, str, str]:
    """(what was said, response, scene); earlier turns stand before what was said last."""
    words = {name: rng.choice(fillers) for name, fillers in sorted(scenario.slots.items())}
    said, response, scene = _said(scenario.first, words, rng)
    talk = f"Human: {said}"
    if scenario.following and rng.random() < NEXT_SHARE:
        answer = response
        said, response, scene = _said(rng.choice(scenario.following), words, rng)
        talk = f"{talk}\nAssistant: {answer}\nHuman: {said}"
    return talk, response, scene


def _said(turn: Turn, words: Mapping[str, str], rng: random.Random) -> tuple[str, str, str]:
    drawn = (rng.choice(turn.inputs), rng.choice(turn.responses), rng.choice(turn.scenes))
    said, response, scene = (_capital(text.format_map(words)) for text in drawn)
    return said, response, scene


def _capital(text: str) -> str:
    """With a capital first, since a slot may stand at the beginning."""
    return text[:1].upper() + text[1:]
