"""Two module trees over one set of base tensors: the learner and the one that answers.

A tree is a copy of the base's modules that shares every base tensor and owns a LoRA and
its delimiter deltas. Learner and live are two trees, so publishing is a copy of a few small
tensors and neither ever switches the other's adapter. (Switching adapters to and fro inside
one tree trains nothing under activation checkpointing, without an error.)
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn

from tear_core.model import blocks
from tear_core.model.attention import quicken_attention
from tear_core.model.base import Base
from tear_core.model.delimiters import DelimiterRows
from tear_core.model.families import Targets, lora_targets
from tear_core.model.gated import quicken_gated
from tear_core.model.lora import quicken_lora
from tear_core.model.norms import quicken_norms


@dataclass(frozen=True)
class LoraShape:
    """Which adapter grows on the base. Trees with the same shape can copy each other."""

    rank: int = 16
    alpha: float = 32
    dropout: float = 0.0
    targets: Targets = "attention"


@dataclass(frozen=True)
class Tree:
    """A PEFT model over shared base tensors, with its own LoRA and delimiter deltas.

    `in_blocks`: it computes attention in a pack's blocks, else under the dense mask.
    """

    base: Base
    shape: LoraShape
    network: Any
    delimiters: DelimiterRows | None
    in_blocks: bool = False

    @property
    def decoder(self) -> nn.Module:
        """ids -> last hidden state, LoRA and delimiter embeddings included."""
        return self.network.get_base_model().get_decoder()

    @property
    def causal_lm(self) -> Any:
        """The whole model as transformers knows it."""
        return self.network.get_base_model()

    @property
    def head(self) -> Any:
        """The linear layer that gives the logits; the delimiters' deltas are not in it."""
        return self.causal_lm.get_output_embeddings()

    @property
    def head_weight(self) -> Tensor:
        """[vocabulary, hidden], frozen."""
        weight: Tensor = self.head.weight
        return weight

    def adapter(self) -> dict[str, nn.Parameter]:
        """Every trainable tensor by name: LoRA's, then the delimiters'."""
        named = {n: p for n, p in self.network.named_parameters() if "lora_" in n}
        if self.delimiters is not None:
            named.update(self.delimiters.named_deltas())
        return named


def grow(base: Base, shape: LoraShape, seed: int = 0) -> Tree:
    """A new tree on the base: equal to it in every output until something is learned.

    `seed` draws LoRA's A matrices (B starts at zero), the same ones for the same seed.
    """
    network = copy.deepcopy(base.network, _shared(base.network))
    if in_blocks := blocks.understood_by(network):
        network.set_attn_implementation(blocks.NAME)
    config = LoraConfig(
        r=shape.rank,
        lora_alpha=cast(int, shape.alpha),  # any number will do
        lora_dropout=shape.dropout,
        target_modules=lora_targets(network, shape.targets),
        bias="none",
        task_type="CAUSAL_LM",
        base_model_name_or_path=base.name,
        revision=base.revision or None,
    )
    forked = [base.device] if base.device.type == "cuda" else []
    with torch.random.fork_rng(devices=forked), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft's about a renamed base and transformers' next major
        torch.manual_seed(seed)
        peft_model = get_peft_model(network, config)
    quicken_lora(peft_model)
    quicken_norms(peft_model)
    quicken_gated(peft_model)
    if in_blocks:
        quicken_attention(peft_model)
    return Tree(base, shape, peft_model.eval(), _delimiters(base, network), in_blocks)


def _delimiters(base: Base, network: Any) -> DelimiterRows | None:
    if base.strategy == "text":
        return None
    matrix = network.get_input_embeddings().weight
    head = network.get_output_embeddings().weight
    rows = DelimiterRows(base.delimiter_ids, matrix.shape[0], matrix.shape[1], tied=head is matrix)
    if base.delimiter_words:
        rows.start_from(network, base.delimiter_words)
    rows.to(base.device)
    rows.attach(network)
    return rows


def _shared(network: nn.Module) -> dict[int, Any]:
    """A deepcopy memo in which every tensor of the base stands for itself."""
    memo: dict[int, Any] = {}
    for tensor in (*network.parameters(), *network.buffers()):
        memo[id(tensor)] = tensor
        if (quant_state := getattr(tensor, "quant_state", None)) is not None:
            memo[id(quant_state)] = quant_state
    return memo


@torch.no_grad()
def set_adapter(tree: Tree, tensors: Mapping[str, Tensor]) -> None:
    """Copy adapter tensors into a tree, in place.

    Raises:
        ValueError: the names or shapes are those of another adapter.
    """
    own = tree.adapter()
    if own.keys() != tensors.keys():
        odd = sorted(own.keys() ^ tensors.keys())
        raise ValueError(f"this adapter does not fit the tree: {', '.join(odd[:3])} ...")
    for name, parameter in own.items():
        if parameter.shape != tensors[name].shape:
            raise ValueError(
                f"{name} is {tuple(tensors[name].shape)}, not {tuple(parameter.shape)}"
            )
    for name, parameter in own.items():
        parameter.copy_(tensors[name])


def adapter_copy(tree: Tree) -> dict[str, Tensor]:
    """The adapter's tensors, detached and copied."""
    return {name: parameter.detach().clone() for name, parameter in tree.adapter().items()}
