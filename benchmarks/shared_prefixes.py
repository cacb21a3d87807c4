"""What is gained by reading once what triples have in common?

    python benchmarks/shared_prefixes.py --base nano --out results/shared_prefixes.json

Two ways to take the gradient of a window of 16 triples, forward and backward:

  together    packed as a tree: what sequences share is read once, and has one hidden state
  apart       packed without sharing, each sequence whole

of contrast pairs and sibling pairs (one input, two responses), of 2, 4 and 8 scenes to one
response, and of 4 scenes to a response within a dialogue. Several scenes are made of real ones: a
response with the consequences of others of the same part and landing. `--pairs FILE` adds a
file's own pairs: triples with the same input.

Told are the tokens that are read (their ratio is about the most that sharing can gain: how much of
a triple is shared decides), the ratio of the times, the memory, and how far the gradients are
apart: more than 1e-5 of their length (in float32) and the script exits 1. Times are in the
precision that the learner would take here.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learning_settings import BASES
from side_by_side import (
    Figures,
    Rounds,
    Spread,
    arguments_for,
    in_turn,
    peak_memory,
    ratios,
    report,
    save,
    serve,
    summed_up,
    table,
)

if TYPE_CHECKING:
    from torch import Tensor

    from tear_core.learn.plan import Plan
    from tear_core.model.precision import Precision
    from tear_core.model.tree import Tree
    from tear_core.triples import Triple
    from tear_core.witness_format import Tokens

DATA = Path(__file__).resolve().parent.parent / "data"
WINDOW = 16
CLOSE = {"cpu": 1e-5, "cuda": 5e-2}
"""How far apart gradients may be, relative to their length: of float32, of bfloat16."""


def main() -> None:
    given = options().parse_args()
    if given.child:
        serve(lambda: contender(given.child, given))
        return
    arguments = [f"--base={given.base}", f"--count={given.count}", f"--device={given.device}"]
    arguments += [f"--pairs={given.pairs}"] if given.pairs else []
    taken = in_turn(
        __file__,
        ["together", "apart"],
        arguments,
        rounds=given.rounds,
        warm=min(1, given.rounds - 1),
        threads=given.threads,
    )
    if len(taken) < 2:
        raise SystemExit("nothing to compare: see above")
    names = [key.removeprefix("read ") for key in taken["apart"][0] if key.startswith("read ")]
    print(shown(taken, names))
    settings = {"base": given.base, "count": given.count, "rounds": given.rounds}
    settings |= {"threads": given.threads, "device": given.device}
    results = {
        "contenders": summed_up(taken),
        "apart_over_together": {name: gains(taken, name) for name in names},
    }
    save(given.out, report("shared_prefixes", settings, results))
    worst = max(taken["together"][0][f"difference {name}"] for name in names)
    if worst > CLOSE[given.device]:
        raise SystemExit(f"the gradients are not the same: {worst:.1e} of their length apart")


def options() -> argparse.ArgumentParser:
    parser = arguments_for(__doc__)
    parser.add_argument("--base", default="nano", choices=BASES)
    parser.add_argument("--count", type=int, default=32, help="triples of each kind")
    parser.add_argument("--pairs", type=Path, help="JSONL: triples with the same input are pairs")
    return parser


# --- what shares a beginning


def kinds_of(count: int, pairs: Path | None) -> dict[str, list[Triple]]:
    """Triples of each kind, those that share a beginning one after the other."""
    from rendered import triples_of

    contrast, siblings, dialogues = (
        triples_of([DATA / part]) for part in ("contrast", "siblings", "pressure")
    )
    kinds = {"contrast pairs": paired(contrast), "sibling pairs": paired(siblings)}
    if pairs:
        kinds["pairs of the file"] = paired(triples_of([pairs]))
    for scenes in (2, 4, 8):
        kinds[f"{scenes} scenes"] = with_scenes(siblings, scenes)
    kinds["4 scenes, dialogue"] = with_scenes(dialogues, 4)
    return {name: triples[:count] for name, triples in kinds.items()}


def paired(triples: Sequence[Triple]) -> list[Triple]:
    """The first two triples of each input that has two."""
    by_input = defaultdict(list)
    for triple in triples:
        by_input[triple.context, triple.input].append(triple)
    return [triple for each in by_input.values() if len(each) > 1 for triple in each[:2]]


def with_scenes(triples: Sequence[Triple], scenes: int) -> list[Triple]:
    """So many triples of one input and response: its own scene, and others of the same landing."""
    by_landing = defaultdict(list)
    for triple in triples:
        by_landing[triple.landing].append(triple)
    found = []
    for each in by_landing.values():
        for start in range(0, len(each) - scenes + 1, scenes):
            group = each[start : start + scenes]
            found += [replace(group[0], consequence=other.consequence) for other in group]
    return found


# --- a contender, in its own process


def contender(name: str, given: argparse.Namespace) -> Callable[[], Figures]:
    from bases import as_base_name
    from rendered import rendered

    from tear_core.learn.plan import plan_for
    from tear_core.model.load import load_base
    from tear_core.model.tree import grow
    from tear_core.settings import Settings

    base = load_base(as_base_name(given.base), device=given.device)
    plan = plan_for(base, Settings())
    tree = grow(base, plan.shape)
    stir(tree)
    kinds = {
        kind: rendered(base, triples)
        for kind, triples in kinds_of(given.count, given.pairs).items()
    }
    fixed: dict[str, float] = {}
    for kind, sequences in kinds.items():
        fixed[f"read {kind}"] = tokens_read(tree, sequences, plan.capacity, name == "together")
        if name == "together":
            fixed[f"difference {kind}"] = difference(tree, sequences[:WINDOW], plan)

    def one() -> Figures:
        figures = dict(fixed)
        for kind, sequences in kinds.items():
            figures |= measured(tree, kind, sequences, plan, name == "together")
        return figures

    return one


def stir(tree: Tree) -> None:
    """LoRA's B begins at zero, where its A has no gradient to compare."""
    import torch

    with torch.no_grad():
        torch.manual_seed(0)
        for name, parameter in sorted(tree.adapter().items()):
            if "lora_B" in name:
                parameter.normal_(std=0.02)


