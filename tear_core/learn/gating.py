"""The fast gate beside a learner: what is measured before an update, after it, and kept between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tear_core.evaluate.anti_judge import judge
from tear_core.evaluate.gate.judging import (
    ProbeFigures,
    ProbeVerdict,
    flagged_share,
    judge_probe,
)
from tear_core.evaluate.gate.probe_set import shipped
from tear_core.evaluate.gate.probing import Probed, divergence, probe
from tear_core.evaluate.gate.thresholds import thresholds
from tear_core.learn import base_figures
from tear_core.learn.loss import response_weight
from tear_core.model.base import Base
from tear_core.model.tree import LoraShape, Tree, grow
from tear_core.store import generations
from tear_core.store.database import Store
from tear_core.triples import Triple

GiveWay = Callable[[], None]


class ProbeGate:
    """Holds each update against the generation that it stands on, and against the base.

    The base is measured once in a home (see `base_figures`); a parent's figures are those that
    were kept with it, unless they were measured on other items.
    """

    def __init__(self, base: Base) -> None:
        self._base = base
        self._items = shipped()
        self._bars = thresholds("probe", base.demonstration)
        self._base_tree: Tree | None = None
        self._of_base: Probed | None = None
        self._parent: tuple[int, Probed] | None = None
        self._latest: Probed | None = None
        self._seconds = 0.0
        self._one = threading.Lock()

    def know_base(self, home: Path, capacity: int, give_way: GiveWay) -> Probed:
        """What the base is like: kept from before, or measured now. From any thread."""
        with self._one:
            if self._base_tree is None:
                self._base_tree = grow(self._base, LoraShape(rank=1))
            if self._of_base is None:
                self._of_base = base_figures.read(home, self._base, self._items.hash)
            if self._of_base is None:
                self._of_base = probe(self._base_tree, self._items, capacity, give_way)
                with suppress(OSError):  # it is measured again another time
                    base_figures.keep(home, self._base, self._of_base)
            return self._of_base

    def before(
        self, store: Store, tree: Tree, number: int, capacity: int, give_way: GiveWay
    ) -> None:
        """Know what `tree`, which stands at generation `number`, is like before it learns."""
        began = time.perf_counter()
        of_base = self.know_base(store.home, capacity, give_way)
        if number == 0:
            self._parent = (0, of_base)
        elif self._parent is None or self._parent[0] != number:
            kept = _kept(store, number)
            if kept is None or kept.hash != self._items.hash:
                kept = probe(tree, self._items, capacity, give_way)
            self._parent = (number, kept)
        self._seconds = time.perf_counter() - began

    def after(
        self, tree: Tree, new: Sequence[Triple], capacity: int, give_way: GiveWay
    ) -> ProbeVerdict:
        """The verdict on what `tree` has become by learning `new`.

        Where nothing is new (a merge), the distance from the base is measured on the fixed items.
        """
        began = time.perf_counter()
        self._latest = probe(tree, self._items, capacity, give_way)
        assert self._base_tree is not None  # `before` comes before
        moved = divergence(self._base_tree, tree, new or self._items.triples, capacity, give_way)
        given = [judge(each.response) for each in new if response_weight(each.landing) > 0]
        figures = ProbeFigures(
            now=self._latest,
            parent=self._parent and self._parent[1],
            base=self._of_base,
            divergence=moved,
            imitated=float(sum(each.hard_block for each in given)),
            flagged=flagged_share([each.penalty for each in given]),
        )
        seconds = self._seconds + time.perf_counter() - began
        return judge_probe(figures, self._items.hash, self._bars, seconds)

    def stands_at(self, number: int) -> None:
        """What was measured last has become this generation."""
        if self._latest is not None:
            self._parent, self._latest = (number, self._latest), None


def _kept(store: Store, number: int) -> Probed | None:
    row = generations.get(store, number)
    measured = ((row.gate if row else None) or {}).get("probe", {}).get("measured")
    return Probed.from_json(measured) if isinstance(measured, dict) else None
