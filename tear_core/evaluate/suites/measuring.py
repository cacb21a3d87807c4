"""A suite under one tree, told as it goes: cells are scored and answers written a few at a time.

Everything is asked for first, into a table; the suite itself only looks things up. So it can be
stopped between two packs, and the figures are those that any other scorer would give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tear_core.evaluate import likelihood
from tear_core.evaluate.answers import Answer, Prefer, scored_before
from tear_core.evaluate.cells import Cell, Score, looked_up, unique
from tear_core.evaluate.figures import Figure
from tear_core.evaluate.plain_text import score_texts
from tear_core.evaluate.self_score import expected, self_scores
from tear_core.evaluate.suites import (
    forgetting,
    overcorrection,
    pairs,
    pressure,
    self_evaluation,
    speech,
)
from tear_core.evaluate.suites.asking import divergence, preferring, written_by
from tear_core.evaluate.suites.catalogue import (
    NOURISHMENT,
    REWARD_HACKING,
    Material,
    Suite,
    prompts,
)
from tear_core.evaluate.suites.result import SuiteResult
from tear_core.evaluate.suites.voices import Prompt, Written
from tear_core.model.tree import Tree

T = TypeVar("T")
AT_ONCE = 64
WRITTEN_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, and how much of it."""

    what: str
    done: int
    of: int


Telling = Generator[Progress, None, T]
GiveWay = Callable[[], None]


@dataclass(frozen=True)
class Arm:
    """A tree to be measured.

    Attributes:
        base: a tree that is as the base, for the divergence; None where `tree` is the base.
        in_format: it was taught the delimiters, by its base or by what it learned.
        written: what it has written already, by prompt. Suites of the same prompts listen once.
    """

    tree: Tree
    base: Tree | None
    in_format: bool
    capacity: int = 1024
    give_way: GiveWay = lambda: None
    written: dict[Prompt, Written] = field(default_factory=dict)


PLAIN_TEXT = (
    "the base was never taught the delimiters: it is scored on plain text, in the template that"
    " makes the responses likeliest, which is a gift to it"
)
UNTAUGHT = "the base was never taught the delimiters: what it writes between them says little"


def measure(suite: Suite, arm: Arm, material: Material) -> Telling[SuiteResult]:
    """Run a suite, yielding what is done; its value is the result."""
    if suite.name == pressure.NAME:
        prefer = yield from _preferred(arm, pressure.answers(material.pressed))
        found = pressure.run(prefer, material.pressed)
    elif suite.name in (REWARD_HACKING, NOURISHMENT):
        items = material.hacking if suite.name == REWARD_HACKING else material.nourishment
        prefer = yield from _preferred(arm, pairs.answers(items))
        found = pairs.run(prefer, items, suite.name)
    elif suite.name == overcorrection.NAME:
        found = yield from _overcorrection(arm, material)
    elif suite.name == forgetting.NAME:
        found = yield from _forgetting(arm, material)
    elif suite.name == self_evaluation.NAME:
        items = material.pairs
        points = yield from _points(arm, self_evaluation.answers(items))
        found = self_evaluation.run(points, items)
    else:
        found = yield from _speech(suite, arm, material)
    if arm.in_format or suite.name == forgetting.NAME:
        return found
    return replace(found, notes=(*found.notes, UNTAUGHT if suite.writes else PLAIN_TEXT))


def compare(mine: SuiteResult, other: SuiteResult, name: str) -> SuiteResult:
    """`mine` with its comparison to another result of the same suite and items.

    Raises:
        ValueError: they are not comparable.
    """
    by_name: dict[str, Callable[[SuiteResult, SuiteResult, str], SuiteResult]] = {
        pressure.NAME: pressure.compare,
        REWARD_HACKING: pairs.compare,
        NOURISHMENT: pairs.compare,
        overcorrection.NAME: overcorrection.compare,
        forgetting.NAME: forgetting.compare,
        speech.ANTI_JUDGE: speech.compare_anti_judge,
        speech.FORMAT: speech.compare_format,
        self_evaluation.NAME: self_evaluation.compare,
    }
    return by_name[mine.name](mine, other, name)


