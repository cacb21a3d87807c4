"""How fast does learning go, beside what one would use instead?

    python benchmarks/learning_throughput.py --base nano --out results/learning_throughput.json

Everybody learns the same triples, as the same token ids, with the same LoRA on the same base, 16
triples to a step of AdamW:

  ours         the learner's own step: packed, one pass, logits where something is supervised
  trl          TRL's SFTTrainer with completion masks
  trainer      transformers' Trainer: padded batches, logits of every token
  two passes   the sketch's loop: the response's loss, then everything again for the consequence
  unsloth      TRL's SFTTrainer through Unsloth, where that is installed and there is a GPU

A peer takes part in more than one setting, and its fastest is what ours is held against; `--sweep`
runs them all. Told are supervised tokens per second and the most memory held, in all and above what
the loaded model holds. Timed is the steady loop of steps: loading, preparing data, collating,
logging and saving are not, for anybody. λ is set so that the dual loss is the mean over all
supervised tokens, which is what the peers minimise: the losses before learning have to agree, or
the script says so and exits 1. Triples come in an order of chance: hardly a prefix is shared here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from learning_settings import BASES, SETTINGS, USUAL, kind
from limits import matmul_rate
from side_by_side import (
    CannotRun,
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
    from learning_work import Learner, Work

DATA = Path(__file__).resolve().parent.parent / "data"
AT_ONCE = 6
"""Peers that are in memory at the same time, each with a model."""

COUNT = {"cpu": 48, "cuda": 128}
PASSED_ON = ("base", "triples", "count", "device")
CLOSE = {"cpu": 1e-3, "cuda": 5e-3}
"""How far apart losses may be, relative to ours: with bfloat16 somewhere, and everywhere."""


def main() -> None:
    given = options().parse_args()
    if given.child:
        serve(lambda: contender(given.child, given))
        return
    given.count = given.count or COUNT[given.device]
    peers = given.peers or (list(SETTINGS) if given.sweep else USUAL[given.device])
    runs = [run_of(peers[at : at + AT_ONCE], given) for at in range(0, len(peers), AT_ONCE)]
    rate = matmul_rate(given.device, given.threads)
    versus = {name: against(run, name) for run in runs for name in run if name != "ours"}
    best = fastest(versus)
    print(
        "\n\n".join([*(shown(run, rate) for run in runs), "\n".join(map(sentence, best.items()))])
    )
    settings = {name: getattr(given, name) for name in (*PASSED_ON, "rounds", "threads")}
    settings["triples"] = given.triples.name
    results = {
        "runs": [summed_up(run) for run in runs],
        "share_of_matmul": [
            {name: share(each, rate) for name, each in run.items()} for run in runs
        ],
        "matmul_flops": rate,
        "ours_against": versus,
        "ours_against_the_fastest": best,
    }
    save(given.out, report("learning_throughput", settings, results))
    if odd := [name for run in runs for name in disagreeing(run, CLOSE[given.device])]:
        raise SystemExit(f"not the same work: before learning the loss of {', '.join(odd)} differs")


def run_of(peers: Sequence[str], given: argparse.Namespace) -> Rounds:
    """Ours and some peers in turn."""
    taken = in_turn(
        __file__,
        ["ours", *peers],
        [f"--{name}={getattr(given, name)}" for name in PASSED_ON],
        rounds=given.rounds,
        warm=min(1, given.rounds - 1),
        threads=given.threads,
    )
    if "ours" not in taken:
        raise SystemExit("nothing to compare: ours cannot run, see above")
    return taken


def options() -> argparse.ArgumentParser:
    parser = arguments_for(__doc__)
    parser.add_argument("--base", default="nano", choices=BASES)
    parser.add_argument("--triples", type=Path, default=DATA, help="JSONL, or a folder of parts")
    parser.add_argument("--count", type=int, help="triples to a round")
    parser.add_argument(
        "--peers",
        nargs="+",
        choices=SETTINGS,
        metavar="SETTING",
        help="these settings of learning_settings.py alone",
    )
    parser.add_argument("--sweep", action="store_true", help="every setting of every peer")
    return parser


# --- a contender, in its own process


def contender(name: str, given: argparse.Namespace) -> Callable[[], Figures]:
    make = learner_of(name)  # libraries first: the memory that they take is not the model's
    work = work_of(given)
    with peak_memory(given.device) as loaded:
        pass
    counts = counts_of(work)
    try:
        learner = make(work)
        loss = learner.loss()
    except Exception as error:  # a peer's own troubles end nothing but its part in this
        if name == "ours" or isinstance(error, CannotRun):
            raise
        raise CannotRun(f"{type(error).__name__}: {error}") from error

    def one() -> Figures:
        with peak_memory(given.device) as peak:
            took = learner.epoch()
        release(given.device)
        return {
            **counts,
            "loss": loss,
            "seconds": took.clock,
            "processor_seconds": took.processor,
            "per_second": counts["supervised"] / took.clock,
            "per_processor_second": counts["supervised"] / took.processor,
            "peak": peak.total,
            "above": peak.total - loaded.total,
        }

    return one


def learner_of(name: str) -> Callable[[Work], Learner]:
    import learning_work

    if name == "ours":
        return learning_work.Ours
    setting = SETTINGS[name]
    if kind(name) == "two passes":
        return lambda work: learning_work.TwoPass(work, setting)
    import learning_trainers

    way = learning_trainers.WAYS[kind(name)]
    return lambda work: way(work, setting)


def work_of(given: argparse.Namespace) -> Work:
    from bases import as_base_name, base_folder
    from learning_work import Work
    from rendered import drawn, rendered, triples_of

    from tear_core.learn.plan import plan_for
    from tear_core.model.load import load_base
    from tear_core.settings import Settings

    base = load_base(as_base_name(given.base), device=given.device)
    sequences = rendered(base, drawn(triples_of([given.triples]), given.count))
    return Work(base, base_folder(given.base), plan_for(base, Settings()), sequences)


def counts_of(work: Work) -> dict[str, float]:
    """What a round reads and is supervised on, and the 4 N floating-point operations to a token of
    a LoRA's forward and backward pass: weights get no gradient."""
    from rendered import supervised

    parameters = sum(p.numel() for p in work.base.network.parameters() if not p.requires_grad)
    tokens = sum(map(len, work.sequences))
    return {
        "tokens": tokens,
        "supervised": supervised(work.sequences),
        "flops": 4.0 * parameters * tokens,
    }


