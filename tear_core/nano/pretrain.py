"""Trains nano from nothing: `python -m tear_core.nano.pretrain --text DIR --triples DIR --out DIR`.

Run the same command again to go on after a stop of any kind. The finished model is
written to the folder `model` inside --out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from tear_core.nano.export import export_run
from tear_core.nano.loop import Options, train
from tear_core.nano.model import SHAPES

GPU_MINUTES = 9.5
CPU_MINUTES = 90.0


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, choose what fits the device, train, export."""
    parser = argparse.ArgumentParser(prog="python -m tear_core.nano.pretrain", description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="a folder of text archives")
    parser.add_argument("--triples", type=Path, required=True, help="a folder of .jsonl[.xz]")
    parser.add_argument("--out", type=Path, required=True, help="the run; the same goes on")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, help="wall time, default 10 on a GPU, 90 on CPU")
    budget.add_argument("--steps", type=int, help="steps instead of minutes: reproducible")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    parser.add_argument("--shape", choices=sorted(SHAPES), help="default: what fits the device")
    parser.add_argument("--batch-tokens", type=int, help="tokens a step")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, 0: all cores")
    parser.add_argument("--compile", action="store_true", help="torch.compile: slow start, faster")
    given = parser.parse_args(arguments)
    device = given.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if given.threads:
        torch.set_num_threads(given.threads)
    gpu = device != "cpu"
    minutes = None if given.steps else given.minutes or (GPU_MINUTES if gpu else CPU_MINUTES)
    options = Options(
        text=given.text,
        triples=given.triples,
        out=given.out,
        shape=SHAPES[given.shape or ("medium" if gpu else "small")],
        batch_tokens=given.batch_tokens or (65536 if gpu else 4096),
        steps=given.steps,
        minutes=minutes,
        seed=given.seed,
        device=device,
        compile=given.compile,
    )
    train(options, log=lambda line: print(line, flush=True))
    export_run(options.out, options.out / "model")
    print(f"the model is in {options.out / 'model'}")


if __name__ == "__main__":
    main()
