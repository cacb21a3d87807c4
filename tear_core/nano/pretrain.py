"""Trains nano: `python -m tear_core.nano.pretrain --text DIR --triples DIR --out DIR`.

Run the same command again to go on after a stop of any kind. The finished model is
written to the folder `model` inside --out. `docs/nano.md` has the commands for a CPU,
for a GPU, and for a restart from weights that exist.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from tear_core.nano.compare import choose, parse_candidates
from tear_core.nano.export import export_run
from tear_core.nano.loop import train
from tear_core.nano.model import SHAPES
from tear_core.nano.opening import load_data
from tear_core.nano.options import Options
from tear_core.nano.schedule import TURN_SHARE
from tear_core.nano.sources import ALL_SOURCES, SOURCES, Source
from tear_core.nano.troubles import in_a_sentence

GPU_MINUTES = 9.0
"""With the start of the process and the export it is nine and a half."""

CPU_MINUTES = 90.0
RESTART_RATE = 0.4
"""Factor on the peak rates for weights that a first run has left at a rate of zero."""

GPU_BY_SIZE = 0.5
"""A GPU reads the corpus many times over: the smallest sources not as often as asked."""

COMPARE_SHARE = 0.2
"""Share of the budget that the short runs of --compare have together."""


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, choose what fits the device, train, export."""
    given = _parser().parse_args(arguments)
    if given.threads < 0:
        raise SystemExit(f"--threads {given.threads}: give a number of threads, or 0 for all cores")
    if given.threads:
        torch.set_num_threads(given.threads)
    options = _options(given)
    sources = ALL_SOURCES if given.books or given.corpus else SOURCES
    with in_a_sentence():
        _run(given.compare, options, sources)


def _run(compare: str | None, options: Options, sources: Mapping[str, Source]) -> None:
    data = None
    if compare:
        candidates = parse_candidates(compare)
        data = load_data(options, sources)
        chosen = choose(options, candidates, COMPARE_SHARE, data, sources, log=_say)
        options = replace(options, shape=chosen.shape, rate=options.rate * chosen.rate)
        options = _what_is_left(options)
    train(options, sources, log=_say, data=data)
    export_run(options.out, options.out / "model")
    _say(f"the model is in {options.out / 'model'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tear_core.nano.pretrain", description=__doc__)
    parser.add_argument("--text", type=Path, help="a folder of text archives")
    parser.add_argument("--triples", type=Path, help="a folder of .jsonl[.xz]")
    parser.add_argument("--corpus", type=Path, help="a folder of token files instead of the two")
    parser.add_argument("--books", action="store_true", help="the old books too, screened")
    parser.add_argument("--out", type=Path, required=True, help="the run; the same goes on")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, help="wall time, default 9 on a GPU, 90 on CPU")
    budget.add_argument("--steps", type=int, help="steps instead of minutes: reproducible")
    parser.add_argument("--from", dest="start", type=Path, help="a run or model to begin with")
    parser.add_argument("--rate", type=float, help="factor on the peak rates; 0.4 with --from")
    parser.add_argument("--turn", type=float, help="share of the budget before the rate falls")
    parser.add_argument("--compare", help="SHAPE[@RATE],... to choose from by short runs first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    parser.add_argument("--shape", choices=sorted(SHAPES), help="default: what fits the device")
    parser.add_argument("--batch-tokens", type=int, help="tokens a step")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, 0: all cores")
    parser.add_argument("--compile", action="store_true", help="torch.compile: slow start, faster")
    return parser


def _options(given: argparse.Namespace) -> Options:
    device = given.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device.split(":")[0] not in ("cpu", "cuda", "mps"):
        raise SystemExit(f"--device {device}: give auto, cpu, cuda or mps")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise SystemExit(f"--device {device}: this machine has no GPU that torch can use")
    gpu = device != "cpu"
    return Options(
        text=given.text,
        triples=given.triples,
        corpus=given.corpus,
        out=given.out,
        shape=SHAPES[given.shape or ("medium" if gpu else "small")],
        batch_tokens=given.batch_tokens or (65536 if gpu else 4096),
        steps=given.steps,
        minutes=None if given.steps else given.minutes or (GPU_MINUTES if gpu else CPU_MINUTES),
        seed=given.seed,
        start=given.start,
        rate=given.rate or (RESTART_RATE if given.start else 1.0),
        turn=TURN_SHARE if given.turn is None else given.turn,
        by_size=GPU_BY_SIZE if gpu else 0.0,
        device=device,
        compile=given.compile,
    )


def _what_is_left(options: Options) -> Options:
    """The budget less what the comparison was given."""
    rest = 1 - COMPARE_SHARE
    if options.steps is not None:
        return replace(options, steps=max(1, round(options.steps * rest)))
    return replace(options, minutes=(options.minutes or 0.0) * rest)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
