"""The training loop: batches in, weights out, a checkpoint every few minutes.

Nothing in it is random after the weights are drawn, and the schedule is in the
checkpoint. So on one CPU and with a budget in steps, the same seed gives the same
weights bit for bit, stopped and resumed or not.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import Qwen3ForCausalLM

from tear_core.nano import checkpoint
from tear_core.nano.batches import Batches
from tear_core.nano.checkpoint import Progress
from tear_core.nano.mixture import sizes_of
from tear_core.nano.model import build_model, build_optimizers
from tear_core.nano.opening import Log, begin_or_resume, load_data
from tear_core.nano.options import Options
from tear_core.nano.prepare import Prepared
from tear_core.nano.schedule import Plan
from tear_core.nano.sources import SOURCES, Source
from tear_core.nano.tokenizer import eos_id

GRADIENT_NORM = 1.0


def train(
    options: Options,
    sources: Mapping[str, Source] = SOURCES,
    log: Log = print,
    data: Prepared | None = None,
) -> Progress:
    """Train to the end of the budget. Leaves tokenizer and checkpoint in `options.out`.

    `data` is the corpus of `options` where the caller has read it already.
    """
    started = time.monotonic()
    data = load_data(options, sources, data)
    sizes = sizes_of(data.train)
    for name, size in sizes.items():
        log(f"{name}: {size} tokens in {len(data.train[name])} sequences")
    model = build_model(options.shape, eos_id(data.tokenizer), options.seed)
    model.to(torch.device(options.device))  # type: ignore[arg-type]
    optimizers = build_optimizers(model)
    progress = begin_or_resume(options, data, model, optimizers, log)
    progress.sizes = sizes
    rates = {
        name: options.rate * optimizer.param_groups[0]["lr"]
        for name, optimizer in optimizers.items()
    }
    loss_of = torch.compile(batch_loss, dynamic=False) if options.compile else batch_loss
    batches = Batches(
        data, sources, options.seed, options.batch_tokens, options.shape.context, options.by_size
    )
    held_out = batches.held_out()
    spent = progress.seconds
    durations: deque[float] = deque(maxlen=40)
    losses: deque[float] = deque(maxlen=40)
    saved = time.monotonic()
    batch = batches.next(progress.step, progress.plan)

    def seconds() -> float:
        return spent + time.monotonic() - started

    def checkpoint_now() -> None:
        nonlocal saved
        progress.seconds = seconds()
        per_step = statistics.median(durations) if durations else 0.0
        if options.minutes is not None and per_step:
            progress.plan = _refitted(progress, options, options.minutes, per_step)
        loss = round(statistics.fmean(losses), 4) if losses else None
        score = evaluate(model, held_out, options.device)
        progress.curve.append((progress.step, loss, score))
        checkpoint.save(options.out, progress, model, optimizers)
        saved = time.monotonic()
        log(_line(progress, options.batch_tokens / per_step if per_step else 0.0))

    while not progress.plan.total or progress.step < progress.plan.total:
        if _turn_is_due(progress.plan, options, seconds()) and durations:
            checkpoint_now()
        begun = time.monotonic()
        for name, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = rates[name] * progress.plan.scale(progress.step)
        loss = loss_of(model, batch.to(options.device), options.device)
        _update(model, optimizers, loss)
        progress.step += 1
        # A GPU is still at work on this batch: the time to lay out the next one.
        batch = batches.next(progress.step, progress.plan)
        progress.tokens += options.batch_tokens
        losses.append(loss.item())
        durations.append(time.monotonic() - begun)
        if time.monotonic() - saved > options.save_every_seconds:
            checkpoint_now()
    if losses:  # nothing to add to a run that had ended before
        checkpoint_now()
    return progress


def batch_loss(model: Qwen3ForCausalLM, ids: Tensor, device: str) -> Tensor:
    """Mean nats per token of `ids` (rows, tokens), each row read from its second token on."""
    with torch.autocast(torch.device(device).type, torch.bfloat16):
        hidden = model.model(ids, use_cache=False).last_hidden_state
        logits = model.lm_head(hidden[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())


@torch.no_grad()
def evaluate(model: Qwen3ForCausalLM, batch: Tensor, device: str) -> float | None:
    """Held-out loss in nats a token, a row at a time; None where nothing is held out."""
    if not len(batch):
        return None
    model.train(False)
    losses = [batch_loss(model, row[None].to(device), device).item() for row in batch]
    model.train()
    return round(statistics.fmean(losses), 4)


def _update(
    model: Qwen3ForCausalLM, optimizers: Mapping[str, torch.optim.Optimizer], loss: Tensor
) -> None:
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_NORM)
    for optimizer in optimizers.values():
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def _line(progress: Progress, speed: float) -> str:
    step, loss, held_out = progress.curve[-1]
    return (
        f"step {step}/{progress.plan.total or '?'}  loss {loss}  held out {held_out}  "
        f"rate x{progress.plan.scale(step):.2f}  {progress.tokens} tokens  "
        f"{progress.seconds / 60:.1f} min  {speed:.0f} tokens/s"
    )


def _turn_is_due(plan: Plan, options: Options, seconds: float) -> bool:
    if options.minutes is None or plan.turn is not None:
        return False
    return seconds >= options.turn * options.minutes * 60


def _refitted(
    progress: Progress, options: Options, minutes: float, seconds_per_step: float
) -> Plan:
    """The plan once more, by the clock: the fall opens when its time has come."""
    plan, budget = progress.plan, minutes * 60
    over = bool(plan.total) and progress.step >= plan.total
    if over or (plan.turn is None and not _turn_is_due(plan, options, progress.seconds)):
        return plan
    return plan.fitted(progress.step, budget - progress.seconds, seconds_per_step)
