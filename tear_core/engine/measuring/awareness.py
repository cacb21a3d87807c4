"""Consequence awareness, measured in the engine: on a tree of its own, so that replies go first.

What takes time is told as it goes: cells are scored and scenes written a few at a time into a
table, and the measurement itself only looks them up.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from tear_core import __version__
from tear_core.engine.live import Live
from tear_core.engine.messages import AwarenessRequest, EngineError, Reply
from tear_core.evaluate import awareness, likelihood
from tear_core.evaluate.awareness import Awareness, Invariance, Ranking, Swap
from tear_core.evaluate.awareness.items import digest, hash_of
from tear_core.evaluate.awareness.paraphrases import Paraphrased
from tear_core.evaluate.awareness.swap import asked_of, eligible
from tear_core.evaluate.awareness.writing import reader, scenes_of
from tear_core.evaluate.cells import Cell, Score, looked_up, unique
from tear_core.evaluate.figures import Estimate
from tear_core.generate.sampling import Draw
from tear_core.learn.plan import Plan
from tear_core.model.base import Base
from tear_core.store.database import Store

T = TypeVar("T")
Telling = Generator[Reply, None, T]
GiveWay = Callable[[], None]

AS_LEARNED = "witness format"
"""The way of scoring a tree that knows the delimiters."""


@dataclass(frozen=True)
class Material:
    """What every arm is measured on."""

    sets: awareness.Sets
    surface: awareness.Surface
    asked: Sequence[Any]
    paraphrases: Sequence[Paraphrased]
    swapped: Sequence[awareness.Item]


def judge(
    base: Base,
    plan: Plan,
    store: Store,
    request: AwarenessRequest,
    numbers: Sequence[int],
    give_way: GiveWay,
) -> Iterator[Reply]:
    """Measure these generations on the same items, and compare the first with each other one.

    Yields `measuring` as it goes and one `awareness` at the end (see `engine.messages.Reply`).

    Raises:
        EngineError: the files hold nothing that can be measured.
        OSError: a file cannot be opened.
    """
    material = material_of(request)
    tree = Live(base, plan.shape)
    arms, measured = [], []
    for number in numbers:
        tree.be(store, number)
        arm = yield from measured_arm(base, tree, material, plan.capacity, give_way)
        arms.append(arm.as_json())
        measured.append(arm.awareness)
    yield {
        "event": "awareness",
        "base": base.name,
        "fingerprint": base.fingerprint,
        "version": __version__,
        "items_hash": hash_of(material.sets.items),
        "arms": arms,
        "comparisons": [
            {
                "generation": numbers[0],
                "against": number,
                **awareness.compare(measured[0], other).as_json(),
            }
            for number, other in zip(numbers[1:], measured[1:], strict=True)
        ],
    }


def material_of(request: AwarenessRequest) -> Material:
    def paths(names: Sequence[str]) -> list[Path]:
        return [Path(name) for name in names]

    sets = awareness.sets_of(paths(request.items), paths(request.train), paths(request.dev))
    items = sets.items
    if request.limit is not None:  # drawn by a hash of their inputs: the same ones every time
        items = sorted(items, key=lambda item: digest(item.cluster))[: request.limit]
    if not items:
        raise EngineError(
            "there are no two responses to one input in these files",
            "an item needs two triples with the same input and different consequences",
        )
    surface = awareness.fit_surface(sets.train)
    turned: Sequence[Paraphrased] = ()
    if request.paraphrases:
        try:
            turned = awareness.load_paraphrases(Path(request.paraphrases))
        except ValueError as error:
            raise EngineError(str(error), "docs/evaluation.md says what a line holds") from error
    return Material(
        replace(sets, items=items),
        surface,
        awareness.questions(items, sets.items) if request.ranking else (),
        turned,
        eligible(items, surface)[: request.swap],
    )


@dataclass(frozen=True)
class Arm:
    """What was measured about one generation; what was not asked for is None."""

    generation: int
    scored_in: str
    calibration_items: int
    awareness: Awareness
    ranking: Ranking | None = None
    paraphrases: Invariance | None = None
    swap: Swap | None = None
    talk: Estimate | None = None

    def as_json(self) -> dict[str, Any]:
        parts = ("awareness", "ranking", "paraphrases", "swap", "talk")
        found = {name: getattr(self, name) for name in parts}
        return {
            "generation": self.generation,
            "scored_in": self.scored_in,
            "calibration_items": self.calibration_items,
            **{name: part.as_json() for name, part in found.items() if part is not None},
        }


def measured_arm(
    base: Base, tree: Live, material: Material, capacity: int, give_way: GiveWay
) -> Telling[Arm]:
    """Measure the generation that a tree is in. Yields `measuring` as it goes."""
    items, calibration = material.sets.items, material.sets.calibration
    way, score, temperature = yield from _way(base, tree, material, capacity, give_way)
    wanted = awareness.cells(items) + awareness.ranking_cells(material.asked)
    wanted += [cell for each in material.paraphrases for cell in each.cells()]
    table = yield from _scored(score, wanted, tree.number, "scoring")
    length = likelihood.token_length(base)
    found = awareness.measure(table, items, material.surface, temperature, length=length)
    arm = Arm(tree.number, way, len(calibration), found)
    if material.asked:
        arm = replace(arm, ranking=awareness.rank(table, material.asked))
    if material.paraphrases:
        turned = awareness.paraphrase(table, material.paraphrases, max(found.temperatures))
        arm = replace(arm, paraphrases=turned)
    if material.swapped:
        swapped = yield from _swap(base, tree, material.swapped, give_way)
        texts = [text for each in swapped.items for pair in each.scenes for text in pair]
        clusters = [each.cluster for each in swapped.items for pair in each.scenes for _ in pair]
        arm = replace(arm, swap=swapped, talk=awareness.talk_rate(texts, clusters))
    return arm


def _way(
    base: Base, tree: Live, material: Material, capacity: int, give_way: GiveWay
) -> Telling[tuple[str, Score, float | None]]:
    """How this generation is scored, and its temperature.

    The bare base gets plain text if it was never trained with the delimiters. Where no other items
    are left to choose a template on, it is chosen on those that are scored: a gift to the base.
    """
    calibration = material.sets.calibration
    if tree.number or likelihood.knows_the_format(base):
        ways: dict[str, Score] = {
            AS_LEARNED: likelihood.scorer(tree.tree, None, capacity, give_way)
        }
    else:
        ways = {
            each.name: likelihood.scorer(tree.tree, each, capacity, give_way)
            for each in likelihood.TEMPLATES
        }
    others = calibration or (material.sets.items if len(ways) > 1 else [])
    tables = {}
    for name, score in ways.items():
        tables[name] = yield from _scored(
            score, awareness.cells(others), tree.number, "calibrating"
        )
    best = awareness.best_of(tables, others)
    return best, ways[best], awareness.calibrated(tables[best], calibration)


def _scored(score: Score, cells: Sequence[Cell], number: int, what: str) -> Telling[Score]:
    """Score each different cell, a few at a time."""
    wanted = unique(cells)
    table: dict[Cell, float] = {}
    for start in range(0, len(wanted), likelihood.AT_ONCE):
        some = wanted[start : start + likelihood.AT_ONCE]
        table.update(zip(some, score(some), strict=True))
        yield _told(what, number, len(table), len(wanted))
    return looked_up(table)


def _swap(
    base: Base, tree: Live, items: Sequence[awareness.Item], give_way: GiveWay
) -> Telling[awareness.Swap]:
    """Have every scene written, then judge them."""
    wanted = asked_of(items)
    scenes: dict[tuple[Cell, int], str] = {}
    for asked, scene in scenes_of(tree.tree, wanted, Draw(), give_way=give_way):
        scenes[asked] = scene
        if len(scenes) % 10 == 0 or len(scenes) == len(wanted):
            yield _told("writing scenes", tree.number, len(scenes), len(wanted))
    return awareness.swap(lambda cell, draw: scenes[cell, draw], reader(base, give_way), items)


def _told(what: str, number: int, done: int, of: int) -> Reply:
    return {"event": "measuring", "what": what, "generation": number, "done": done, "of": of}
