"""The figures of the fast gate: everything that is measured about one tree, in a few seconds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tear_core.evaluate.answers import difference
from tear_core.evaluate.figures import Figure, Unscored, figure, from_json, to_json
from tear_core.evaluate.gate.canaries import CanaryFigures, answer, look_at
from tear_core.evaluate.gate.probe_set import ProbeSet
from tear_core.evaluate.gate.probe_words import Response, Scene, Scores, own_scene, score
from tear_core.evaluate.plain_text import bits_per_byte
from tear_core.generate.speaker import TooLong
from tear_core.model.divergence import token_kl
from tear_core.model.giving_way import between_layers
from tear_core.model.packing import pack
from tear_core.model.tree import Tree
from tear_core.triples import Triple
from tear_core.witness_format import Section, TripleTooLong

MOST_NEW = 16
"""New triples on which divergence is measured: an update may have thousands."""


@dataclass(frozen=True)
class Probed:
    """What was measured about one tree.

    Attributes:
        hash: of the probe set it was measured on.
        response: nats per token of the dev responses that may be imitated.
        consequence: nats per token of the dev scenes.
        preference: mean over dev contrasts of how many nats per token the hurtful response costs
            more than the one that healed.
        bits_per_byte: of the plain texts.
        awareness: mean soft matching skill over all dev pairs, in [-1, 1], at temperature 1.
            Fourteen pairs tell a trend at best; never a verdict.
        canaries: what was written, or None if nothing could be.
        items: how many items all of that rests on.
    """

    hash: str
    response: Figure
    consequence: Figure
    preference: Figure
    bits_per_byte: Figure
    awareness: Figure
    canaries: CanaryFigures | None
    items: int

    def as_json(self) -> dict[str, Any]:
        plain = {name: to_json(figure(getattr(self, name))) for name in FIGURES}
        canaries = None
        if self.canaries is not None:
            shares = {name: to_json(figure(getattr(self.canaries, name))) for name in SHARES}
            canaries = {**shares, "blocked": list(self.canaries.blocked)}
        return {"hash": self.hash, **plain, "canaries": canaries, "items": self.items}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Probed:
        """Back from JSON; whatever is missing or odd there is unscored."""
        return cls(
            hash=str(data.get("hash", "")),
            **{name: from_json(data.get(name)) for name in FIGURES},
            canaries=_canaries(data.get("canaries")),
            items=int(data.get("items", 0)),
        )


FIGURES = ("response", "consequence", "preference", "bits_per_byte", "awareness")
SHARES = ("empty", "repetition", "alike", "penalty")


def probe(
    tree: Tree,
    items: ProbeSet,
    capacity: int = 1024,
    give_way: Callable[[], None] = lambda: None,
) -> Probed:
    """Measure a tree on the fixed items. Deterministic."""
    scores = score(tree, items, capacity, give_way)
    return Probed(
        hash=items.hash,
        response=scores.per_token([Response(each) for each in items.kind]),
        consequence=scores.per_token([own_scene(each) for each in items.triples]),
        preference=_preference(scores, items),
        bits_per_byte=bits_per_byte(scores.texts(items.texts)),
        awareness=_awareness(scores, items),
        canaries=_written(tree, items, give_way),
        items=items.size,
    )


@torch.no_grad()
def divergence(
    base: Tree,
    tree: Tree,
    triples: Sequence[Triple],
    capacity: int = 1024,
    give_way: Callable[[], None] = lambda: None,
) -> Figure:
    """KL(base ‖ tree) in nats per token over the responses to these inputs.

    At most `MOST_NEW` triples, the first ones. The responses that stand there are read; whether
    they may be imitated makes no difference to how far the tree has moved on them.
    """
    render = tree.base.format.scored_tokens
    try:
        rendered = [
            render(each, Section.RESPONSE, tree.base.context) for each in triples[:MOST_NEW]
        ]
    except TripleTooLong as error:
        return Unscored(str(error))
    total, tokens = 0.0, 0
    with between_layers(base, give_way), between_layers(tree, give_way):
        for row in pack(rendered, capacity, tree.base.device):
            give_way()
            total += float(token_kl(base, tree, row).double().sum())
            tokens += len(row.targets)
    return figure(total / tokens if tokens else None, "no words to compare on")


def _preference(scores: Scores, items: ProbeSet) -> Figure:
    gaps = []
    for healed, hurt in items.contrasts:
        costs = [scores.per_token([Response(each)]) for each in (hurt, healed)]
        gap = difference(*costs)
        if not isinstance(gap, float):
            return gap
        gaps.append(gap)
    return figure(statistics.fmean(gaps) if gaps else None, "no contrasts")


def _awareness(scores: Scores, items: ProbeSet) -> Figure:
    """Mean of 2σ(Δ) - 1, Δ = S_11 - S_12 - S_21 + S_22 (see `evaluate.awareness`)."""
    found = []
    for one, two in items.pairs:
        cells = [own_scene(one), Scene(one, two.consequence)]
        cells += [Scene(two, one.consequence), own_scene(two)]
        missing = sum(cell not in scores.of for cell in cells)
        if missing:
            return scores.too_long(missing)
        a, b, c, d = (-scores.of[cell].nats for cell in cells)
        found.append(math.tanh((a - b - c + d) / 2))  # which is 2σ(Δ) - 1
    return figure(statistics.fmean(found) if found else None, "no pairs")


def _written(tree: Tree, items: ProbeSet, give_way: Callable[[], None]) -> CanaryFigures | None:
    try:
        return look_at(answer(tree, items.canaries, give_way))
    except TooLong:
        return None


def _canaries(data: Any) -> CanaryFigures | None:
    """Their figures back from JSON; None if one is missing or no number."""
    if not isinstance(data, dict) or not isinstance(data.get("blocked"), list):
        return None
    numbers = {name: from_json(data.get(name)) for name in SHARES}
    known = {name: value for name, value in numbers.items() if isinstance(value, float)}
    if len(known) < len(SHARES):
        return None
    return CanaryFigures(blocked=tuple(map(str, data["blocked"])), **known)
