"""Does learning real consequences help on others, more than learning shuffled ones?

    python benchmarks/learning_control.py --triples next_human_turn.jsonl.xz --out results.json

For each seed, 300 triples of the train split are learned by `train-pending`'s own code in a fresh
home, in three arms: as they happened, with the consequences shuffled across inputs (so that
nothing about the response can be learned from them), and with λ = 0. Surprise is then measured on
200 dev triples whose inputs no arm has seen. The interval is a bootstrap over dev inputs of the
difference, averaged over seeds: it speaks of other dev triples, not of other bases.

Knows the engine's service; prints a table and writes JSON. No text of any triple is written.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
import transformers

from tear_core import __version__
from tear_core.corpus.import_jsonl import open_jsonl, parse_line
from tear_core.engine.messages import LearnRequest, SurpriseRequest, TripleText
from tear_core.engine.service import Service
from tear_core.settings import load_settings
from tear_core.store import triples as stored_triples
from tear_core.store.database import open_store
from tear_core.triples import Exchange, Triple

ARMS = ("witnessed", "shuffled", "lambda 0")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=Path, required=True, help="rows with a `split` key")
    parser.add_argument("--learn", type=int, default=300)
    parser.add_argument("--held-out", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--lambda", dest="lambda_", type=float)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    train, dev = read(given.triples, "train"), read(given.triples, "dev")
    seen = {triple.input for triple in train}
    held_out = distinct(
        [t for t in dev if t.input not in seen], given.held_out, random.Random("held out")
    )
    began = time.time()
    runs = []
    for seed in range(given.seeds):
        chosen = distinct(train, given.learn, random.Random(f"learn:{seed}"))
        for arm in given.arms:
            runs.append(run(arm, seed, chosen, held_out, given))
            print(sentence(runs[-1]), flush=True)
    result = {
        "benchmark": "learning_control",
        "date": datetime.now(timezone.utc).date().isoformat(),
        "versions": {
            "tear-tui": __version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "python": platform.python_version(),
        },
        "learned": given.learn,
        "held_out": len(held_out),
        "seconds": round(time.time() - began),
        "runs": [{k: v for k, v in each.items() if k != "each"} for each in runs],
        "differences": differences(runs),
    }
    print(table(result))
    if given.out:
        given.out.write_text(json.dumps(result, indent=2) + "\n")


def read(path: Path, split: str) -> list[Triple]:
    """Triples of a split; a transcript in `input` becomes context and input."""
    found = []
    with open_jsonl(path) as lines:
        for line in lines:
            if json.loads(line).get("split") == split:
                triple = parse_line(line)[0]
                found.append(with_context(triple))
    return found


def with_context(triple: Triple) -> Triple:
    """`Human: a\\nAssistant: b\\nHuman: c` is the input c after one exchange."""
    turns: list[list[str]] = []
    for line in triple.input.split("\n"):
        if line.startswith(("Human: ", "Assistant: ")):
            turns.append([line.split(": ", 1)[1]])
        elif turns:
            turns[-1].append(line)
    words = ["\n".join(turn) for turn in turns]
    if len(words) % 2 == 0:
        return triple
    pairs = zip(words[:-1:2], words[1::2], strict=True)
    return replace(triple, input=words[-1], context=tuple(Exchange(*pair) for pair in pairs))


def distinct(triples: Sequence[Triple], count: int, draw: random.Random) -> list[Triple]:
    """`count` triples, no two with the same input."""
    by_input = {triple.input: triple for triple in triples}
    return draw.sample([by_input[key] for key in sorted(by_input)], count)


def shuffled(triples: Sequence[Triple], draw: random.Random) -> list[Triple]:
    """The same inputs, responses and consequences, none of them with its own (a derangement)."""
    order = list(range(len(triples)))
    draw.shuffle(order)
    given = {order[i]: order[i - 1] for i in range(len(order))}
    return [
        replace(triple, consequence=triples[given[i]].consequence)
        for i, triple in enumerate(triples)
    ]


def run(arm: str, seed: int, chosen: list[Triple], held_out: list[Triple], given: Any) -> Any:
    """Learn one arm in a fresh home and score the held-out triples before and after."""
    learned = shuffled(chosen, random.Random(f"shuffle:{seed}")) if arm == "shuffled" else chosen
    lambda_ = 0.0 if arm == "lambda 0" else given.lambda_
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), load_settings({"threads": given.threads}))
        with open_store(service.home) as store:
            for triple in learned:
                stored_triples.add(store, triple, source="benchmark", status="pending")
        before = score(service, held_out)
        *_, row = service.learn(LearnRequest(lambda_=lambda_, epochs=given.epochs, seed=seed))
        if row["event"] != "published":
            raise SystemExit(f"{arm}: {row}")
        after = score(service, held_out)
    return {
        "arm": arm,
        "seed": seed,
        "base": weighted(before),
        "after": weighted(after),
        "on_learned": row["consequence_loss"],
        "steps": row["steps"],
        "lambda": row["lambda"],
        "seconds": row["seconds"],
        "each": (before, after),
    }


def score(service: Service, triples: Sequence[Triple]) -> list[tuple[float, int]]:
    """(nats, tokens) of each triple's consequence under the live generation."""
    words = tuple(
        TripleText(t.input, t.response, t.consequence, context=t.context) for t in triples
    )
    each = service.surprise(SurpriseRequest(words))["each"]
    return [(one["nats_per_token"] * one["tokens"], one["tokens"]) for one in each]


