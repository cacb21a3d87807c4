"""Whole evidence for the full gate, made of voices that are known: one that knows, and null models.

The items of awareness are words without meaning (no surface reads them); the suites are shipped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tear_core import __version__
from tear_core.evaluate import awareness
from tear_core.evaluate.answers import Answer
from tear_core.evaluate.awareness.items import Item, Witness
from tear_core.evaluate.awareness.paraphrases import Paraphrased
from tear_core.evaluate.cells import Cell, Score
from tear_core.evaluate.figures import Unscored
from tear_core.evaluate.gate.full.evidence import Evidence, Expected, Part
from tear_core.evaluate.gate.probe_set import shipped
from tear_core.evaluate.suites import catalogue, forgetting, overcorrection, pairs, pressure, speech
from tear_core.evaluate.suites.result import SuiteResult
from tear_core.evaluate.suites.voices import Prompt, Written
from tear_core.triples import Triple

SUITES = Path(__file__).parents[2] / "data" / "suites"
FOLLOWS = {"a": "x", "b": "y", "c": "z"}
MINE, BASE = "of the generation", "of the base"
Voice = Callable[[str], float]
"""A text -> how likely it is held to be."""


def items(count: int = 110, start: int = 0) -> list[Item]:
    return awareness.items_of(
        Witness(Triple(f"said{n}", f"{one}{n}", f"{FOLLOWS[one]}{n}"), f"{n}{one}")
        for n in range(start, start + count)
        for one in "ab"
    )


@cache
def surface() -> awareness.Surface:
    return awareness.fit_surface(
        [
            Witness(Triple(f"said{n}", f"{one}{n}", f"{FOLLOWS[one]}{n}"), f"{n}{one}")
            for n in range(500, 540)
            for one in "ab"
        ]
    )


def paraphrased(count: int = 110) -> list[Paraphrased]:
    return [
        Paraphrased(
            f"p{n}", f"said{n}", (f"a{n}", f"b{n}"), (f"x{n}", f"y{n}"),
            ((f"they said{n}", f"well a{n}"), (f"oh said{n}", f"then a{n}")), (f"c{n}", f"z{n}"),
        )
        for n in range(count)
    ]  # fmt: skip


def knows(cells: Sequence[Cell]) -> list[float]:
    """Expects what follows from what was said; of some more surely than of others."""
    return [_fits(cell) * (6.0 - 4.0 * _some(cell.consequence[1:])) - 9.0 for cell in cells]


def _fits(cell: Cell) -> float:
    if cell.response is None:
        return 0.0
    word = cell.response.split()[-1]
    return float(FOLLOWS[word[0]] + word[1:] == cell.consequence)


def blind(cells: Sequence[Cell]) -> list[float]:
    """Likes some consequences better than others, whatever was said."""
    return [-5.0 * _some(cell.consequence) for cell in cells]


def constant(cells: Sequence[Cell]) -> list[float]:
    return [-1.0] * len(cells)


def mute(cells: Sequence[Cell]) -> list[float]:
    return [float("nan")] * len(cells)


def _some(text: str) -> float:
    """A number of a text's own, between 0 and 1."""
    return hashlib.blake2b(text.encode(), digest_size=2).digest()[0] / 255


@cache
def material(suite: str) -> catalogue.Material:
    return catalogue.material(SUITES, catalogue.named(suite))


def good(text: str) -> float:
    """Prefers the better one of every shipped pair, in whatever style it is said."""
    return -1.0 - _some(_pair_of().get(text, text)) - (2.0 if text in _worse() else 0.0)


@cache
def _pair_of() -> dict[str, str]:
    found = {}
    for name in (catalogue.REWARD_HACKING, catalogue.NOURISHMENT):
        for pair in material(name).pairs:
            found |= dict.fromkeys((pair.better, pair.worse, pair.styled), pair.id)
    return found


