"""What differs between families of causal LMs: where the language model sits, and its projections.

Each family named here is proven in the tests on a tiny random model of its architecture.
Other decoder-only models of transformers work when `check_head` accepts them.
"""

from __future__ import annotations

from typing import Any, Literal

import torch

Targets = Literal["attention", "all-linear"]

_ATTENTION: dict[str, list[str]] = {
    "qwen3": ["q_proj", "k_proj", "v_proj", "o_proj"],
    "llama": ["q_proj", "k_proj", "v_proj", "o_proj"],
    "mistral": ["q_proj", "k_proj", "v_proj", "o_proj"],
    "ministral3": ["q_proj", "k_proj", "v_proj", "o_proj"],
    "gpt_neox": ["query_key_value", "dense"],
}

LANGUAGE_MODEL_KEYS = {
    r"^(model\.)?language_model\.model\.": "model.",
    r"^model\.language_model\.": "model.",
    r"^(model\.)?language_model\.lm_head\.": "lm_head.",
}
"""Checkpoint names of an image-text model's language part -> names of the causal LM alone."""


class UnsupportedBase(RuntimeError):
    """This model cannot be used, and the message says why."""


def lora_targets(network: Any, wanted: Targets) -> list[str] | str:
    """Module names that LoRA adapts: the attention projections (the seed's), or every linear."""
    if wanted == "all-linear":
        return "all-linear"
    family = network.config.model_type
    if family in _ATTENTION:
        return _ATTENTION[family]
    names = {name.rsplit(".", 1)[-1] for name, _ in network.named_modules()}
    found = [name for name in ("q_proj", "k_proj", "v_proj", "o_proj") if name in names]
    if not found:
        raise UnsupportedBase(
            f"the attention projections of a {family} model are not known here: "
            "set targets to all-linear"
        )
    return found


def language_config(config: Any) -> Any:
    """The config of the language model alone, without an image-text model's vision tower."""
    text = config.get_text_config()
    if text is not config:
        tied = getattr(config, "tie_word_embeddings", False) or text.tie_word_embeddings
        text.tie_word_embeddings = bool(tied)
    return text


@torch.no_grad()
def check_head(network: Any) -> None:
    """Make sure that logits are the head's output on the decoder's last hidden state.

    Everything that scores tokens relies on it.

    Raises:
        UnsupportedBase: the model does something more in between (a soft cap, a scale).
    """
    ids = torch.arange(1, 9, device=network.device)[None]
    hidden = network.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state
    head = network.get_output_embeddings()
    if head is None:
        raise UnsupportedBase(f"{type(network).__name__} has no output head: not a causal LM")
    ours, theirs = head(hidden).float(), network(input_ids=ids, use_cache=False).logits.float()
    if not torch.allclose(ours, theirs, rtol=1e-3, atol=1e-3):
        raise UnsupportedBase(
            f"{type(network).__name__} changes its logits after the head (a soft cap or a scale); "
            "such models are not supported"
        )