def release(device: str) -> None:
    """Others are to have the GPU's memory while this contender waits."""
    if device == "cuda":
        import torch

        torch.cuda.empty_cache()


# --- what is told


Versus = dict[str, dict[str, float]]
"""How ours stands to a peer, round by round: the median ratio of each figure, and its spread."""


def against(taken: Rounds, name: str) -> dict[str, dict[str, float]]:
    keys = ("per_second", "per_processor_second", "peak", "above")
    return {key: asdict(ratios(taken, key, "ours", name)) for key in keys}


def fastest(versus: Mapping[str, Versus]) -> dict[str, Versus]:
    """Of each peer the setting in which it came closest to ours, or was furthest ahead."""
    best: dict[str, str] = {}
    for name, each in versus.items():
        other = versus.get(best.get(kind(name), ""))
        if other is None or each["per_second"]["median"] < other["per_second"]["median"]:
            best[kind(name)] = name
    return {name: versus[name] for name in best.values()}


def disagreeing(taken: Rounds, close: float) -> list[str]:
    """Whose loss before learning is not ours."""
    ours = taken["ours"][0]["loss"]
    return [name for name, each in taken.items() if abs(each[0]["loss"] / ours - 1) > close]


def share(rounds: list[Figures], rate: float) -> float:
    return Spread.of([each["flops"] / each["seconds"] for each in rounds]).median / rate


def shown(taken: Rounds, rate: float) -> str:
    rows = []
    for name, rounds in taken.items():
        speed = Spread.of([each["per_second"] for each in rounds])
        peak, above = (
            Spread.of([each[key] / 2**20 for each in rounds]).median for key in ("peak", "above")
        )
        rows.append(
            [
                name,
                f"{speed.median:,.0f}",
                f"{speed.low:,.0f} to {speed.high:,.0f}",
                f"{peak:,.0f}",
                f"{above:,.0f}",
                f"{share(rounds, rate):.0%}",
                f"{rounds[0]['loss']:.4f}",
            ]
        )
    header = ["", "tokens/s", "from to", "peak MiB", "above", "of matmul", "first loss"]
    return table(header, rows)


def sentence(stands: tuple[str, Versus]) -> str:
    name, each = stands
    speed, processor, peak, above = (each[key]["median"] for key in each)
    return (
        f"ours / {name}: {speed:.2f} x the speed ({processor:.2f} by processor time),"
        f" {peak:.2f} x the peak memory ({above:.2f} above the model)"
    )


if __name__ == "__main__":
    main()
