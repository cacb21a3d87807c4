"""Generations made of others, and what they do, in the engine: merge, negate, rebuild, behaviour.

Replies go first here too. Nothing that is made goes live by itself, but a rebuild of what answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from tear_core.engine.live import Live
from tear_core.engine.messages import BehaviourRequest, EngineError, Reply, ReworkRequest
from tear_core.evaluate.gate.canaries import answer
from tear_core.evaluate.gate.probe_set import shipped
from tear_core.evaluate.gate.probing import probe
from tear_core.learn.entering import Made, enter
from tear_core.learn.gating import ProbeGate
from tear_core.learn.making import Mixture, merged, negated
from tear_core.learn.merging import CannotMerge
from tear_core.learn.plan import Plan
from tear_core.learn.rebuilding import rebuild
from tear_core.learn.told import published
from tear_core.model.base import Base
from tear_core.store import generations
from tear_core.store.database import Store
from tear_core.store.fitting import stands_for

GiveWay = Callable[[], None]


def behaviour(
    base: Base,
    plan: Plan,
    store: Store,
    request: BehaviourRequest,
    numbers: Sequence[int],
    give_way: GiveWay,
) -> Iterator[Reply]:
    """What each of these generations measures and answers on fixed inputs (see `Reply`)."""
    items = shipped()
    inputs = {text: text for text in request.inputs} or items.canaries
    tree = Live(base, plan.shape)
    for number in numbers:
        yield {"event": "measuring", "what": "answering", "generation": number}
        tree.be(store, number)
        said = answer(tree.tree, inputs, give_way)
        yield {
            "event": "behaviour",
            "generation": number,
            "probe": probe(tree.tree, items, plan.capacity, give_way).as_json(),
            "answers": {
                name: {"input": inputs[name], **asdict(each)} for name, each in said.items()
            },
        }


def rework(
    base: Base, plan: Plan, store: Store, request: ReworkRequest, give_way: GiveWay
) -> Iterator[Reply]:
    """Make a generation out of others. The caller holds the learner's lock.

    Raises:
        EngineError: they do not go together.
    """
    gate = ProbeGate(base) if plan.gate == "on" else None
    try:
        if request.kind == "rebuild":
            yield from _rebuilt(base, store, request, gate, give_way)
            return
        made, error = _made(base, store, request)
    except CannotMerge as problem:
        raise EngineError(str(problem)) from problem
    yield {"event": "combined", "error": error, "rank": made.tree.shape.rank}
    if gate is not None:
        # It stands on its parent, whose tree is not at hand: figures that were kept, or the base's.
        tree = Live(base, plan.shape)
        tree.be(store, made.parent)
        gate.before(store, tree.tree, made.parent, plan.capacity, give_way)
        judged = gate.after(made.tree, (), plan.capacity, give_way)
        yield {"event": "gate", **judged.as_json()}
        made = replace(made, verdict=judged.verdict, gate={"probe": judged.as_json()})
    row = enter(store, made, make_live=False)
    yield {"event": "published", **published(row, generations.live(store, base.name))}


def _made(base: Base, store: Store, request: ReworkRequest) -> tuple[Made, float]:
    if request.kind == "merge":
        mixture = Mixture(request.method, request.weights, request.density, request.seed)
        return merged(store, base, request.generations, mixture, request.label)
    if len(request.generations) != 1:
        raise EngineError("negating takes one generation")
    number = request.generations[0]
    row = generations.get(store, number)
    if row is None:
        raise EngineError("the base has learned nothing that could be taken away")
    of = (row.parent or 0) if request.of is None else request.of
    made = negated(store, base, number, of, request.weight, request.label)
    return made, float(made.settings["error"])


def _rebuilt(
    base: Base, store: Store, request: ReworkRequest, gate: ProbeGate | None, give_way: GiveWay
) -> Iterator[Reply]:
    number = request.generations[0]
    was_live = number in (generations.live(store, base.name), stands_for(store, base.name))
    last: dict[str, Any] = {}
    for last in rebuild(store, base, number, request.without, gate, give_way):
        if last["event"] != "lineage":
            yield last
    made = last["generation"]
    row = generations.get(store, made)
    if was_live and made != number and not (row and row.refused):
        generations.use(store, base.name, made, f"generation {number}, rebuilt")
    live = generations.live(store, base.name)
    yield {**last, "live": live, "verdict": row.verdict if row else ""}
