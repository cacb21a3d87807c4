"""One cell of a study: an arm and a seed, learned by the learner's own code and then measured."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tear_core.evaluate.awareness import measuring, scores
from tear_core.evaluate.awareness.calibrating import best_of
from tear_core.evaluate.awareness.items import Witness
from tear_core.evaluate.cells import Cell, Length, Score
from tear_core.evaluate.likelihood import (
    TEMPLATES,
    Template,
    knows_the_format,
    scorer,
    token_length,
)
from tear_core.home import private_folder
from tear_core.learn.learner import Asked, Learner
from tear_core.learn.plan import Plan, epochs_of
from tear_core.model.base import Base
from tear_core.model.tree import Tree, grow
from tear_core.store import triples as stored
from tear_core.store.database import open_store
from tear_core.study.arms import Arm, deranged
from tear_core.study.design import Design
from tear_core.study.material import Material, lessons
from tear_core.triples import Triple

Told = dict[str, Any]
Measure = Callable[[Tree], dict[str, Any]]
"""What a tree is measured by beside its likelihoods; a part of the cell's file each."""


def run_cell(
    base: Base,
    plan: Plan,
    design: Design,
    material: Material,
    arm: Arm,
    seed: int,
    home: Path,
    also: Measure = lambda _: {},
) -> Iterator[Told]:
    """Learn and measure, telling each step; the last told is `{"event": "cell", ...}`.

    `home` is used while the cell is learned, and is empty or gone afterwards.
    """
    began = time.perf_counter()
    learned: Told = {"steps": 0, "triples": 0}
    if arm.lambda_ is None:
        tree = grow(base, plan.shape)
    else:
        shutil.rmtree(home, ignore_errors=True)  # a cell that was killed begins anew
        private_folder(home)
        try:
            lesson = _lesson(material, design.triples, arm, seed)
            learner = Learner(base, plan)
            yield from _learn(learner, plan, lesson, arm, seed, design.epochs, home, learned)
            assert learner.tree is not None
            tree = learner.tree
        finally:
            shutil.rmtree(home, ignore_errors=True)
    seconds = time.perf_counter() - began
    yield {"event": "measuring", "arm": arm.name, "seed": seed}
    template = _template(base, tree, arm, material)
    score, length = scorer(tree, template, plan.capacity), token_length(base)
    yield {
        "event": "cell",
        "arm": arm.name,
        "seed": seed,
        "lambda": arm.lambda_,
        "consequences": arm.consequences,
        "learned": {**learned, "seconds": round(seconds, 2)},
        "template": None if template is None else template.name,
        "surprise": surprises(score, length, material.held_out),
        "awareness": awareness(score, length, material),
        **also(tree),
    }


def _lesson(material: Material, count: int, arm: Arm, seed: int) -> list[Triple]:
    chosen = lessons(material, count, seed)
    if arm.consequences == "deranged":
        return deranged(chosen, seed)
    return [each.triple for each in chosen]


def _learn(
    learner: Learner,
    plan: Plan,
    lesson: Sequence[Triple],
    arm: Arm,
    seed: int,
    epochs: int | None,
    home: Path,
    learned: Told,
) -> Iterator[Told]:
    """One update over the whole lesson. Epochs are always given: no arm may end before another."""
    with open_store(home) as store:
        ids = [stored.add(store, each, source="study", status="pending")[0].id for each in lesson]
        asked = Asked(
            lambda_=arm.lambda_,
            epochs=epochs or epochs_of(plan, len(ids)),
            seed=seed,
            ids=tuple(ids),
        )
        for told in learner.learn(store, asked):
            if told["event"] == "error":
                raise RuntimeError(f"{arm.name}, seed {seed}: {told['message']}")
            if told["event"] == "step":
                yield {**told, "arm": arm.name, "seed": seed}
            if told["event"] == "published":
                names = ("steps", "triples", "tokens", "response_loss", "consequence_loss")
                learned.update({name: told[name] for name in names})


def surprises(score: Score, length: Length, held_out: Sequence[Witness]) -> Told:
    """Surprise at each held-out scene: nats and tokens, by input. What has no score is left out
    of the total and said."""
    cells = [_cell(w.triple) for w in held_out]
    each: list[Told] = []
    unscored = 0
    for witness, cell, nats in zip(held_out, cells, score(cells), strict=True):
        if not math.isfinite(nats):
            unscored += 1
            continue
        known = {"cluster": witness.cluster, "hash": witness.triple.content_hash}
        each.append({**known, "nats": -nats, "tokens": length(cell.consequence)})
    total, tokens = sum(e["nats"] for e in each), sum(e["tokens"] for e in each)
    return {
        "nats_per_token": total / max(1, tokens),
        "tokens": tokens,
        "unscored": unscored,
        "each": each,
    }


def awareness(score: Score, length: Length, material: Material) -> Told | None:
    """Consequence awareness on the pairs; None where the study has none."""
    if not material.pairs:
        return None
    temperature = None
    if material.calibration:
        temperature = scores.fit_temperature(scores.deltas(score, material.calibration))
    measured = measuring.measure(
        score, material.pairs, material.surface, temperature, length=length
    )
    return measured.as_json()


def _template(base: Base, tree: Tree, arm: Arm, material: Material) -> Template | None:
    """How a base is asked that was never trained on the delimiters: the plain text that suits it
    best on the calibration pairs. Whatever has learned is asked in the format it learned."""
    if arm.lambda_ is not None or knows_the_format(base):
        return None
    ways = {template.name: scorer(tree, template) for template in TEMPLATES}
    best = best_of(ways, material.calibration)
    return next(template for template in TEMPLATES if template.name == best)


def _cell(triple: Triple) -> Cell:
    return Cell(triple.input, triple.response, triple.consequence, triple.context)


def without_gate(plan: Plan) -> Plan:
    """Arms are measured, not put to use: the ones meant to fail are kept too."""
    return replace(plan, gate="off")
