"""The full gate in the engine: everything measured of a generation and of the base, then judged.

On trees of their own, so that replies go first. What was measured is told as it goes; the verdict
is kept with the generation, and changes nothing about which one answers.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any, TypeVar

import torch

from tear_core import __version__
from tear_core.engine.live import Live
from tear_core.engine.measuring import awareness, kept_suites
from tear_core.engine.measuring.attributing import attribution
from tear_core.engine.measuring.benchmarks import benchmarks
from tear_core.engine.measuring.contamination import learned_items
from tear_core.engine.measuring.gate_items import hashes_of, read_items, suite_hash
from tear_core.engine.messages import EngineError, GateRequest, Reply
from tear_core.evaluate import likelihood
from tear_core.evaluate.awareness import cells
from tear_core.evaluate.figures import Figure, figure
from tear_core.evaluate.gate.full.evidence import (
    Evidence,
    Expected,
    Part,
    paraphrases_hash,
    ranking_hash,
    swap_hash,
)
from tear_core.evaluate.gate.full.judging import judge_full
from tear_core.evaluate.gate.thresholds import thresholds
from tear_core.evaluate.suites import catalogue, forgetting
from tear_core.evaluate.suites import measuring as suites
from tear_core.evaluate.suites.catalogue import Material
from tear_core.evaluate.suites.result import SuiteResult
from tear_core.evaluate.suites.voices import Prompt, Written
from tear_core.learn.gating import ProbeGate
from tear_core.learn.plan import Plan
from tear_core.model.base import Base
from tear_core.model.tree import Tree, grow
from tear_core.store import generations, lineage
from tear_core.store import triples as stored_triples
from tear_core.store.database import Store
from tear_core.store.exposures import exposures
from tear_core.store.generations import BASE, Generation
from tear_core.store.ids import now
from tear_core.triples import Triple

T = TypeVar("T")
Telling = Generator[Reply, None, T]
GiveWay = Callable[[], None]
AGAIN = 12
"""Pairs whose cells are scored a second time, one by one."""


@dataclass(frozen=True)
class _Work:
    """What there is to measure, and with what."""

    base: Base
    plan: Plan
    store: Store
    row: Generation
    asked: awareness.Material
    suites: Mapping[str, Material]
    give_way: GiveWay


def certify(
    base: Base, plan: Plan, store: Store, request: GateRequest, number: int, give_way: GiveWay
) -> Iterator[Reply]:
    """Run the ten tests on a generation (see `engine.messages.Reply`).

    Raises:
        EngineError: the base itself was asked for, or the files are not what they should be.
        OSError: a file cannot be opened.
    """
    began = time.perf_counter()
    row = generations.get(store, number)
    if row is None:
        raise EngineError("the base has learned nothing that could be tested", "name a generation")
    work = _Work(base, plan, store, row, *read_items(request), give_way)
    answers = benchmarks(request.benchmarks, row, base)
    expected = Expected(
        row.manifest_sha256, base.fingerprint, hashes_of(work.asked, work.suites), __version__
    )
    taught = _taught(store, number)
    tree = Live(base, plan.shape)
    tree.be(store, number)
    probe = yield from _probe(work, tree)
    mine = yield from _parts(work, tree, row.manifest_sha256)
    rerun = _rerun(work, tree)
    beside = None
    if request.study:
        yield _told("the arms of the study", number, 0, 1)
        beside = attribution(store.home, request.study, base, tree, taught, plan.capacity, give_way)
    tree.be(store, BASE)
    of_base = yield from _parts(work, tree, base.fingerprint)
    evidence = Evidence(
        mine,
        of_base,
        probe,
        rerun,
        learned_items(taught, work.asked.sets.items, work.asked.paraphrases, work.suites),
        rerun_bar="rerun_bfloat16" if base.dtype == torch.bfloat16 else "rerun",
        attribution=beside,
        benchmarks=answers,
    )
    verdict = judge_full(evidence, expected, thresholds("full"))
    about = {
        "at": now(),
        "seconds": round(time.perf_counter() - began, 1),
        "study": request.study,
        "limit": request.limit,
    }
    generations.judged(store, number, verdict.verdict, {**verdict.summary(), **about})
    yield {
        "event": "gate_report",
        "generation": number,
        "base": base.name,
        "live": generations.live(store, base.name) == number,
        **verdict.as_json(),
        **about,
        "packages": _packages(),
        "evidence": _as_json(evidence) if request.evidence else None,
    }


def _probe(work: _Work, tree: Live) -> Telling[dict[str, Any]]:
    """The fast gate once more, against the nearest ancestor whose files are there."""
    store, base, plan, row = work.store, work.base, work.plan, work.row
    line = [each for each in generations.ancestors(store, row.number) if not each.removed_at]
    parent = next((each.number for each in line if generations.has_files(store, each)), BASE)
    yield _told("the fast gate", row.number, 0, 1)
    beside = Live(base, plan.shape)
    beside.be(store, parent)
    gate = ProbeGate(base)
    gate.before(store, beside.tree, parent, plan.capacity, work.give_way)
    new = [each.triple for each in exposures(store, row.number, "new")]
    words = [each.triple for each in stored_triples.get_many(store, new)]
    judged = gate.after(tree.tree, words, plan.capacity, work.give_way)
    yield _told("the fast gate", row.number, 1, 1)
    return judged.as_json()


def _parts(work: _Work, tree: Live, model: str) -> Telling[dict[str, Part[Any]]]:
    """Everything about the generation that a tree is in. Written scenes are of no base."""
    asked = work.asked if tree.number else replace(work.asked, swapped=(), paraphrases=())
    arm = yield from awareness.measured_arm(
        work.base, tree, asked, work.plan.capacity, work.give_way
    )
    values: list[tuple[str, Any, str]] = [
        ("awareness", arm.awareness, arm.awareness.items_hash),
    ]
    if arm.ranking is not None:
        found = ranking_hash([answer.question for answer in arm.ranking.answers])
        values.append(("ranking", arm.ranking, found))
    if arm.swap is not None:
        values.append(("swap", arm.swap, swap_hash(asked.swapped)))
    if arm.paraphrases is not None:
        values.append(("paraphrases", arm.paraphrases, paraphrases_hash(asked.paraphrases)))
    written: dict[Prompt, Written] = {}
    for name, material in work.suites.items():
        result = yield from _suite(work, tree, name, material, model, written)
        values.append((name, result, result.items_hash))
    return {name: Part(value, model, items, __version__) for name, value, items in values}


def _suite(
    work: _Work,
    tree: Live,
    name: str,
    material: Material,
    model: str,
    written: dict[Prompt, Written],
) -> Telling[SuiteResult]:
    kept = kept_suites.read(work.store.home, model, name, suite_hash(name, material))
    if kept is not None:
        yield _told(f"{name}, kept from before", tree.number, kept.n, kept.n)
        return kept
    arm = suites.Arm(
        tree.tree,
        _as_base(work) if name == forgetting.NAME and tree.number else None,
        bool(tree.number) or likelihood.knows_the_format(work.base),
        work.plan.capacity,
        work.give_way,
        written,
    )
    steps = suites.measure(catalogue.named(name), arm, material)
    while True:
        try:
            told = next(steps)
        except StopIteration as end:
            result: SuiteResult = end.value
            kept_suites.keep(work.store.home, model, result)
            return result
        yield _told(f"{name}: {told.what}", tree.number, told.done, told.of)


def _as_base(work: _Work) -> Tree:
    return grow(work.base, work.plan.shape)


def _rerun(work: _Work, tree: Live) -> Figure:
    """The largest difference, in nats, between cells scored in company and alone."""
    score = likelihood.scorer(tree.tree, None, work.plan.capacity, work.give_way)
    some = cells(work.asked.sets.items[:AGAIN])
    together, alone = score(some), [score([cell])[0] for cell in some]
    return figure(max(abs(a - b) for a, b in zip(together, alone, strict=True)))


def _taught(store: Store, number: int) -> list[Triple]:
    found = stored_triples.get_many(store, list(lineage.seen_by(store, number)))
    return [each.triple for each in found]


def _packages() -> dict[str, str]:
    names = ("torch", "transformers", "peft", "numpy")
    return {
        "tear-tui": __version__,
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in names},
    }


def _as_json(evidence: Evidence) -> dict[str, Any]:
    """Every figure of every item: what `--out` writes."""
    return {
        "probe": evidence.probe,
        "generation": {name: part.value.as_json() for name, part in evidence.mine.items()},
        "base": {name: part.value.as_json() for name, part in evidence.base.items()},
    }


def _told(what: str, number: int, done: int, of: int) -> Reply:
    return {"event": "measuring", "what": what, "generation": number, "done": done, "of": of}
