"""A turn: enter -> first word -> first word of the scene -> all of it; and tokens per second.

    python benchmarks/turn.py                    nano, float32, this machine's cores
    python benchmarks/turn.py --device cuda      Qwen3-1.7B's shape with random weights, bfloat16

Contenders, each with the same model and adapter, the same inputs and sampling, one conversation a
round, and the same number of tokens (no end may be drawn):

    ours             the product's speaker: the scene goes on from the draft's cache, the next turn
                     from the last common token
    ours, compiled   (cuda) the same, its step compiled by torch before it is captured
    ours, unmerged   (cpu) the same speaker, read by transformers, the adapter beside the weights
    upstream chat    two `generate` calls: the response; then input and response again for the
                     scene
    upstream, merged (cpu) the same on weights that the adapter was merged into beforehand
    plain generate   one `generate` call for as many tokens

What to read: tokens/s beside the others' in the same round; `scene` in decode steps between the
draft's last token and the scene's first (1 is the least there is); `read` prompt tokens a turn,
later turns alone. On a GPU also what share of the measured copy bandwidth the weights come to.
The peers get what costs them least: no stopping rule, no processor beside the sampling's own.
"""

from __future__ import annotations

import statistics
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise

import torch
from bases import as_base_name
from conversing import Talk, a_tree, conversation, one_call, ours, two_calls
from side_by_side import (
    CannotRun,
    Figures,
    Round,
    arguments_for,
    in_turn,
    ratios,
    report,
    save,
    serve,
    summed_up,
    table,
)

from tear_core.model.tree import Tree

OURS, COMPILED, UNMERGED = "ours", "ours, compiled", "ours, unmerged"
UPSTREAM, MERGED, PLAIN = "upstream chat", "upstream, merged", "plain generate"
CONTENDERS: dict[str, Callable[[Tree, int], Talk]] = {
    OURS: ours,
    COMPILED: lambda tree, tokens: ours(tree, tokens, "compiled"),
    UNMERGED: lambda tree, tokens: ours(tree, tokens, "plain"),
    UPSTREAM: two_calls,
    MERGED: lambda tree, tokens: two_calls(tree, tokens, merged=True),
    PLAIN: one_call,
}


def round_of(name: str, given: Namespace) -> Round:
    """One conversation."""
    if given.device == "cuda" and not torch.cuda.is_available():
        raise CannotRun("torch sees no GPU here")
    if name == COMPILED and given.device != "cuda":
        raise CannotRun("a compiled step is for GPUs")
    tree = a_tree(given.base, given.device)
    talk = CONTENDERS[name](tree, given.tokens)
    copied = _copy_bandwidth() if given.device == "cuda" else 0.0

    def one() -> Figures:
        if name in (OURS, COMPILED, UNMERGED):
            talk((), "-")  # the conversation before leaves nothing that this one could use
        began, worked = time.perf_counter(), time.process_time()
        turns = conversation(talk, given.turns)
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
        written = sum(len(turn.response) + len(turn.scene) for turn in turns)
        steps = [_gaps(part) for turn in turns for part in (turn.response, turn.scene)]
        step = statistics.median(gap for part in steps for gap in part)
        gaps = [turn.scene[0] - turn.response[-1] for turn in turns]
        later = turns[1:] or turns
        figures = {
            "tokens_per_second": written / seconds,
            "processor_ms_per_token": worked / written * 1e3,
            "step_ms": step * 1e3,
            "first_word_ms": statistics.median(turn.response[0] for turn in later) * 1e3,
            "scene_steps": statistics.median(gaps) / step,
            "turn_seconds": statistics.median(turn.scene[-1] for turn in turns),
            "read": statistics.mean(turn.read for turn in later),
        }
        if copied:
            figures["bandwidth_share"] = _weights(tree) / step / copied
        return figures

    return one


def _gaps(times: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def _weights(tree: Tree) -> float:
    """Bytes of weights that one token needs: an embedding that is not the head is not read."""
    network = tree.causal_lm
    held = {id(p): p.numel() * p.element_size() for p in network.parameters()}
    head = network.get_output_embeddings().weight
    embedding = network.get_input_embeddings().weight
    if embedding is not head:
        held.pop(id(embedding))
    return float(sum(held.values()))


def _copy_bandwidth() -> float:
    """Bytes read and written in a second by a copy of 1 GiB, the best of several."""
    source = torch.empty(1 << 30, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    best = float("inf")
    for _ in range(10):
        torch.cuda.synchronize()
        began = time.perf_counter()
        target.copy_(source)
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return 2 * source.numel() / best


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("--base", help="nano, 10m, 100m, 1.7b; by default nano, on a GPU 1.7b")
    parser.add_argument("--turns", type=int, help="of a conversation; 3, on a GPU 2")
    parser.add_argument("--tokens", type=int, help="of a response, and of a scene; 64, on a GPU 24")
    given = parser.parse_args()
    gpu = given.device == "cuda"
    given.base = given.base or ("1.7b" if gpu else "nano")
    given.turns, given.tokens = (
        given.turns or (2 if gpu else 3),
        given.tokens or (24 if gpu else 64),
    )
    if given.child:
        serve(lambda: round_of(given.child, given))
        return
    names = [
        name for name in CONTENDERS if name not in ((UNMERGED, MERGED) if gpu else (COMPILED,))
    ]
    arguments = ["--device", given.device, "--base", given.base]
    arguments += ["--turns", str(given.turns), "--tokens", str(given.tokens)]
    as_base_name(given.base)  # made once, before everybody loads it
    taken = in_turn(__file__, names, arguments, rounds=given.rounds, threads=given.threads)
    found = summed_up(taken)
    columns = list(next(iter(found.values())))
    rows = [[name, *(f"{of[c]['median']:.3g}" for c in columns)] for name, of in found.items()]
    print(table(["", *columns], rows))
    faster = {
        other: ratios(taken, "tokens_per_second", OURS, other)
        for other in taken
        if other != OURS and OURS in taken
    }
    for other, times in faster.items():
        told = f"{times.median:.2f} times the tokens/s ({times.low:.2f} to {times.high:.2f})"
        print(f"ours against {other}: {told}")
    asked = ("base", "device", "turns", "tokens", "rounds", "threads")
    results = {"figures": found, "times": {name: asdict(each) for name, each in faster.items()}}
    save(given.out, report("turn", {name: getattr(given, name) for name in asked}, results))


if __name__ == "__main__":
    main()
