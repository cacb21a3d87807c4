"""The dual loss: L = L_response + λ·L_consequence, both means over a section's tokens.

    L = Σ w·nll(response) / N_response  +  λ · Σ nll(consequence) / N_consequence

N counts the tokens that weigh something over the *whole* accumulation window, so that any
way of cutting the window into packs gives the same gradient. λ = 1 is parity. A `hurt`
response has w = 0: its words are read, never imitated; its consequence counts in full.

Source: The Tear, "The Core Mechanism: Dual-Objective Training" (there described, not
implemented); token-mean counts over the window instead of per micro-batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tear_core.model.packing import Pack
from tear_core.triples import Landing
from tear_core.witness_format import Section, Tokens


@dataclass(frozen=True)
class Example:
    """A rendered triple and the weight of its response in the first term (0 or 1)."""

    tokens: Tokens
    response_weight: float = 1.0


def response_weight(landing: Landing) -> float:
    """A `hurt` response is witnessed, not imitated."""
    return 0.0 if landing == "hurt" else 1.0


@dataclass(frozen=True)
class Window:
    """Token counts over one accumulation window: what the two means divide by."""

    response: float
    consequence: float


def window_of(examples: Sequence[Example]) -> Window:
    """Count supervised tokens. A window whose responses all hurt has no first term."""
    response = consequence = 0.0
    for example in examples:
        targets = example.tokens.sections[1:]
        response += example.response_weight * targets.count(Section.RESPONSE)
        consequence += targets.count(Section.CONSEQUENCE)
    return Window(response, consequence)


@dataclass(frozen=True)
class DualLoss:
    """One pack's share of the window's loss.

    Attributes:
        total: scalar, differentiable; the packs' totals add up to L.
        response: this pack's share of L_response, detached.
        consequence: this pack's share of L_consequence (without λ), detached.
    """

    total: Tensor
    response: Tensor
    consequence: Tensor


def of_responses(nll: Tensor, pack: Pack, examples: Sequence[Example]) -> Tensor:
    """What a pack's share of each example's response costs, in nats: [examples], detached."""
    nats = nll.detach() * (pack.sections == Section.RESPONSE)
    found = torch.zeros(len(examples), dtype=nats.dtype, device=nats.device)
    return found.index_add_(0, pack.owners, nats)


def dual_loss(
    nll: Tensor, pack: Pack, examples: Sequence[Example], window: Window, lambda_: float
) -> DualLoss:
    """Weigh per-token losses [n] of a pack into its share of the window's dual loss."""
    of_owner = torch.tensor([e.response_weight for e in examples])
    weights = of_owner.to(nll.device, non_blocking=True)
    in_response = (pack.sections == Section.RESPONSE).to(nll.dtype)
    in_consequence = (pack.sections == Section.CONSEQUENCE).to(nll.dtype)
    response = (nll * in_response * weights[pack.owners]).sum() / max(window.response, 1.0)
    consequence = (nll * in_consequence).sum() / max(window.consequence, 1.0)
    return DualLoss(response + lambda_ * consequence, response.detach(), consequence.detach())
