"""What does the loss over a vocabulary of 151,936 cost, in memory and in time?

    python benchmarks/loss_memory.py --out results/loss_memory.json

From hidden states and a frozen head to the loss, and back to the hidden states, for more and more
supervised tokens:

  ours           the head of `tear_core.model.head`: a chunk's slope is taken while its logits exist
  full logits    logits of all tokens, then cross_entropy
  trl            the chunked log-probabilities of TRL's trainers, without the extra metrics
  torch          torch.nn.functional.linear_cross_entropy, 256 tokens to a chunk (by itself it
                 chooses chunks that are much slower on a CPU)

Told is the most memory held above what was there before, and the time beside full logits. The first
should not depend on the tokens: inputs and their gradients are what grows. Every contender's loss
and gradient are held against full logits first; one that differs takes no part.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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
    from torch import Tensor

    Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
    """(hidden [n, h], weight [v, h], targets [n]) -> mean nats, differentiable in hidden."""

VOCABULARY = 151_936
USUAL = {"cpu": (256, (512, 1024, 2048, 4096)), "cuda": (2048, (512, 1024, 2048, 4096, 8192))}
"""By device: the hidden size, and how many supervised tokens."""

CHUNK = 256


def main() -> None:
    given = options().parse_args()
    hidden, counts = USUAL[given.device]
    given.hidden, given.tokens = given.hidden or hidden, given.tokens or list(counts)
    if given.child:
        serve(lambda: contender(given.child, given))
        return
    arguments = [f"--hidden={given.hidden}", f"--device={given.device}"]
    arguments += ["--tokens", *map(str, given.tokens)]
    taken = in_turn(
        __file__,
        list(LOSSES),
        arguments,
        rounds=given.rounds,
        warm=min(1, given.rounds - 1),
        threads=given.threads,
    )
    if not {"ours", "full logits"} <= set(taken):
        raise SystemExit("nothing to compare: ours or full logits cannot run, see above")
    print(shown(taken, given.tokens))
    settings = {"vocabulary": VOCABULARY, "hidden": given.hidden, "tokens": given.tokens}
    settings |= {"rounds": given.rounds, "threads": given.threads, "device": given.device}
    results = {
        "contenders": summed_up(taken),
        "time_beside_full_logits": beside(taken, given.tokens),
    }
    save(given.out, report("loss_memory", settings, results))


def options() -> argparse.ArgumentParser:
    parser = arguments_for(__doc__)
    parser.set_defaults(rounds=3)
    parser.add_argument("--tokens", type=int, nargs="+", help="supervised tokens, several")
    parser.add_argument("--hidden", type=int, help="size of a hidden state")
    return parser


# --- a contender, in its own process


def contender(name: str, given: argparse.Namespace) -> Callable[[], Figures]:
    loss = LOSSES[name]()
    hidden, weight, targets = inputs(max(given.tokens), given.hidden, given.device)
    differences = held_against_full(loss, hidden, weight, targets)

    def one() -> Figures:
        figures = dict(differences)
        for count in given.tokens:
            took = there_and_back(loss, hidden[:count], weight, targets[:count])
            clock, processor, above = took
            figures |= {f"seconds {count}": clock, f"processor {count}": processor}
            figures[f"above {count}"] = above
        return figures

    return one


def inputs(count: int, size: int, device: str) -> tuple[Tensor, Tensor, Tensor]:
    import torch

    torch.manual_seed(0)
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    hidden = torch.randn(count, size).to(device, kind)
    weight = (torch.randn(VOCABULARY, size) / size**0.5).to(device, kind)
    return hidden, weight, torch.randint(VOCABULARY, (count,)).to(device)


def there_and_back(
    loss: Loss, hidden: Tensor, weight: Tensor, targets: Tensor
) -> tuple[float, float, int]:
    """Seconds by the clock and of the processor, and bytes above what was held before."""
    import torch

    def now() -> tuple[float, float]:
        if hidden.is_cuda:
            torch.cuda.synchronize()
        return time.perf_counter(), time.process_time()

    hidden = hidden.detach().requires_grad_()
    with peak_memory(hidden.device.type) as peak:
        began = now()
        loss(hidden, weight, targets).backward()
        ended = now()
    return ended[0] - began[0], ended[1] - began[1], peak.above


def held_against_full(
    loss: Loss, hidden: Tensor, weight: Tensor, targets: Tensor, count: int = 300
) -> dict[str, float]:
    """How far loss and gradient are from those of full logits in float32, relative to them.

    Raises:
        CannotRun: too far to be the same thing.
    """
    found, slope = slope_of(loss, hidden[:count], weight, targets[:count])
    plain = full_logits()
    wanted, wanted_slope = slope_of(plain, hidden[:count].float(), weight.float(), targets[:count])
    in_loss = abs(found / wanted - 1)
    in_slope = float((slope.float() - wanted_slope).norm() / wanted_slope.norm())
    if max(in_loss, in_slope) > (1e-4 if hidden.dtype == wanted_slope.dtype else 2e-2):
        raise CannotRun(f"another loss: {in_loss:.1e} away, its gradient {in_slope:.1e}")
    return {"loss_difference": in_loss, "gradient_difference": in_slope}


def slope_of(loss: Loss, hidden: Tensor, weight: Tensor, targets: Tensor) -> tuple[float, Tensor]:
    hidden = hidden.detach().clone().requires_grad_()
    value = loss(hidden, weight, targets)
    value.backward()
    assert hidden.grad is not None
    return float(value.detach()), hidden.grad


def ours() -> Loss:
    from tear_core.model.head import frozen_head_nll

    return lambda hidden, weight, targets: frozen_head_nll(hidden, weight, targets).mean()


def full_logits() -> Loss:
    from torch.nn.functional import cross_entropy

    return lambda hidden, weight, targets: cross_entropy((hidden @ weight.t()).float(), targets)


def of_trl() -> Loss:
    from trl.kernels.chunked_logprob import ChunkedLogProbFunction
    from trl.trainer.utils import _CHUNKED_LOGPROB_CHUNK_SIZE as SIZE

    def loss(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        found: Any = ChunkedLogProbFunction.apply(
            hidden, weight, None, targets, 1.0, SIZE, None, 1.0, ()
        )
        return -found[0].mean()

    return loss


def of_torch() -> Loss:
    from torch import nn

    if not hasattr(nn.functional, "linear_cross_entropy"):
        raise CannotRun("this torch has no linear_cross_entropy")
    chunks = nn.LinearCrossEntropyOptions(batch_chunk_size=CHUNK)
    return lambda hidden, weight, targets: nn.functional.linear_cross_entropy(
        hidden, weight, targets, options=chunks
    )


LOSSES: dict[str, Callable[[], Loss]] = {
    "ours": ours,
    "full logits": full_logits,
    "trl": of_trl,
    "torch": of_torch,
}


# --- what is told


def beside(taken: Rounds, tokens: list[int], key: str = "seconds") -> dict[str, dict[str, float]]:
    """Time beside full logits, by contender and tokens."""
    return {
        name: {str(n): ratios(taken, f"{key} {n}", name, "full logits").median for n in tokens}
        for name in taken
    }


def shown(taken: Rounds, tokens: list[int]) -> str:
    header = [f"{n:,}" for n in tokens]

    def medians(title: str, key: str, unit: float, digits: int) -> str:
        rows = [
            [name]
            + [
                f"{Spread.of([r[f'{key} {n}'] for r in rounds]).median / unit:,.{digits}f}"
                for n in tokens
            ]
            for name, rounds in taken.items()
        ]
        return table([title, *header], rows)

    def times(title: str, key: str) -> str:
        rows = [
            [name, *(f"{ratio:.2f}" for ratio in each.values())]
            for name, each in beside(taken, tokens, key).items()
        ]
        return table([title, *header], rows)

    return "\n\n".join(
        [
            medians("MiB above", "above", 2**20, 0),
            medians("seconds", "seconds", 1, 3),
            times("beside full logits", "seconds"),
            times("by processor time", "processor"),
        ]
    )


if __name__ == "__main__":
    main()
