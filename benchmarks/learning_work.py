"""The work that `learning_throughput.py` gives to everybody, and two ways to do it.

Ours goes through the product's own plan, optimizer and step. The others get the very ids that ours
gets, the same LoRA on the same loaded base, the same settings of AdamW, as many triples to a step.
They train no delimiter rows: the bases here have known them from the start.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from learning_settings import Setting
from peft import LoraConfig, get_peft_model
from rendered import supervised
from torch import Tensor

from tear_core.learn.loss import Example
from tear_core.learn.optimizer import make_optimizer
from tear_core.learn.plan import Plan
from tear_core.learn.step import dual_step
from tear_core.model.base import Base
from tear_core.model.families import lora_targets
from tear_core.model.packing import pack
from tear_core.model.precision import products_in
from tear_core.model.scoring import token_nll
from tear_core.model.tree import grow
from tear_core.witness_format import Section, Tokens

ADAMW: dict[str, Any] = {"betas": (0.9, 0.98), "weight_decay": 0.01}
IGNORED = -100


@dataclass(frozen=True)
class Work:
    """Learn these sequences, `plan.batch` of them to an optimizer step."""

    base: Base
    folder: Path
    plan: Plan
    sequences: list[Tokens]

    def windows(self) -> list[list[Tokens]]:
        return list(chunks(self.sequences, self.plan.batch))


@dataclass(frozen=True)
class Took:
    """Seconds by the clock and of the processor that the steps of one epoch took."""

    clock: float
    processor: float


class Learner(Protocol):
    def loss(self) -> float:
        """Nats per supervised token of all the work, before anything is learned."""

    def epoch(self) -> Took:
        """Every window once. Timed is each step: forward, backward, clip, optimizer."""


class Watch:
    """Adds up the time between `start` and `stop`."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._began = (0.0, 0.0)
        self._clock = self._processor = 0.0

    def start(self) -> None:
        self._began = self._now()

    def stop(self) -> None:
        clock, processor = self._now()
        self._clock += clock - self._began[0]
        self._processor += processor - self._began[1]

    def took(self) -> Took:
        return Took(self._clock, self._processor)

    def _now(self) -> tuple[float, float]:
        if self._device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter(), time.process_time()


class Ours:
    def __init__(self, work: Work) -> None:
        self.work, plan = work, work.plan
        self.tree = grow(work.base, plan.shape)
        self.optimizer = make_optimizer(self.tree, plan.optimizer, plan.learning_rate)

    @torch.no_grad()
    def loss(self) -> float:
        base, plan, sequences = self.work.base, self.work.plan, self.work.sequences
        products = products_in(plan.precision, base)
        packs = pack(sequences, plan.capacity, base.device)
        nats = sum(float(token_nll(self.tree, each, products=products).sum()) for each in packs)
        return nats / supervised(sequences)

    def epoch(self) -> Took:
        watch, plan = Watch(self.work.base.device), self.work.plan
        for window in self.work.windows():
            watch.start()
            dual_step(
                self.tree,
                self.optimizer,
                [Example(tokens) for tokens in window],
                lambda_=parity(window),
                capacity=plan.capacity,
                clip=plan.clip,
                precision=plan.precision,
            )
            watch.stop()
        return watch.took()


class TwoPass:
    """The sketch's loop: a pass for the response, then all of it again for the consequence.

    Padded batches, the model's own loss (logits of every token), means over the whole window.
    """

    def __init__(self, work: Work, setting: Setting) -> None:
        self.work, self.setting = work, setting
        self.network = with_lora(work)
        fused = work.base.device.type == "cuda"
        parameters = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            parameters, lr=work.plan.learning_rate, fused=fused, **ADAMW
        )

    @torch.no_grad()
    def loss(self) -> float:
        nats, sequences = 0.0, self.work.sequences
        for several in chunks(sequences, self.setting.rows):
            for section in (Section.RESPONSE, Section.CONSEQUENCE):
                nats += float(self._share(several, section, 1))
        return nats / supervised(sequences)

    def epoch(self) -> Took:
        watch, plan = Watch(self.work.base.device), self.work.plan
        self.network.train()
        for window in self.work.windows():
            watch.start()
            response = supervised(window, Section.RESPONSE)
            consequence = supervised(window, Section.CONSEQUENCE)
            for several in chunks(window, self.setting.rows):
                self._share(several, Section.RESPONSE, response).backward()
                loss = self._share(several, Section.CONSEQUENCE, consequence)
                (parity(window) * loss).backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), plan.clip)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            watch.stop()
        return watch.took()

    def _share(self, several: Sequence[Tokens], section: Section, count: int) -> Tensor:
        """What a batch adds to the mean of a section's loss over `count` tokens."""
        device = self.work.base.device
        batch = padded([up_to(tokens, section) for tokens in several], section, device)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.setting.autocast):
            return torch.as_tensor(self.network(**batch, num_items_in_batch=count).loss)


def parity(window: Sequence[Tokens]) -> float:
    """The λ at which the dual loss is, up to a factor, the mean over all supervised tokens."""
    return supervised(window, Section.CONSEQUENCE) / supervised(window, Section.RESPONSE)


def with_lora(work: Work) -> Any:
    return get_peft_model(work.base.network, lora_config(work))


def lora_config(work: Work) -> LoraConfig:
    """The adapter that `grow` makes."""
    shape = work.plan.shape
    return LoraConfig(
        r=shape.rank,
        lora_alpha=int(shape.alpha),
        lora_dropout=shape.dropout,
        target_modules=lora_targets(work.base.network, shape.targets),
        bias="none",
        task_type="CAUSAL_LM",
    )


def up_to(tokens: Tokens, section: Section) -> Tokens:
    """A sequence as far as this section reaches."""
    end = max(at for at, part in enumerate(tokens.sections) if part == section) + 1
    return Tokens(tokens.ids[:end], tokens.sections[:end])


def padded(rows: Sequence[Tokens], section: Section, device: torch.device) -> dict[str, Tensor]:
    """A batch of rows as wide as the longest, labelled where this section counts."""
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, IGNORED)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row.ids)
        mask[at, : len(row)] = 1
        labels[at, : len(row)] = torch.tensor(labels_of(row, section))
    batch = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    return {name: tensor.to(device) for name, tensor in batch.items()}


def labels_of(tokens: Tokens, section: Section | None = None) -> list[int]:
    """Ids where a loss counts them (of one section, or of both), `IGNORED` elsewhere."""
    wanted = (Section.RESPONSE, Section.CONSEQUENCE) if section is None else (section,)
    return [
        each if part in wanted else IGNORED
        for each, part in zip(tokens.ids, tokens.sections, strict=True)
    ]


def chunks(sequences: Sequence[Tokens], size: int) -> Iterator[list[Tokens]]:
    for start in range(0, len(sequences), size):
        yield list(sequences[start : start + size])
