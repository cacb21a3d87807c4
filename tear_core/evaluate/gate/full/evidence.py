"""The evidence that a verdict rests on: figures, of whom, on which items, with which version.

`Expected` says of what they must be. A part that is of something else counts as not measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Generic, TypeVar

from tear_core.evaluate.awareness import Awareness, Invariance, Item, Ranking, Swap
from tear_core.evaluate.awareness.items import digest
from tear_core.evaluate.awareness.measuring import Verdict, parts_of
from tear_core.evaluate.awareness.paraphrases import Paraphrased
from tear_core.evaluate.awareness.ranking import Question
from tear_core.evaluate.figures import Figure, Unscored
from tear_core.evaluate.suites.result import SuiteResult

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A measurement with what it is of.

    Attributes:
        model: hash of the weights that were measured (a generation's manifest, or the base's).
        items: hash of what it was measured on.
        version: of tear-tui.
    """

    value: T
    model: str
    items: str
    version: str


Parts = Mapping[str, Part[Any]]
"""By name: "awareness", "ranking", "swap", "paraphrases", and each suite."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the parts must be of. `items`: the hash for each name of a part."""

    mine: str
    base: str
    items: Mapping[str, str]
    version: str


@dataclass(frozen=True)
class Attribution:
    """A study's arms on the study's own pairs, and this generation on the same ones.

    Attributes:
        arms: awareness of each seed, by the arm's name.
        mine: of the generation, on these pairs, with the study's surface model.
        stale: why the study's figures are not of today's items, base or version; "" if they are.
        lessons: share of the triples that shaped the generation which the arms learned from.
    """

    study: str
    mine: Awareness
    arms: Mapping[str, Sequence[Awareness]]
    lessons: Figure
    stale: str = ""


@dataclass(frozen=True, slots=True)
class BenchmarkItem:
    """One question of a benchmark, answered by the base and by the generation: 1 is right."""

    id: str
    base: Figure
    mine: Figure


@dataclass(frozen=True)
class Evidence:
    """All that was measured. What is None or missing in `mine` or `base` has failed.

    Attributes:
        probe: the fast gate's verdict on this generation, as its JSON.
        attribution: None where no study was named. `benchmarks`, by task: None where no file was.
        rerun: largest difference in nats when some cells are scored again in other company.
        rerun_bar: the name of the bar that this is held against, as the number format has it.
        learned: ids of gate items that shaped the generation; None: nobody looked.
    """

    mine: Parts
    base: Parts
    probe: Mapping[str, Any] | None
    rerun: Figure
    learned: Sequence[str] | None
    rerun_bar: str = "rerun"
    attribution: Attribution | None = None
    benchmarks: Mapping[str, Sequence[BenchmarkItem]] | None = None


@dataclass(frozen=True)
class Looked:
    """A part of both models, or why there is none."""

    mine: Any = None
    base: Any = None
    why: str = ""
    items: str = ""


def look(evidence: Evidence, expected: Expected, name: str, alone: bool = False) -> Looked:
    """One part of the generation and of the base, if both are of what they must be.

    `alone`: no bar of it rests on the base, which has none then.
    """
    found = []
    for whose, parts, model in (
        ("generation", evidence.mine, expected.mine),
        ("base", evidence.base, expected.base),
    )[: 1 if alone else 2]:
        part = parts.get(name)
        if part is None:
            return Looked(why=f"{name} of the {whose} was not measured")
        if part.model != model:
            return Looked(why=f"{name} of the {whose} was measured on other weights")
        if part.items != expected.items.get(name):
            return Looked(why=f"{name} of the {whose} was measured on other items")
        if part.version != expected.version:
            return Looked(
                why=f"{name} of the {whose} was measured by version {part.version or 'unknown'},"
                f" not {expected.version}"
            )
        found.append(part.value)
    return Looked(found[0], None if alone else found[1], items=expected.items[name])


def pooled(seeds: Sequence[Awareness]) -> Awareness:
    """Several seeds of an arm as one: s is averaged item by item. One unscored seed, no item.

    Raises:
        ValueError: there are none.
    """
    if not seeds:
        raise ValueError("there are no seeds")
    first = seeds[0]
    items = []
    for several in zip(*(seed.items for seed in seeds), strict=True):
        known = [each.s for each in several if isinstance(each.s, float)]
        mean: Figure = fmean(known) if len(known) == len(several) else Unscored("for a seed")
        items.append(replace(several[0], s=mean))
    why = tuple(dict.fromkeys(reason for seed in seeds for reason in seed.why))
    cas = parts_of(items, first.weights, first.seed)
    verdict: Verdict = "insufficient" if why else "measured"
    return replace(first, items=tuple(items), cas=cas, why=why, verdict=verdict)


def ranking_hash(asked: Sequence[Question]) -> str:
    """Of the questions of a ranking: what was said, and the eight candidates."""
    return digest(sorted(digest([q.item, q.said.response, q.candidates]) for q in asked))


def paraphrases_hash(items: Sequence[Paraphrased]) -> str:
    return digest(sorted(item.content_hash for item in items))


def swap_hash(items: Sequence[Item]) -> str:
    return digest(sorted(item.content_hash for item in items))


def answered(parts: Parts) -> list[tuple[str, int, int]]:
    """Name, items, and how many of them are unscored, of each part."""
    told = []
    for name, part in parts.items():
        value = part.value
        if isinstance(value, SuiteResult):
            told.append((name, value.n, value.unscored))
        elif isinstance(value, Awareness):
            lost = sum(isinstance(item.delta, Unscored) for item in value.items)
            told.append((name, len(value.items), lost))
        elif isinstance(value, Ranking):
            told.append((name, len(value.answers), value.first.unscored))
        elif isinstance(value, Swap):
            told.append((name, len(value.items), value.right.unscored))
        elif isinstance(value, Invariance):
            lost = sum(isinstance(each.kept, Unscored) for each in value.items)
            told.append((name, len(value.items), lost))
    return told
