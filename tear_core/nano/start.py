"""Begins a run with the weights of an earlier one: a run's folder, or a finished model's.

Only the weights and the tokenizer are taken over. The optimisers begin anew, the plan and
the mixture are the new run's own: a warm restart, not a resumption.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from transformers import Qwen3ForCausalLM

from tear_core.nano import checkpoint
from tear_core.nano.troubles import RecipeError, folder_there

MODEL_FILE = "model.safetensors"


def adopt_tokenizer(start: Path, out: Path) -> None:
    """Copy the tokenizer of `start` into `out`: the weights mean nothing with another.

    Raises:
        SystemExit: `start` has none, or `out` has another one.
        RecipeError: there is no such folder.
    """
    folder_there(start, "give the folder of a run, a corpus or a model of nano")
    out.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if not (start / name).exists():
            raise SystemExit(f"{start} has no {name}: it is not a run, a corpus or a model of nano")
        if not (out / name).exists():
            shutil.copyfile(start / name, out / name)
    if (start / "tokenizer.json").read_bytes() != (out / "tokenizer.json").read_bytes():
        raise SystemExit(f"{start} was made with another tokenizer than {out}")


def begin_from(start: Path, model: Qwen3ForCausalLM) -> dict[str, float]:
    """Put the weights of `start` into `model`. Returns what they had cost: steps, tokens and
    seconds; empty where `start` is a model folder, which does not say.

    Raises:
        SystemExit: `start` holds no weights, or weights of another shape.
    """
    weights = _weights(start)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            given = weights.get(name)
            if given is None or given.shape != parameter.shape:
                raise SystemExit(f"{start} holds another shape of nano: give its --shape")
            parameter.copy_(given)
    progress = checkpoint.load_progress(start)
    if progress is None:
        return {}
    spent = {"steps": progress.step, "tokens": progress.tokens, "seconds": progress.seconds}
    return {name: value + progress.earlier.get(name, 0) for name, value in spent.items()}


def weights_digest(start: Path) -> str:
    """16 hex digits of the weights in `start`."""
    found = hashlib.blake2b(digest_size=8)
    for name, tensor in sorted(_weights(start).items()):
        found.update(name.encode())
        found.update(tensor.float().contiguous().numpy().tobytes())
    return found.hexdigest()


def _weights(start: Path) -> dict[str, Tensor]:
    if (start / checkpoint.FILE).exists():
        return checkpoint.load_weights(start)
    if (start / MODEL_FILE).exists():
        try:
            return load_file(start / MODEL_FILE)
        except SafetensorError as error:
            raise RecipeError(
                f"{start / MODEL_FILE} cannot be read ({error}): put a whole copy there"
            ) from None
    raise SystemExit(f"{start} holds neither a checkpoint nor {MODEL_FILE}")
