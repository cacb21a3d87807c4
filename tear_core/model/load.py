"""Load a base model: the embedded nano, a Hub id or a folder. safetensors only, no remote code."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

from tear_core.model.base import Base, Strategy
from tear_core.model.families import (
    LANGUAGE_MODEL_KEYS,
    UnsupportedBase,
    check_head,
    language_config,
)
from tear_core.model.hub import fetch
from tear_core.nano import WEIGHTS
from tear_core.store.fitting import fingerprint_of
from tear_core.witness_format import DELIMITERS, WitnessFormat

transformers_logging.disable_progress_bar()

Dtype = Literal["auto", "float32", "bfloat16"]
Quantize = Literal["none", "nf4"]

DELIMITER_WORDS = {
    "<|input|>": " person says",
    "<|/input|>": " end said",
    "<|response|>": " answer reply",
    "<|/response|>": " end answer",
    "<|witness|>": " then what happened",
    "<|/witness|>": " end happened",
}
"""An untrained delimiter's row begins as the mean of these words' rows; no two are the same."""


def load_base(
    name: str = "nano",
    *,
    revision: str | None = None,
    dtype: Dtype = "auto",
    quantize: Quantize = "none",
    delimiters: Strategy = "rows",
    device: str | torch.device | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Base:
    """Load a base's frozen weights and tokenizer.

    `dtype` auto is bfloat16 on a GPU and float32 on a CPU. `progress(file, done, total)`
    is told about downloads, in bytes.

    Raises:
        UnsupportedBase: not a causal language model that can be used here.
        OSError: the files are neither here nor to be had; the message says what to do.
    """
    folder, pinned = (WEIGHTS, "") if name == "nano" else fetch(name, revision, progress)
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    kind = _dtype(dtype, where)
    own = json.loads(text) if (text := _read(folder / "tear.json")) else {}
    config = language_config(AutoConfig.from_pretrained(folder, local_files_only=True))
    network = _network(folder, config, kind, quantize, where)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer.model_max_length = 1 << 40  # we count ourselves; it would only write warnings
    encode = _encoder(tokenizer)
    ids: tuple[int, ...] = ()
    words: Mapping[str, Sequence[int]] = {}
    if delimiters == "rows":
        ids, words = _rows(network, tokenizer, own, encode)
        spelled: dict[str, Sequence[int]] = {d: [i] for d, i in zip(DELIMITERS, ids, strict=True)}
    else:
        spelled = {d: encode(d) for d in DELIMITERS}
    network.requires_grad_(False).eval()
    check_head(network)
    eos = tokenizer.eos_token_id
    if eos is None:
        raise UnsupportedBase(f"the tokenizer of {name} names no end-of-text token")
    return Base(
        name=name,
        revision=pinned,
        fingerprint=fingerprint_of(folder, quantize, delimiters),
        network=network,
        tokenizer=tokenizer,
        format=WitnessFormat(encode, spelled, eos=eos, bos=_bos(tokenizer)),
        strategy=delimiters,
        delimiter_ids=tuple(ids),
        delimiter_words=words,
        context=int(getattr(config, "max_position_embeddings", 2048)),
        device=where,
        dtype=kind,
        quantized=quantize != "none",
        demonstration=bool(own.get("demonstration", False)),
        learning=own.get("learning", {}),
    )


def _network(folder: Path, config: Any, dtype: torch.dtype, quantize: Quantize, device: Any) -> Any:
    if not any(folder.glob("*.safetensors")):
        raise UnsupportedBase(
            f"{folder.name} holds no .safetensors file; pickled weights are not loaded"
        )
    if quantize == "nf4":
        extra: dict[str, Any] = {
            "quantization_config": BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=dtype,
            ),
            "device_map": {"": str(device)},
        }
    else:
        extra = {}
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            key_mapping=LANGUAGE_MODEL_KEYS,
            attn_implementation="sdpa",
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
            **extra,
        )
    except ValueError as error:
        raise UnsupportedBase(f"{folder.name}: {error}") from error
    network, report = loaded
    if missing := sorted(report["missing_keys"]):
        raise UnsupportedBase(f"{folder.name} lacks weights: {', '.join(missing[:3])} ...")
    if quantize == "none":
        return network.to(device)
    for module in network.modules():
        # On some CPUs bitsandbytes repacks a weight in place at its first inference, which would
        # pull it from under the learner that shares it.
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return network


def _encoder(tokenizer: Any) -> Callable[[str], list[int]]:
    def encode(text: str) -> list[int]:
        # split_special_tokens: a special token typed by somebody is only its letters
        ids = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return [int(i) for i in ids]

    return encode


def _rows(
    network: Any, tokenizer: Any, own: dict[str, Any], encode: Callable[[str], list[int]]
) -> tuple[tuple[int, ...], dict[str, Sequence[int]]]:
    """Ids for the delimiters, and the words that untrained ones start from."""
    if own.get("delimiters_trained"):
        return tuple(int(own["delimiters"][d]) for d in DELIMITERS), {}
    first = max(tokenizer.get_vocab().values(), default=-1) + 1
    first = max(first, len(tokenizer))
    rows = network.get_input_embeddings().weight.shape[0]
    if rows - first < len(DELIMITERS):  # no room: only then is a matrix grown, in memory
        network.resize_token_embeddings(first + 64, mean_resizing=False)
    words: dict[str, Sequence[int]] = {d: encode(DELIMITER_WORDS[d]) for d in DELIMITERS}
    return tuple(range(first, first + len(DELIMITERS))), words


def _bos(tokenizer: Any) -> int | None:
    """The id that the tokenizer itself puts first, if it does."""
    ids = tokenizer("a")["input_ids"]
    bos = tokenizer.bos_token_id
    return int(bos) if bos is not None and ids and ids[0] == bos else None


def _dtype(wanted: Dtype, device: torch.device) -> torch.dtype:
    if wanted == "auto":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    return torch.float32 if wanted == "float32" else torch.bfloat16


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
