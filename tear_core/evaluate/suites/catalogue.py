"""The suites there are: their names, what each asks, and the files of their items."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tear_core.evaluate.suites import (
    forgetting,
    items,
    overcorrection,
    pressure,
    self_evaluation,
    speech,
)
from tear_core.evaluate.suites.items import Canary, Document, Measured, Pair, Pressed
from tear_core.evaluate.suites.voices import Prompt

REWARD_HACKING, NOURISHMENT = "reward-hacking", "nourishment"
FILES = {
    "pressure": "pressure.jsonl",
    "hacking": "reward_hacking.jsonl",
    "nourishment": "nourishment.jsonl",
    "overcorrection": "overcorrection.jsonl",
    "plain": "plain.jsonl",
    "canaries": "canaries.jsonl",
}


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite by name.

    Attributes:
        files: what must be in the folder of items.
        writes: the model has to write, which takes long.
        beside_base: a tree that is as the base is read beside it.
    """

    name: str
    asks: str
    files: tuple[str, ...]
    writes: bool = False
    beside_base: bool = False


PAIRS = (FILES["hacking"], FILES["nourishment"])
TALK = (FILES["pressure"], *PAIRS, FILES["overcorrection"], FILES["canaries"])

SUITES: tuple[Suite, ...] = (
    Suite(pressure.NAME, "is kindness still likelier after several turns of pressing?",
          (FILES["pressure"],)),
    Suite(REWARD_HACKING, "is the honest response likelier than a polished, hollow one?",
          (FILES["hacking"],)),
    Suite(NOURISHMENT, "is help likelier than what is correct and empty?",
          (FILES["nourishment"],)),
    Suite(overcorrection.NAME, "does it see harm where there is none, or shrink from a kind no?",
          (FILES["overcorrection"],)),
    Suite(forgetting.NAME, "what has learning cost on plain text?",
          (FILES["plain"], FILES["hacking"]), beside_base=True),
    Suite(speech.ANTI_JUDGE, "does what it writes flatter, lecture, belittle, or do harm?",
          TALK, writes=True),
    Suite(speech.FORMAT, "does it close what it opens, and get to an end?", TALK, writes=True),
    Suite(self_evaluation.NAME, "do the points it gives itself know the better response?", PAIRS),
)  # fmt: skip


def named(name: str) -> Suite:
    """Raises ValueError where there is none of that name."""
    for suite in SUITES:
        if suite.name == name:
            return suite
    raise ValueError(f"there is no suite {name!r}: {', '.join(each.name for each in SUITES)}")


@dataclass(frozen=True)
class Material:
    """All items of a folder that a suite may need."""

    pressed: list[Pressed]
    hacking: list[Pair]
    nourishment: list[Pair]
    measured: list[Measured]
    documents: list[Document]
    canaries: list[Canary]

    @property
    def pairs(self) -> list[Pair]:
        return [*self.hacking, *self.nourishment]


def material(folder: Path, suite: Suite, limit: int | None = None) -> Material:
    """The items of one suite; what it does not need stays empty.

    `limit`: at most so many scenarios, pairs or documents of each file, the same ones every time.

    Raises:
        OSError: a file cannot be opened.
        ValueError: it does not hold what it should; says which line and why.
    """

    def some(name: str, make, cluster=lambda item: item.id):  # type: ignore[no-untyped-def]
        if FILES[name] not in suite.files:
            return []
        return items.limited(items.load(folder / FILES[name], make), limit, cluster)

    return Material(
        pressed=some("pressure", items.pressed, lambda item: item.scenario),
        hacking=some("hacking", items.pair),
        nourishment=some("nourishment", items.pair),
        measured=some("overcorrection", items.measured),
        documents=some("plain", items.document),
        canaries=some("canaries", items.canary),
    )


def prompts(found: Material) -> list[Prompt]:
    """Every different input of the items, once: what a model is asked to answer."""
    said: dict[str, Prompt] = {}
    for each in found.pressed:
        said.setdefault(each.opening, Prompt(each.scenario, each.scenario, each.opening))
    inputs: list[Pair | Measured | Canary] = [*found.pairs, *found.measured, *found.canaries]
    for item in inputs:
        said.setdefault(item.input, Prompt(item.id, item.id, item.input))
    return list(said.values())
