"""Tiny random-weight models of each supported architecture, made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Ministral3Config,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    PixtralVisionConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)

WORDS = [
    "She closed the piano lid that evening and did not open it again.",
    "What happened then? A person says hello, and somebody answers: reply, end.",
    "He walked home in the rain. They talked for an hour about her grandmother.",
]

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 256,
}
GROUPED: dict[str, Any] = {**SMALL, "num_key_value_heads": 2}


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE of about 300 pieces, with one special token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(WORDS * 4, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")


def qwen3(rows: int, tied: bool = True) -> Any:
    return Qwen3ForCausalLM(
        Qwen3Config(vocab_size=rows, head_dim=8, tie_word_embeddings=tied, **GROUPED)
    )


def qwen3_untied(rows: int) -> Any:
    return qwen3(rows, tied=False)


def llama(rows: int) -> Any:
    return LlamaForCausalLM(LlamaConfig(vocab_size=rows, tie_word_embeddings=False, **GROUPED))


def pythia(rows: int) -> Any:
    return GPTNeoXForCausalLM(GPTNeoXConfig(vocab_size=rows, **SMALL))


def ministral3(rows: int) -> Any:
    """As it ships: a language model beside a vision tower."""
    text = Ministral3Config(vocab_size=rows, head_dim=8, tie_word_embeddings=True, **GROUPED)
    vision = PixtralVisionConfig(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=32,
        patch_size=16,
        head_dim=8,
    )
    config = Mistral3Config(
        text_config=text, vision_config=vision, image_token_index=10, spatial_merge_size=2
    )
    return Mistral3ForConditionalGeneration(config)


FAMILIES: dict[str, Callable[[int], Any]] = {
    "qwen3": qwen3,
    "qwen3_untied": qwen3_untied,
    "llama": llama,
    "pythia": pythia,
    "ministral3": ministral3,
}


def save_tiny(folder: Path, family: str = "qwen3", spare: int = 32) -> Path:
    """Write a tiny model and its tokenizer; `spare` vocabulary rows are left unused."""
    tokenizer = tiny_tokenizer()
    torch.manual_seed(0)
    network = FAMILIES[family](len(tokenizer) + spare)
    with torch.no_grad():  # livelier than the usual 0.02, so that differences show
        for name, parameter in network.named_parameters():
            if parameter.dim() > 1 and "norm" not in name:
                parameter.mul_(4)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
