"""Chooses a shape and a rate by short runs that all cost the same.

A budget in minutes gives each candidate the same minutes on this machine; a budget in steps
gives each the same arithmetic: steps in inverse proportion to its parameters. The lowest
held-out loss wins. Each short run has the whole schedule, its fall to zero included, so what
is compared are ends and not beginnings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from tear_core.nano.loop import train
from tear_core.nano.model import SHAPES, Shape, build_model
from tear_core.nano.opening import Log
from tear_core.nano.options import Options
from tear_core.nano.prepare import Prepared
from tear_core.nano.sources import SOURCES, Source

FILE = "compare.json"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A shape by name, and a factor on the peak rates."""

    name: str
    shape: Shape
    rate: float

    @property
    def label(self) -> str:
        return f"{self.name}@{self.rate:g}"


def parse_candidates(listed: str, shapes: Mapping[str, Shape] = SHAPES) -> list[Candidate]:
    """`medium,deep@0.5` as candidates.

    Raises:
        SystemExit: a name is no shape, or a rate no positive number.
    """
    found = []
    for item in listed.split(","):
        name, _, rate = item.strip().partition("@")
        if name not in shapes:
            raise SystemExit(f"no shape is called {name!r}: there are {', '.join(sorted(shapes))}")
        try:
            factor = float(rate or 1)
        except ValueError:
            factor = 0.0
        if factor <= 0:
            raise SystemExit(f"{item.strip()}: a rate is a positive number, as in {name}@0.5")
        found.append(Candidate(name, shapes[name], factor))
    return found


def choose(
    options: Options,
    candidates: Sequence[Candidate],
    share: float,
    data: Prepared,
    sources: Mapping[str, Source] = SOURCES,
    log: Log = print,
) -> Candidate:
    """The candidate with the lowest held-out loss after an equal part of `share` of the budget.

    What was found is kept in the run's folder: asked again, nothing is trained again.
    """
    record = options.out / FILE
    if record.exists():
        known = {candidate.label: candidate for candidate in candidates}
        chosen = json.loads(record.read_text())["chosen"]
        if chosen in known:
            return known[chosen]
        raise SystemExit(f"{record} chose {chosen}, which is not among the candidates now")
    found: dict[str, float] = {}
    for candidate in candidates:
        short = _short(options, candidate, candidates[0], share / len(candidates))
        progress = train(short, sources, log=_quiet, data=data)
        held_out = progress.curve[-1][2]
        if held_out is None:
            raise SystemExit("nothing is held out: the candidates cannot be compared")
        found[candidate.label] = held_out
        log(f"{candidate.label}: held out {held_out} after {progress.tokens:,} tokens")
    best = min(candidates, key=lambda candidate: found[candidate.label])
    record.write_text(json.dumps({"chosen": best.label, "held_out": found}, indent=2) + "\n")
    log(f"chosen: {best.label}")
    return best


def _quiet(line: str) -> None:
    """The short runs keep their lines to themselves."""


def _short(options: Options, candidate: Candidate, first: Candidate, share: float) -> Options:
    """The options of one short run, on `share` of the whole budget."""
    steps = None
    if options.steps is not None:
        weight = _parameters(first.shape) / _parameters(candidate.shape)
        steps = max(1, round(options.steps * share * weight))
    return replace(
        options,
        out=options.out / "compare" / candidate.label,
        shape=candidate.shape,
        rate=options.rate * candidate.rate,
        steps=steps,
        minutes=None if options.minutes is None else options.minutes * share,
        compile=False,  # the wait for it would be most of a short run
    )


def _parameters(shape: Shape) -> int:
    with torch.device("meta"):
        return build_model(shape, eos=0, seed=0).num_parameters()