def windows(sequences: Sequence[Tokens]) -> list[Sequence[Tokens]]:
    return [sequences[start : start + WINDOW] for start in range(0, len(sequences), WINDOW)]


def tokens_read(tree: Tree, sequences: Sequence[Tokens], capacity: int, share: bool) -> int:
    from tear_core.model.packing import pack

    device = tree.base.device
    return sum(
        len(each)
        for window in windows(sequences)
        for each in pack(window, capacity, device, share=share)
    )


def gradient(
    tree: Tree, window: Sequence[Tokens], plan: Plan, share: bool, precision: Precision
) -> list[Tensor]:
    """Of the dual loss of a window, for each tensor of the adapter."""
    from tear_core.learn.loss import Example, dual_loss, window_of
    from tear_core.model.packing import pack
    from tear_core.model.precision import products_in, row_multiple
    from tear_core.model.scoring import token_nll

    base, examples = tree.base, [Example(tokens) for tokens in window]
    counts, products = window_of(examples), products_in(precision, base)
    multiple = row_multiple(precision, base)
    parameters = [parameter for _, parameter in sorted(tree.adapter().items())]
    for parameter in parameters:
        parameter.grad = None
    for row in pack(window, plan.capacity, base.device, share=share, multiple=multiple):
        nll = token_nll(tree, row, products=products)
        dual_loss(nll, row, examples, counts, 1.0).total.backward()
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def difference(tree: Tree, window: Sequence[Tokens], plan: Plan) -> float:
    """The distance between both gradients, of the tensor where it is largest for its length."""
    one = [each.clone() for each in gradient(tree, window, plan, True, "base")]
    other = gradient(tree, window, plan, False, "base")
    return max(float((a - b).norm() / b.norm()) for a, b in zip(one, other, strict=True))


def measured(
    tree: Tree, kind: str, sequences: Sequence[Tokens], plan: Plan, share: bool
) -> dict[str, float]:
    import torch

    def now() -> tuple[float, float]:
        if tree.base.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter(), time.process_time()

    with peak_memory(tree.base.device.type) as peak:
        began = now()
        for window in windows(sequences):
            gradient(tree, window, plan, share, plan.precision)
        ended = now()
    return {
        f"seconds {kind}": ended[0] - began[0],
        f"processor {kind}": ended[1] - began[1],
        f"above {kind}": peak.above,
        f"peak {kind}": peak.total,
    }


# --- what is told


def gains(taken: Rounds, kind: str) -> dict[str, float]:
    """Apart over together: above 1, sharing gained."""
    keys = {"read": "read", "time": "seconds", "processor": "processor", "peak": "peak"}
    return {
        name: ratios(taken, f"{key} {kind}", "apart", "together").median
        for name, key in keys.items()
    }


def shown(taken: Rounds, kinds: Sequence[str]) -> str:
    def median(name: str, key: str) -> float:
        return Spread.of([each[key] for each in taken[name]]).median

    rows: list[list[Any]] = []
    for kind in kinds:
        gained = gains(taken, kind)
        read = [f"{median(name, f'read {kind}'):,.0f}" for name in ("apart", "together")]
        held = [f"{median(n, f'peak {kind}') / 2**20:,.0f}" for n in ("apart", "together")]
        ratio = [f"{gained[key]:.2f} x" for key in ("read", "time", "processor")]
        apart = f"{taken['together'][0][f'difference {kind}']:.0e}"
        rows.append([kind, *read, *ratio, *held, apart])
    header = ["", "read apart", "together", "fewer", "faster", "by processor"]
    return table([*header, "peak MiB apart", "together", "gradients differ by"], rows)


if __name__ == "__main__":
    main()
