"""One optimizer step over one accumulation window of triples."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from tear_core.learn.loss import DualLoss, Example, Window, dual_loss, of_responses, window_of
from tear_core.model.packing import Pack, pack
from tear_core.model.precision import Precision, products_in, row_multiple
from tear_core.model.rounded_weights import rounded_once
from tear_core.model.scoring import token_nll
from tear_core.model.tree import Tree
from tear_core.witness_format import Section


class OutOfMemory(RuntimeError):
    """Not even the longest triple alone fits into memory."""


@dataclass(frozen=True)
class StepReport:
    """What one step did.

    Attributes:
        response_loss: L_response in nats per token before the step; nan if no response counts.
        consequence_loss: L_consequence in nats per token before the step.
        grad_norm: before clipping.
        tokens: supervised tokens in the window.
        capacity: tokens a pack may hold from now on (halved when memory ran out).
        discarded: the step was not taken, because a loss or a gradient was not finite.
        responses: of each example, what a token of its response cost before the step, in nats,
            whether it is imitated or not; nan where it has none.
    """

    response_loss: float
    consequence_loss: float
    grad_norm: float
    tokens: int
    seconds: float
    capacity: int
    discarded: bool = False
    responses: tuple[float, ...] = ()


def dual_step(  # noqa: PLR0913 - how a step is taken, all of it named
    tree: Tree,
    optimizer: torch.optim.Optimizer,
    examples: Sequence[Example],
    *,
    lambda_: float,
    capacity: int,
    clip: float = 1.0,
    seed: int = 0,
    precision: Precision = "base",
    give_way: Callable[[], None] = lambda: None,
) -> StepReport:
    """Accumulate the dual loss of a window pack by pack, then take one optimizer step.

    `give_way` is called before each pack: learning waits there while a reply is written.
    `seed` fixes dropout, `precision` what matrices are multiplied in. When memory runs out the
    packs are halved and the whole window is done again, so the effective batch stays what it was.

    Raises:
        OutOfMemory: nothing smaller is left to try.
    """
    began = time.perf_counter()
    window = window_of(examples)
    while True:
        try:
            packs = pack(
                [example.tokens for example in examples],
                capacity,
                tree.base.device,
                multiple=row_multiple(precision, tree.base),
            )
            found = _accumulate(tree, packs, examples, window, lambda_, seed, precision, give_way)
            break
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            optimizer.zero_grad(set_to_none=True)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            longest = max(len(example.tokens) for example in examples)
            if capacity <= longest:
                raise OutOfMemory(
                    f"a triple of {longest} tokens does not fit into memory"
                ) from error
            capacity = max(longest, capacity // 2)
    response, consequence, nats = found
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    norm = float(torch.nn.utils.clip_grad_norm_(parameters, clip))
    finite = all(map(math.isfinite, (response, consequence, norm)))
    if finite:
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return StepReport(
        response_loss=response if window.response else math.nan,
        consequence_loss=consequence,
        grad_norm=norm,
        tokens=int(window.response + window.consequence),
        seconds=time.perf_counter() - began,
        capacity=capacity,
        discarded=not finite,
        responses=_per_token(examples, nats),
    )


def _per_token(examples: Sequence[Example], nats: Sequence[float]) -> tuple[float, ...]:
    counts = (each.tokens.sections[1:].count(Section.RESPONSE) for each in examples)
    return tuple(n / count if count else math.nan for n, count in zip(nats, counts, strict=True))


def _accumulate(
    tree: Tree,
    packs: Sequence[Pack],
    examples: Sequence[Example],
    window: Window,
    lambda_: float,
    seed: int,
    precision: Precision,
    give_way: Callable[[], None],
) -> tuple[float, float, list[float]]:
    """The shares of both losses, summed up, and each response's nats."""
    losses: list[DualLoss] = []
    nats = torch.zeros(len(examples), device=tree.base.device)
    products = products_in(precision, tree.base)
    tree.network.train()
    try:
        with _seeded(tree.base.device, seed), rounded_once(tree, products):
            reached = _mark(tree.base.device)
            for row in packs:
                give_way()
                nll = token_nll(tree, row, products=products)
                loss = dual_loss(nll, row, examples, window, lambda_)
                loss.total.backward()
                losses.append(loss)
                nats += of_responses(nll, row, examples)
                # One waits while one is worked on, no more: a reply would wait for all of them.
                reached, before = _mark(tree.base.device), reached
                before()
    finally:
        tree.network.eval()
    response = sum(float(each.response) for each in losses)
    consequence = sum(float(each.consequence) for each in losses)
    return response, consequence, nats.tolist()


def _mark(device: torch.device) -> Callable[[], object]:
    """Where a GPU's queue ends now, to be called when it should have been worked through."""
    if device.type != "cuda":
        return lambda: None
    mark = torch.cuda.Event()
    mark.record()
    return mark.synchronize


@contextmanager
def _seeded(device: torch.device, seed: int) -> Iterator[None]:
    """The global generator is seeded inside, and outside as if nothing had happened."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _is_out_of_memory(error: RuntimeError) -> bool:
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return "out of memory" in str(error).lower() or "can't allocate memory" in str(error).lower()
