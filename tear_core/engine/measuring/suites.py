"""The suites, run in the engine: on a tree of their own, so that replies go first."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tear_core import __version__
from tear_core.engine.live import Live
from tear_core.engine.messages import EngineError, Reply, SuitesRequest
from tear_core.evaluate.likelihood import knows_the_format
from tear_core.evaluate.suites.catalogue import SUITES, Material, Suite, material, named
from tear_core.evaluate.suites.measuring import Arm, compare, measure
from tear_core.evaluate.suites.result import SuiteResult
from tear_core.evaluate.suites.voices import Prompt, Written
from tear_core.learn.plan import Plan
from tear_core.model.base import Base
from tear_core.model.tree import Tree, grow
from tear_core.store.database import Store

T = TypeVar("T")
Telling = Generator[Reply, None, T]
GiveWay = Callable[[], None]


def suites(
    base: Base,
    plan: Plan,
    store: Store,
    request: SuitesRequest,
    numbers: Sequence[int],
    give_way: GiveWay,
) -> Iterator[Reply]:
    """Run suites under the first of these generations, and compare it with the second, if any.

    Yields `measuring` as it goes, a `suite` for each as soon as it is done, and `suites` at the end
    (see `engine.messages.Reply`).

    Raises:
        EngineError: there is no such suite, or its items are not what they should be.
        OSError: a file of items cannot be opened.
    """
    chosen, folder = _chosen(request.names), Path(request.items)
    items = {suite.name: _items(folder, suite, request.limit) for suite in chosen}
    arms = _Arms(base, plan, store, give_way)
    verdicts = []
    for suite in chosen:
        found = []
        for number in numbers:
            found.append((yield from _measured(suite, arms, number, items[suite.name])))
        mine, *others = found
        for other, number in zip(others, numbers[1:], strict=True):
            mine = compare(mine, other, called(number))
        verdicts.append(mine.verdict)
        yield {
            "event": "suite",
            "generation": numbers[0],
            "asks": suite.asks,
            "result": mine.as_json(),
            "others": {str(n): each.as_json() for n, each in zip(numbers[1:], others, strict=True)},
        }
    yield {
        "event": "suites",
        "base": base.name,
        "fingerprint": base.fingerprint,
        "version": __version__,
        "generation": numbers[0],
        "against": list(numbers[1:]),
        "limit": request.limit,
        "verdict": overall(verdicts),
    }


def called(number: int) -> str:
    """What a generation is called in a result."""
    return f"generation {number}" if number else "base"


def overall(verdicts: Sequence[str]) -> str:
    """The worst of them: a failure is known, however little is known of the rest."""
    return max(verdicts, key=("pass", "insufficient", "fail").index)


@dataclass
class _Arms:
    """One tree that becomes one generation after another, and what each has written."""

    base: Base
    plan: Plan
    store: Store
    give_way: GiveWay
    written: dict[int, dict[Prompt, Written]] = field(default_factory=dict)
    _live: Live | None = None
    _as_base: Tree | None = None

    def arm(self, number: int, beside_base: bool) -> Arm:
        """A generation to be measured; `beside_base`: with a tree that is as the base."""
        self._live = self._live or Live(self.base, self.plan.shape)
        self._live.be(self.store, number)
        if beside_base and number and self._as_base is None:
            self._as_base = grow(self.base, self.plan.shape)
        return Arm(
            self._live.tree,
            self._as_base if number else None,
            bool(number) or knows_the_format(self.base),
            self.plan.capacity,
            self.give_way,
            self.written.setdefault(number, {}),
        )


def _measured(suite: Suite, arms: _Arms, number: int, items: Material) -> Telling[SuiteResult]:
    work = measure(suite, arms.arm(number, suite.beside_base), items)
    while True:
        try:
            told = next(work)
        except StopIteration as end:
            result: SuiteResult = end.value
            return result
        yield {
            "event": "measuring",
            "suite": suite.name,
            "what": told.what,
            "generation": number,
            "done": told.done,
            "of": told.of,
        }


def _chosen(names: Sequence[str]) -> list[Suite]:
    try:
        return [named(name) for name in dict.fromkeys(names)] or list(SUITES)
    except ValueError as error:
        raise EngineError(str(error), "name one of those, or none for all") from error


def _items(folder: Path, suite: Suite, limit: int | None) -> Material:
    try:
        return material(folder, suite, limit)
    except FileNotFoundError as error:
        raise EngineError(
            f"{suite.name} needs {error.filename}, and it is not there", "data/suites has them all"
        ) from error
    except ValueError as error:
        raise EngineError(str(error), "docs/suites.md says what a line holds") from error
