"""The training loop: batches in, weights out, a checkpoint every few minutes.

Nothing in it is random after the weights are drawn, and the schedule is in the
checkpoint. So on one CPU and with a budget in steps, the same seed gives the same
weights bit for bit, stopped and resumed or not.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import Qwen3ForCausalLM

from tear_core.nano import checkpoint
from tear_core.nano.batches import Batches
from tear_core.nano.checkpoint import Progress
from tear_core.nano.model import Shape, build_model, build_optimizers, shape_fields
from tear_core.nano.prepare import Prepared, prepare
from tear_core.nano.schedule import TURN_SHARE, Plan
from tear_core.nano.sources import SOURCES, Source
from tear_core.nano.tokenizer import eos_id

Log = Callable[[str], None]
GRADIENT_NORM = 1.0


@dataclass(frozen=True)
class Options:
    """What a run is. Exactly one of `steps` and `minutes` is the budget."""

    text: Path
    triples: Path
    out: Path
    shape: Shape
    batch_tokens: int = 4096
    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    device: str = "cpu"
    compile: bool = False
    save_every_seconds: float = 120.0


def train(options: Options, sources: Mapping[str, Source] = SOURCES, log: Log = print) -> Progress:
    """Train to the end of the budget. Leaves tokenizer and checkpoint in `options.out`."""
    started = time.monotonic()
    options.out.mkdir(parents=True, exist_ok=True)
    data = prepare(
        options.text, options.triples, options.out, options.seed, options.shape.context, sources
    )
    for name, sequences in data.train.items():
        log(f"{name}: {sum(map(len, sequences))} tokens in {len(sequences)} sequences")
    model = build_model(options.shape, eos_id(data.tokenizer), options.seed)
    model.to(torch.device(options.device))  # type: ignore[arg-type]
    optimizers = build_optimizers(model)
    progress = _begin_or_resume(options, data, model, optimizers, log)
    rates = {name: optimizer.param_groups[0]["lr"] for name, optimizer in optimizers.items()}
    loss_of = torch.compile(batch_loss, dynamic=False) if options.compile else batch_loss
    batches = Batches(data, sources, options.seed, options.batch_tokens, options.shape.context)
    held_out = batches.held_out()
    spent = progress.seconds
    durations: deque[float] = deque(maxlen=40)
    losses: deque[float] = deque(maxlen=40)
    saved = time.monotonic()

    def seconds() -> float:
        return spent + time.monotonic() - started

    def checkpoint_now() -> None:
        nonlocal saved
        progress.seconds = seconds()
        per_step = statistics.median(durations) if durations else 0.0
        if options.minutes is not None and per_step:
            progress.plan = _refitted(progress, options.minutes, per_step)
        loss = round(statistics.fmean(losses), 4) if losses else None
        score = evaluate(model, held_out, options.device)
        progress.curve.append((progress.step, loss, score))
        checkpoint.save(options.out, progress, model, optimizers)
        saved = time.monotonic()
        log(_line(progress, options.batch_tokens / per_step if per_step else 0.0))

    while not progress.plan.total or progress.step < progress.plan.total:
        if _turn_is_due(progress.plan, options.minutes, seconds()) and durations:
            checkpoint_now()
        begun = time.monotonic()
        for name, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = rates[name] * progress.plan.scale(progress.step)
        batch = batches.next(progress.step, progress.plan).to(options.device)
        loss = loss_of(model, batch, options.device)
        _update(model, optimizers, loss)
        progress.step += 1
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


def _turn_is_due(plan: Plan, minutes: float | None, seconds: float) -> bool:
    return minutes is not None and plan.turn is None and seconds >= TURN_SHARE * minutes * 60


def _refitted(progress: Progress, minutes: float, seconds_per_step: float) -> Plan:
    """The plan once more, by the clock: the fall opens when its time has come."""
    plan, budget = progress.plan, minutes * 60
    over = bool(plan.total) and progress.step >= plan.total
    if over or (plan.turn is None and not _turn_is_due(plan, minutes, progress.seconds)):
        return plan
    return plan.fitted(progress.step, budget - progress.seconds, seconds_per_step)


def _begin_or_resume(
    options: Options,
    data: Prepared,
    model: Qwen3ForCausalLM,
    optimizers: dict[str, torch.optim.Optimizer],
    log: Log,
) -> Progress:
    corpus = hashlib.blake2b(digest_size=8)
    for name, sequences in sorted(data.train.items()):
        corpus.update(name.encode())
        for sequence in sequences:
            corpus.update(sequence.tobytes())
    identity = {
        "seed": options.seed,
        "batch_tokens": options.batch_tokens,
        "corpus": corpus.hexdigest(),
        **shape_fields(options.shape),
    }
    progress = checkpoint.load_progress(options.out)
    if progress is None:
        plan = Plan() if options.steps is None else Plan.of_steps(options.steps)
        return Progress(identity, plan)
    changed = [key for key, value in identity.items() if progress.identity.get(key) != value]
    if changed:
        raise SystemExit(
            f"{options.out} holds a run with another {', '.join(changed)}: "
            "repeat its command, or choose a new --out"
        )
    checkpoint.restore(options.out, model, optimizers)
    log(f"going on from step {progress.step}")
    return progress
