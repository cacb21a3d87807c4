"""The models that benchmarks run on: nano, or a shape with random weights that needs no download.

Speed does not depend on what weights say. A shape's folder holds random bf16 weights in Qwen3's
architecture and nano's tokenizer, and loads like any base.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import torch
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

from tear_core.nano import WEIGHTS

SHAPES = {
    # hidden, layers, intermediate, heads, kv heads, head size, vocabulary
    "10m": (320, 8, 832, 5, 1, 64, 8192),
    "100m": (640, 12, 1792, 10, 2, 64, 32768),
    "1.7b": (2048, 28, 6144, 16, 8, 128, 151936),
}


def base_folder(name: str) -> Path:
    """The folder of `nano` or of a shape, which is made if it is not there yet."""
    if name == "nano":
        return WEIGHTS
    if name not in SHAPES:
        raise SystemExit(f"there is no model {name!r} to measure: nano, {', '.join(SHAPES)}")
    root = Path(os.environ.get("TEAR_BENCH_CACHE") or Path(tempfile.gettempdir()) / "tear-bench")
    folder = root / name
    if not (folder / "tear.json").exists():  # written last
        _make(folder, name)
    return folder


def _make(folder: Path, name: str) -> None:
    hidden, layers, intermediate, heads, kv_heads, head_size, vocabulary = SHAPES[name]
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS, local_files_only=True)
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=intermediate,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=head_size,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=None,
        dtype=torch.bfloat16,
    )
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        network = Qwen3ForCausalLM(config).to(torch.bfloat16)
    folder.mkdir(parents=True, exist_ok=True)
    network.to("cpu").save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    own = json.loads((WEIGHTS / "tear.json").read_text())
    (folder / "tear.json").write_text(json.dumps({**own, "name": name, "context": 4096}) + "\n")


def as_base_name(name: str) -> str:
    """What `load_base` is asked for."""
    return name if name == "nano" else str(base_folder(name))
