"""The shape of nano, its optimisers, and the folder it ships in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import Qwen3Config, Qwen3ForCausalLM

from tear_core.nano.tokenizer import DELIMITER_IDS, VOCABULARY_ROWS, eos_id, save_tokenizer

TEMPERATURE = 0.5
"""At which nano is spoken with; the app takes it from `tear.json`. At 0.8, which suits large
models, its sentences break."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A Qwen3 architecture in six numbers; embeddings are tied."""

    hidden: int
    layers: int
    intermediate: int
    heads: int
    kv_heads: int
    head_size: int = 64
    context: int = 1024

    def config(self, eos: int) -> Qwen3Config:
        return Qwen3Config(
            vocab_size=VOCABULARY_ROWS,
            hidden_size=self.hidden,
            intermediate_size=self.intermediate,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.kv_heads,
            head_dim=self.head_size,
            max_position_embeddings=self.context,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=eos,
            # Not the eos: an embedding's padding row gets no gradient.
            pad_token_id=None,
        )


SHAPES: dict[str, Shape] = {
    # 6.5 M parameters: what two laptop cores can train in an hour or two.
    "small": Shape(hidden=256, layers=6, intermediate=704, heads=4, kv_heads=2),
    # 18 to 19 M, what one GPU trains in ten minutes and what fits in 40 MB: three builds of it.
    "medium": Shape(hidden=384, layers=10, intermediate=1024, heads=6, kv_heads=2),
    "deep": Shape(hidden=320, layers=15, intermediate=864, heads=5, kv_heads=1),
    "wide": Shape(hidden=512, layers=5, intermediate=1408, heads=8, kv_heads=2),
}

MUON_RATE = 0.006
ADAM_RATE = 2e-3
"""Peak rates. What was tried before them is in `docs/nano.md`."""


def build_model(shape: Shape, eos: int, seed: int) -> Qwen3ForCausalLM:
    """A fresh model in fp32, the same for the same seed."""
    torch.manual_seed(seed)
    return Qwen3ForCausalLM(shape.config(eos))


def build_optimizers(model: Qwen3ForCausalLM) -> dict[str, torch.optim.Optimizer]:
    """Muon for the hidden matrices; AdamW for embeddings and norms, where it has no business."""
    hidden = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    return {
        "muon": torch.optim.Muon(hidden, lr=MUON_RATE, weight_decay=0.05),
        "adam": torch.optim.AdamW(others, lr=ADAM_RATE, betas=(0.9, 0.95), weight_decay=0.0),
    }


def export(weights: Mapping[str, Tensor], shape: Shape, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the model folder: bf16 weights and everything `from_pretrained` needs offline.

    Every file is replaced whole, so a reader never meets half a file.
    """
    eos = eos_id(tokenizer)
    partial = folder.with_name(f".{folder.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    config = shape.config(eos)
    config.architectures = ["Qwen3ForCausalLM"]
    config.dtype = torch.bfloat16
    config.save_pretrained(partial)
    half = {name: tensor.to("cpu", torch.bfloat16).contiguous() for name, tensor in weights.items()}
    save_file(half, partial / "model.safetensors", metadata={"format": "pt"})
    save_tokenizer(tokenizer, partial, shape.context)
    _write_json(partial / "generation_config.json", {"eos_token_id": eos, "pad_token_id": eos})
    about = {
        "name": "nano",
        "delimiters": DELIMITER_IDS,
        "delimiters_trained": True,
        "demonstration": True,
        # What an update needs to leave a mark on so small a model, found by trying.
        "learning": {"learning_rate": 3e-3, "steps": 26, "commonplace": 1.8},
        "speaking": {"temperature": TEMPERATURE},
        "context": shape.context,
    }
    _write_json(partial / "tear.json", about)
    for file in sorted(partial.iterdir()):
        file.chmod(0o644)  # safetensors writes 0600; a package is for everybody
        file.replace(folder / file.name)
    partial.rmdir()


def shape_fields(shape: Shape) -> dict[str, Any]:
    return asdict(shape)


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")
