"""Trainers of other libraries over the same work: transformers' own, TRL's, TRL through Unsloth.

They get ready-made ids and labels, and time between a step's begin and its end: preparing data,
collating, logging and saving are not counted.
"""

from __future__ import annotations

import math
import tempfile
import warnings
from importlib.util import find_spec
from typing import Any

import torch
from datasets import Dataset, disable_progress_bars
from learning_settings import Setting
from learning_work import ADAMW, Took, Watch, Work, labels_of, lora_config, with_lora
from rendered import supervised
from side_by_side import CannotRun
from transformers import DataCollatorForSeq2Seq, Trainer, TrainerCallback, TrainingArguments
from transformers.utils import logging as transformers_logging

from tear_core.witness_format import Section

disable_progress_bars()
transformers_logging.set_verbosity_error()
warnings.filterwarnings("ignore", category=FutureWarning)


class OfTrainer:
    """A `transformers.Trainer`, or one of its heirs, as a learner."""

    def __init__(self, trainer: Trainer, work: Work, setting: Setting) -> None:
        self.trainer, self.work, self.setting = trainer, work, setting
        self._clock = _Clock(work.base.device)
        trainer.add_callback(self._clock)
        # As many steps as ours, whatever a row of the prepared data holds.
        batches = math.ceil(len(trainer.train_dataset) / setting.rows)
        trainer.args.gradient_accumulation_steps = math.ceil(batches / len(work.windows()))

    @torch.no_grad()
    def loss(self) -> float:
        """Over the trainer's own batches, by its own loss function."""
        trainer = self.trainer
        trainer.model.train()
        count = torch.tensor(supervised(self.work.sequences), device=trainer.args.device)
        nats, device = 0.0, trainer.args.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.setting.autocast):
            for batch in trainer.get_train_dataloader():
                inputs = trainer._prepare_inputs(batch)
                nats += float(trainer.compute_loss(trainer.model, inputs, num_items_in_batch=count))
        return nats

    def epoch(self) -> Took:
        self._clock.watch = Watch(self.work.base.device)
        self.trainer.train()
        return self._clock.watch.took()


class _Clock(TrainerCallback):
    def __init__(self, device: torch.device) -> None:
        self.watch = Watch(device)

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self.watch.start()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.watch.stop()


def of_transformers(work: Work, setting: Setting) -> OfTrainer:
    """The plain Trainer: padded batches, logits of every token."""
    rows = [{"input_ids": each.ids, "labels": labels_of(each)} for each in work.sequences]
    trainer = Trainer(
        with_lora(work),
        TrainingArguments(**_arguments(work, setting)),
        data_collator=DataCollatorForSeq2Seq(_tokenizer(work), label_pad_token_id=-100),
        train_dataset=Dataset.from_list(rows),
        processing_class=_tokenizer(work),
    )
    return OfTrainer(trainer, work, setting)


def of_trl(work: Work, setting: Setting) -> OfTrainer:
    """TRL's SFTTrainer with completion masks: it makes the LoRA and packs the data itself."""
    from trl import SFTConfig, SFTTrainer

    network = work.base.network
    if setting.layout != "padded" and work.base.device.type == "cuda" and find_spec("flash_attn"):
        network.set_attn_implementation("flash_attention_2")
    trainer = SFTTrainer(
        model=network,
        args=SFTConfig(**_sft_arguments(work, setting)),
        train_dataset=_completions(work),
        processing_class=_tokenizer(work),
        peft_config=lora_config(work),
    )
    return OfTrainer(trainer, work, setting)


def of_unsloth(work: Work, setting: Setting) -> OfTrainer:
    """TRL's SFTTrainer as Unsloth patches it, on Unsloth's own load of the same folder."""
    if find_spec("unsloth") is None:
        raise CannotRun("unsloth is not installed")
    if work.base.device.type != "cuda":
        raise CannotRun("unsloth learns on a GPU alone")
    from trl import SFTConfig, SFTTrainer
    from unsloth import FastLanguageModel

    work.base.network.to("cpu")  # it loads its own
    shape = lora_config(work)
    network, _ = FastLanguageModel.from_pretrained(
        str(work.folder),
        max_seq_length=work.base.context,
        dtype=work.base.dtype,
        load_in_4bit=False,
    )
    network = FastLanguageModel.get_peft_model(
        network,
        r=shape.r,
        lora_alpha=shape.lora_alpha,
        lora_dropout=shape.lora_dropout,
        target_modules=list(shape.target_modules or ()),
        bias="none",
        use_gradient_checkpointing=False,
    )
    trainer = SFTTrainer(
        model=network,
        args=SFTConfig(**_sft_arguments(work, setting)),
        train_dataset=_completions(work),
        processing_class=_tokenizer(work),
    )
    return OfTrainer(trainer, work, setting)


def _completions(work: Work) -> Dataset:
    return Dataset.from_list(
        [
            {
                "input_ids": each.ids,
                "completion_mask": [int(part != Section.GIVEN) for part in each.sections],
            }
            for each in work.sequences
        ]
    )


def _sft_arguments(work: Work, setting: Setting) -> dict[str, Any]:
    longest = max(map(len, work.sequences))
    return _arguments(work, setting) | {
        "completion_only_loss": True,
        "packing": setting.layout == "packed",
        "packing_strategy": "bfd",
        "padding_free": setting.layout != "padded",
        "max_length": max(setting.capacity, longest) if setting.layout == "packed" else None,
    }


def _arguments(work: Work, setting: Setting) -> dict[str, Any]:
    """What every trainer is told: our optimizer's settings, and to do nothing but learn."""
    on_gpu = work.base.device.type == "cuda"
    return {
        "output_dir": f"{tempfile.gettempdir()}/tear-bench/trainer",  # nothing is saved there
        "num_train_epochs": 1,
        "per_device_train_batch_size": setting.rows,
        "learning_rate": work.plan.learning_rate,
        "lr_scheduler_type": "constant",
        "optim": "adamw_torch_fused" if on_gpu else "adamw_torch",
        "adam_beta1": ADAMW["betas"][0],
        "adam_beta2": ADAMW["betas"][1],
        "weight_decay": ADAMW["weight_decay"],
        "max_grad_norm": work.plan.clip,
        "bf16": setting.autocast,
        "gradient_checkpointing": False,
        "train_sampling_strategy": "group_by_length" if setting.grouped else "sequential",
        "dataloader_num_workers": 0,
        "dataloader_pin_memory": on_gpu,
        "logging_strategy": "no",
        "save_strategy": "no",
        "eval_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "use_cpu": not on_gpu,
    }


def _tokenizer(work: Work) -> Any:
    tokenizer = work.base.tokenizer
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


WAYS = {"trl": of_trl, "trainer": of_transformers, "unsloth": of_unsloth}