@cache
def _worse() -> frozenset[str]:
    every = [
        *(each.unkind for each in material(pressure.NAME).pressed),
        *(each.worse for each in material(catalogue.REWARD_HACKING).hacking),
        *(each.worse for each in material(catalogue.NOURISHMENT).nourishment),
        *(each.vague for each in material(overcorrection.NAME).measured),
        *(each.dark for each in material(overcorrection.NAME).measured),
    ]
    return frozenset(every)


def said(prompts: Sequence[Prompt]) -> list[Written]:
    """An answer of its own to everything."""
    return [
        Written(f"I hear {_some(p.id):.4f} and {p.id}, and I stay here.", "He slept.", True, 9)
        for p in prompts
    ]


def silent(prompts: Sequence[Prompt]) -> list[Written]:
    return [Written("", "", True, 0) for _ in prompts]


def suites(
    voice: Voice, speak: Callable[[Sequence[Prompt]], Sequence[Written]], bits: float = 800.0
) -> dict[str, SuiteResult]:
    def prefer(answers: Sequence[Answer]) -> list[float]:
        return [voice(answer.response) for answer in answers]

    def scenes(cells: Sequence[Cell]) -> list[float]:
        return [10 * voice(cell.consequence) for cell in cells]

    documents = material(forgetting.NAME).documents
    asked = catalogue.prompts(material(speech.ANTI_JUDGE))
    return {
        found.name: found
        for found in (
            pressure.run(prefer, material(pressure.NAME).pressed),
            *(
                pairs.run(prefer, getattr(material(name), part), name)
                for name, part in (
                    (catalogue.REWARD_HACKING, "hacking"),
                    (catalogue.NOURISHMENT, "nourishment"),
                )
            ),
            overcorrection.run(
                scenes, prefer, material(overcorrection.NAME).measured, lambda _: 10
            ),
            forgetting.run(
                [bits] * len(documents), [bits + 50] * len(documents), documents, [0.1] * 40
            ),
            speech.run_anti_judge(speak, asked),
            speech.run_format(speak, asked),
        )
    }


def understanding(score: Score) -> dict[str, Any]:
    """Awareness, ranking, swap and paraphrases of a scorer."""

    def write(cell: Cell, _: int) -> str:
        best = [f"{kind}{cell.input[4:]}" for kind in "xy"]
        nats = score([Cell(cell.input, cell.response, scene) for scene in best])
        return best[int(nats[1] > nats[0])]

    def embed(texts: Sequence[str]) -> Any:
        return np.asarray([[float(t[0] == "x"), float(t[0] == "y"), 1.0] for t in texts])

    heard = items()
    short = [item for item in heard if len(item.responses[0]) <= 3]  # too short for a slip
    return {
        "awareness": awareness.measure(score, heard, surface(), 1.0),
        "ranking": awareness.rank(score, awareness.questions(heard)),
        "swap": awareness.swap(write, embed, short[:40], samples=1),
        "paraphrases": awareness.paraphrase(score, paraphrased(), 1.0),
    }


HASHES = {
    name: f"items of {name}"
    for name in (
        *("awareness", "ranking", "swap", "paraphrases"),
        *(suite.name for suite in catalogue.SUITES),
    )
}
EXPECTED = Expected(MINE, BASE, HASHES, __version__)


def parts(values: dict[str, Any], model: str) -> dict[str, Part[Any]]:
    return {n: Part(value, model, HASHES[n], __version__) for n, value in values.items()}


PROBE = {
    "verdict": "pass",
    "hash": shipped().hash,
    "rules": [{"rule": "alike", "passed": True, "value": 0.1, "at_most": 0.5}],
}


@cache
def of(mind: Score, voice: Voice = good, speak: Any = said) -> Evidence:
    """The evidence of a model beside a base that is blind, and otherwise as good."""
    return Evidence(
        mine=parts({**understanding(mind), **suites(voice, speak)}, MINE),
        base=parts({**understanding(blind), **suites(good, said)}, BASE),
        probe=PROBE,
        rerun=0.0,
        learned=(),
    )


NOT_A_NUMBER = (Unscored("lost"), float("nan"))
