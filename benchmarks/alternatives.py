"""Several candidates for one input, and several answers to different ones: together or in turn.

    python benchmarks/alternatives.py                    nano, float32
    python benchmarks/alternatives.py --device cuda      Qwen3-1.7B's shape, bfloat16

A candidate is a draft and its scene, each with a seed of its own; no end may be drawn, so that
all write the same number of tokens. Contenders:

    one              one candidate
    together         four at once: one prompt read, one step for all of them
    in turn          four, one after the other, each going on from the prompt's cache
    generate         `generate` with four sequences; and again, with what came, for their scenes
    12 inputs        answers to twelve different inputs at once, as the gate writes them
    12 in turn       the same answers one after the other

What to read: `seconds` of `together` over those of `one` in the same round (1 would be free), and
of `12 in turn` over those of `12 inputs`. `together` says word for word what `in turn` says (the
tests hold that), so nothing is traded for it.
"""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
from bases import as_base_name
from conversing import INPUTS, SAMPLING, Endless, a_tree, our_speaker, stock
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

from tear_core.generate import together
from tear_core.generate.wish import Wish
from tear_core.model.tree import Tree

SEVERAL, ANSWERS = 4, 12
ONE, TOGETHER, IN_TURN, GENERATE = "one", "together", "in turn", "generate"
MANY, MANY_IN_TURN = f"{ANSWERS} inputs", f"{ANSWERS} in turn"
NAMES = (ONE, TOGETHER, IN_TURN, GENERATE, MANY, MANY_IN_TURN)


def round_of(name: str, given: Namespace) -> Round:
    """All candidates of this contender, once."""
    if given.device == "cuda" and not torch.cuda.is_available():
        raise CannotRun("torch sees no GPU here")
    tree = a_tree(given.base, given.device)
    work = _work(name, tree, given.tokens)

    def one() -> Figures:
        began, worked = time.perf_counter(), time.process_time()
        tokens = work()
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
        return {
            "seconds": seconds,
            "tokens_per_second": tokens / seconds,
            "processor_ms_per_token": worked / tokens * 1e3,
        }

    return one


def _work(name: str, tree: Tree, tokens: int) -> Callable[[], int]:
    """What one round does; returns how many tokens it wrote."""
    if name == GENERATE:
        model = stock(tree)
        return lambda: _generate(tree, model, tokens)
    speaker = our_speaker(tree)
    count = {ONE: 1, MANY: ANSWERS, MANY_IN_TURN: ANSWERS}.get(name, SEVERAL)
    several = [n if name in (MANY, MANY_IN_TURN) else 0 for n in range(count)]
    wishes = [_wish(_said(n), seed, tokens) for seed, n in enumerate(several)]

    def in_turn_() -> int:
        speaker.forget()
        told = [each for wish in wishes for each in speaker.speak(wish)]
        return sum(each["tokens"] for each in told if each["event"] in ("draft", "scene"))

    def at_once() -> int:
        with _endless():
            done = list(together.write_many(tree, wishes))
        return sum(each[part]["tokens"] for _, each in done for part in ("draft", "scene"))

    return in_turn_ if name in (IN_TURN, MANY_IN_TURN) else at_once


def _wish(said: str, seed: int, tokens: int) -> Wish:
    return Wish(said, seed=seed, max_response_tokens=tokens, max_scene_tokens=tokens)


def _said(number: int) -> str:
    """Inputs of different lengths: the first, the first and second, ..."""
    first = number % len(INPUTS)
    return " ".join(INPUTS[first : first + 1 + number // len(INPUTS)])


@contextmanager
def _endless() -> Iterator[None]:
    whole = together.Vocabulary
    together.Vocabulary = Endless  # type: ignore[misc]
    try:
        yield
    finally:
        together.Vocabulary = whole  # type: ignore[misc]


def _generate(tree: Tree, model: Any, tokens: int) -> int:
    fmt = tree.base.format
    ids = torch.tensor([fmt.prompt((), _said(0))] * SEVERAL, device=tree.base.device)
    between = torch.tensor([[*fmt.close("response"), *fmt.open("witness")]] * SEVERAL)
    for _ in ("responses", "scenes"):
        ids = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=tokens,
            do_sample=True,
            eos_token_id=None,
            pad_token_id=fmt.eos,
            **SAMPLING,
        )
        ids = torch.cat([ids, between.to(ids.device)], 1)
    return SEVERAL * 2 * tokens


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("--base", help="nano, 10m, 100m, 1.7b; by default nano, on a GPU 1.7b")
    parser.add_argument("--tokens", type=int, default=48, help="of a draft, and of a scene")
    given = parser.parse_args()
    given.base = given.base or ("1.7b" if given.device == "cuda" else "nano")
    if given.child:
        serve(lambda: round_of(given.child, given))
        return
    arguments = ["--device", given.device, "--base", given.base, "--tokens", str(given.tokens)]
    as_base_name(given.base)  # made once, before everybody loads it
    taken = in_turn(__file__, NAMES, arguments, rounds=given.rounds, threads=given.threads)
    found = summed_up(taken)
    columns = list(next(iter(found.values())))
    rows = [[name, *(f"{of[c]['median']:.3g}" for c in columns)] for name, of in found.items()]
    print(table(["", *columns], rows))
    costs = {}
    for mine, other in ((TOGETHER, ONE), (IN_TURN, TOGETHER), (MANY_IN_TURN, MANY)):
        for key in ("seconds", "processor_ms_per_token"):
            each = ratios(taken, key, mine, other)
            costs[f"{mine} / {other}: {key}"] = asdict(each)
            print(f"{mine} / {other}: {each.median:.2f} ({each.low:.2f} to {each.high:.2f}), {key}")
    asked = ("base", "device", "tokens", "rounds", "threads")
    settings = {name: getattr(given, name) for name in asked}
    save(given.out, report("alternatives", settings, {"figures": found, "ratios": costs}))


if __name__ == "__main__":
    main()