def _preferred(arm: Arm, answers: Sequence[Answer]) -> Telling[Prefer]:
    """Every different response scored. In plain text, in the template that suits them best."""
    templates = [None] if arm.in_format else list(likelihood.TEMPLATES)
    tables = []
    for template in templates:
        prefer = preferring(arm.tree, template, arm.capacity, arm.give_way)
        tables.append((yield from _table(answers, prefer, "scoring responses")))
    return scored_before(_likeliest(tables))


def _scenes(arm: Arm, cells: Iterable[Cell]) -> Telling[Score]:
    wanted = unique(cells)
    templates = [None] if arm.in_format else list(likelihood.TEMPLATES)
    tables = []
    for template in templates:
        score = likelihood.scorer(arm.tree, template, arm.capacity, arm.give_way)
        tables.append((yield from _table(wanted, score, "scoring scenes")))
    return looked_up(_likeliest(tables))


def _points(arm: Arm, answers: Sequence[Answer]) -> Telling[Prefer]:
    def points(some: Sequence[Answer]) -> list[float]:
        scores = self_scores(arm.tree, some, arm.in_format, arm.capacity, arm.give_way)
        return [_number(expected(score)) for score in scores]

    return scored_before((yield from _table(answers, points, "asking for points")))


def _overcorrection(arm: Arm, material: Material) -> Telling[SuiteResult]:
    items = material.measured
    score = yield from _scenes(arm, overcorrection.cells(items))
    prefer = yield from _preferred(arm, overcorrection.answers(items))
    length = likelihood.token_length(arm.tree.base)
    return overcorrection.run(score, prefer, items, length)


def _forgetting(arm: Arm, material: Material) -> Telling[SuiteResult]:
    documents = material.documents
    texts = [text for each in documents for text in (each.text, forgetting.scrambled(each.text))]
    bits: list[Figure] = []
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        bits += [one.bits for one in score_texts(arm.tree, some, arm.capacity, arm.give_way)]
        yield Progress("reading plain text", len(bits), len(texts))
    moved: list[Figure] = []
    if arm.base is not None:
        for item in material.hacking:
            answer = Answer(item.input, item.better)
            moved.append(divergence(arm.base, arm.tree, answer, arm.capacity, arm.give_way))
        yield Progress("measuring divergence", len(moved), len(material.hacking))
    return forgetting.run(bits[::2], bits[1::2], documents, moved)


def _speech(suite: Suite, arm: Arm, material: Material) -> Telling[SuiteResult]:
    asked = prompts(material)
    new = [prompt for prompt in asked if prompt not in arm.written]
    for n, (prompt, each) in enumerate(written_by(arm.tree, new, arm.give_way), 1):
        arm.written[prompt] = each
        if n % WRITTEN_AT_ONCE == 0 or n == len(new):
            yield Progress("writing", n, len(new))
    run = speech.run_anti_judge if suite.name == speech.ANTI_JUDGE else speech.run_format
    return run(lambda some: [arm.written[prompt] for prompt in some], asked)


K = TypeVar("K")


def _likeliest(tables: Sequence[dict[K, float]]) -> dict[K, float]:
    """The table with the largest sum over what all of them could score."""
    common = [key for key in tables[0] if all(math.isfinite(table[key]) for table in tables)]
    return max(tables, key=lambda table: sum(table[key] for key in common))


def _table(
    keys: Iterable[K], score: Callable[[Sequence[K]], Sequence[float]], what: str
) -> Telling[dict[K, float]]:
    """Each different key scored, some at a time."""
    wanted = list(dict.fromkeys(keys))
    table: dict[K, float] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        table.update(zip(some, score(some), strict=True))
        yield Progress(what, len(table), len(wanted))
    return table


def _number(value: Figure) -> float:
    return value if isinstance(value, float) else float("nan")
