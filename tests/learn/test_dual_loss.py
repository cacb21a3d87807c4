"""L = L_response + λ·L_consequence, held to its definition."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tear_core.learn.loss import Example, dual_loss, response_weight, window_of
from tear_core.model.base import Base
from tear_core.model.packing import pack
from tear_core.model.scoring import token_nll
from tear_core.model.tree import LoraShape, Tree, grow
from tear_core.triples import Exchange, Triple
from tear_core.witness_format import Section, Tokens

TRIPLES = [
    Triple("hello there", "I am here", "He walked home in the rain.", "healed"),
    Triple("What?", "A reply.", "She closed the lid that evening and wept.", "neutral"),
    Triple("Can you help?", "No. Go away.", "He never asked again.", "hurt"),
    Triple("And now?", "We talk.", "They talked for an hour.", context=(Exchange("hi", "yes"),)),
]


@pytest.fixture
def tree(base: Base) -> Tree:
    """A tree that has moved away from its base a little, so that every gradient is alive."""
    tree = grow(base, LoraShape(rank=4))
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in tree.adapter().values():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    return tree


def examples_of(tree: Tree, triples: list[Triple]) -> list[Example]:
    render = tree.base.format.training_tokens
    return [Example(render(t), response_weight(t.landing)) for t in triples]


def loss_and_gradients(
    tree: Tree, examples: list[Example], lambda_: float, capacity: int
) -> tuple[float, float, float, dict[str, Tensor]]:
    """L, its two terms, and d L / d adapter, over one accumulation window."""
    window = window_of(examples)
    total = response = consequence = 0.0
    for parameter in tree.adapter().values():
        parameter.grad = None
    for row in pack([e.tokens for e in examples], capacity):
        loss = dual_loss(token_nll(tree, row), row, examples, window, lambda_)
        loss.total.backward()
        total += float(loss.total.detach())
        response += float(loss.response)
        consequence += float(loss.consequence)
    grads = {
        name: torch.zeros_like(p) if p.grad is None else p.grad.clone()
        for name, p in tree.adapter().items()
    }
    return total, response, consequence, grads


def assert_same_gradients(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    """To float32 rounding, measured against the largest gradient of the whole adapter."""
    scale = max(float(g.abs().max()) for g in b.values())
    assert scale > 0
    for name in a:
        torch.testing.assert_close(a[name], b[name], rtol=1e-4, atol=2e-6 * scale)


def test_lambda_zero_is_plain_supervised_fine_tuning_on_the_response(tree: Tree) -> None:
    triple = TRIPLES[0]
    (example,) = examples_of(tree, [triple])
    total, _, _, grads = loss_and_gradients(tree, [example], 0.0, 512)
    ids = torch.tensor([example.tokens.ids])
    labels = ids.clone()
    labels[torch.tensor([example.tokens.sections]) != Section.RESPONSE] = -100
    for parameter in tree.adapter().values():
        parameter.grad = None
    sft = tree.causal_lm(input_ids=ids, labels=labels).loss  # transformers' own loss
    sft.backward()
    assert total == pytest.approx(float(sft.detach()), abs=1e-6)
    theirs = {
        name: torch.zeros_like(p) if p.grad is None else p.grad
        for name, p in tree.adapter().items()
    }
    assert_same_gradients(grads, theirs)


def test_the_slope_in_lambda_is_the_consequence_loss(tree: Tree) -> None:
    examples = examples_of(tree, TRIPLES)
    at_zero, response, consequence, _ = loss_and_gradients(tree, examples, 0.0, 512)
    at_one, *_ = loss_and_gradients(tree, examples, 1.0, 512)
    assert at_one - at_zero == pytest.approx(consequence, abs=1e-6)
    assert at_zero == pytest.approx(response, abs=1e-6)
    assert consequence > 0


def test_lambda_reaches_the_adapter_only_through_the_consequence(tree: Tree) -> None:
    examples = examples_of(tree, TRIPLES)
    *_, none = loss_and_gradients(tree, examples, 0.0, 512)
    *_, full = loss_and_gradients(tree, examples, 0.7, 512)
    only = [replace(e, response_weight=0.0) for e in examples]
    *_, consequence = loss_and_gradients(tree, only, 0.7, 512)
    summed = {name: none[name] + consequence[name] for name in none}
    assert_same_gradients(full, summed)


def test_packed_equals_unpacked_in_loss_and_gradients(tree: Tree) -> None:
    examples = examples_of(tree, TRIPLES)
    packed = loss_and_gradients(tree, examples, 0.5, 10_000)
    alone = loss_and_gradients(tree, examples, 0.5, 1)
    assert packed[0] == pytest.approx(alone[0], abs=1e-5)
    assert_same_gradients(packed[3], alone[3])


def test_accumulating_k_times_one_equals_one_times_k(tree: Tree) -> None:
    """Token counts are of the whole window: per-batch means would weigh short triples up."""
    examples = examples_of(tree, TRIPLES)
    one = loss_and_gradients(tree, examples, 0.5, 10_000)
    longest = max(len(e.tokens) for e in examples)
    rows = pack([e.tokens for e in examples], longest)
    assert 1 < len(rows) <= len(examples)
    several = loss_and_gradients(tree, examples, 0.5, longest)
    assert one[0] == pytest.approx(several[0], abs=1e-5)
    assert_same_gradients(one[3], several[3])
    means = [loss_and_gradients(tree, [e], 0.5, 512)[0] for e in examples]
    assert sum(means) / len(means) != pytest.approx(one[0], abs=1e-4)


def test_padding_and_the_pad_id_change_nothing(tree: Tree) -> None:
    examples = examples_of(tree, TRIPLES)
    plain = loss_and_gradients(tree, examples, 0.5, 512)
    for pad in (0, 5):
        tree.causal_lm.config.pad_token_id = pad
        padded = [
            replace(
                e,
                tokens=Tokens(
                    e.tokens.ids + [pad] * 7, e.tokens.sections + [int(Section.GIVEN)] * 7
                ),
            )
            for e in examples
        ]
        again = loss_and_gradients(tree, padded, 0.5, 512)
        assert again[0] == pytest.approx(plain[0], abs=1e-6)
        assert_same_gradients(again[3], plain[3])


def test_a_hurt_response_puts_no_gradient_on_its_tokens(tree: Tree) -> None:
    hurt = examples_of(tree, [TRIPLES[2]])
    (row,) = pack([hurt[0].tokens], 512)
    nll = token_nll(tree, row).detach().requires_grad_()
    dual_loss(nll, row, hurt, window_of(hurt), 0.5).total.backward()
    assert nll.grad is not None
    assert torch.all(nll.grad[row.sections == Section.RESPONSE] == 0)
    assert torch.all(nll.grad[row.sections == Section.CONSEQUENCE] > 0)


def test_a_hurt_triple_alone_has_no_first_term(tree: Tree) -> None:
    total, response, consequence, grads = loss_and_gradients(
        tree, examples_of(tree, [TRIPLES[2]]), 0.0, 512
    )
    assert total == response == 0 and consequence > 0
    assert all(torch.all(g == 0) for g in grads.values())


def test_a_hurt_triple_does_not_dilute_the_responses_of_others(tree: Tree) -> None:
    kind = loss_and_gradients(tree, examples_of(tree, TRIPLES[:2]), 0.0, 512)
    beside = loss_and_gradients(tree, examples_of(tree, TRIPLES[:3]), 0.0, 512)
    assert beside[1] == pytest.approx(kind[1], abs=1e-6)


def test_new_rows_move_and_every_other_row_stays_bit_equal(rows_base: Base) -> None:
    tree = grow(rows_base, LoraShape(rank=4))
    matrix = tree.causal_lm.get_input_embeddings().weight
    before, deltas = matrix.clone(), tree.delimiters.embed_delta.detach().clone()  # type: ignore[union-attr]
    optimizer = torch.optim.AdamW(tree.adapter().values(), lr=1e-2)
    loss_and_gradients(tree, examples_of(tree, TRIPLES), 0.5, 512)
    optimizer.step()
    assert torch.equal(matrix, before)
    moved = (tree.delimiters.embed_delta.detach() != deltas).any(1)  # type: ignore[union-attr]
    assert moved.all()


def test_a_model_that_copies_its_current_token_does_not_score_well() -> None:
    """The mistake of an unshifted loss: it would call this model perfect."""
    size = 40
    ids = [(7 * i) % size for i in range(1, 30)]
    tokens = Tokens(ids, [int(Section.RESPONSE)] * len(ids))
    (row,) = pack([tokens], 64)

    def model(predicts: Tensor) -> Tree:
        hidden = F.one_hot(predicts, size).float()[None]
        out: Any = SimpleNamespace(last_hidden_state=hidden)
        fake = SimpleNamespace(
            decoder=lambda **_: out,
            head_weight=torch.eye(size) * 20,
            delimiters=None,
            in_blocks=False,
        )
        return cast(Tree, fake)

    copies = token_nll(model(torch.tensor(ids)), row).mean()
    knows = token_nll(model(torch.tensor([*ids[1:], 0])), row).mean()
    assert float(copies) > 15
    assert float(knows) < 1e-4


def test_chunks_of_any_size_give_the_same_scores_and_gradients(tree: Tree) -> None:
    (row, *_) = pack([e.tokens for e in examples_of(tree, TRIPLES)], 512)
    results = []
    for chunk in (1, 7, 4096):
        for parameter in tree.adapter().values():
            parameter.grad = None
        scores = token_nll(tree, row, chunk)
        (scores * torch.linspace(0.1, 1.0, len(scores))).sum().backward()
        grads = {n: p.grad.clone() for n, p in tree.adapter().items() if p.grad is not None}
        results.append((scores.detach(), grads))
    for scores, grads in results[1:]:
        torch.testing.assert_close(scores, results[0][0])
        assert_same_gradients(grads, results[0][1])