def weighted(scores: Sequence[tuple[float, int]]) -> float:
    return sum(nats for nats, _ in scores) / sum(tokens for _, tokens in scores)


def differences(runs: list[Any]) -> dict[str, Any]:
    """Witnessed minus each control, nats per token on held-out triples; below 0 is better."""

    def scores(arm: str, seed: int) -> list[tuple[float, int]]:
        if arm == "base":
            return next(r for r in runs if r["seed"] == seed)["each"][0]
        return next(r for r in runs if r["arm"] == arm and r["seed"] == seed)["each"][1]

    seeds = sorted({each["seed"] for each in runs})
    found = {}
    arms = {each["arm"] for each in runs}
    if "witnessed" not in arms:
        return {}
    for control in ("base", *sorted(arms - {"witnessed"})):
        pairs = [(scores("witnessed", s), scores(control, s)) for s in seeds]

        def mean(rows: Sequence[int], pairs: Any = pairs) -> float:
            return statistics.fmean(
                weighted([a[i] for i in rows]) - weighted([b[i] for i in rows]) for a, b in pairs
            )

        found[f"witnessed - {control}"] = interval(mean, len(pairs[0][0])) | {
            "per_seed": [weighted(a) - weighted(b) for a, b in pairs]
        }
    return found


def interval(mean: Callable[[Sequence[int]], float], size: int, draws: int = 2000) -> Any:
    """A percentile bootstrap over held-out inputs, 95 %."""
    draw = random.Random(0)
    means = sorted(mean(draw.choices(range(size), k=size)) for _ in range(draws))
    low, high = means[int(0.025 * draws)], means[int(0.975 * draws) - 1]
    return {"estimate": mean(range(size)), "low": low, "high": high}


def sentence(each: Any) -> str:
    return (
        f"seed {each['seed']}  {each['arm']:<10}  held out {each['base']:.4f} -> "
        f"{each['after']:.4f}  ({each['steps']} steps, {each['seconds']:.0f} s)"
    )


def table(result: Any) -> str:
    lines = ["", "| arm | seed | base | after | change |", "|---|---|---|---|---|"]
    for each in result["runs"]:
        change = each["after"] - each["base"]
        lines.append(
            f"| {each['arm']} | {each['seed']} | {each['base']:.4f} | {each['after']:.4f}"
            f" | {change:+.4f} |"
        )
    lines += ["", "| difference (nats/token) | estimate | 95 % interval |", "|---|---|---|"]
    for name, found in result["differences"].items():
        lines.append(
            f"| {name} | {found['estimate']:+.4f} | {found['low']:+.4f} .. {found['high']:+.4f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
