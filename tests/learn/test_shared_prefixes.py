"""A beginning that several triples share is read once, and counts as often as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tear_core.learn.loss import Example, dual_loss, response_weight, window_of
from tear_core.model.base import Base
from tear_core.model.packing import LEAST_SHARED, pack
from tear_core.model.scoring import token_nll
from tear_core.model.tree import LoraShape, Tree, grow
from tear_core.triples import Draft, Exchange, Triple
from tear_core.witness_format import Tokens
from tests.learn.test_dual_loss import assert_same_gradients, examples_of

ASKED = "Can you help me with the piano, it has been closed since she left?"
KIND = "We could open the lid together and not play a note."
SCENES = (
    "They sat there until it was dark, and in the morning the lid was still up.",
    "They sat there, and she told him which key had always stuck.",
    "He said no. He said it kindly, and went home in the rain.",
)
BEFORE = (Exchange("It is me again, about my grandmother.", "I remember her garden."),)


@pytest.fixture
def tree(base: Base) -> Tree:
    """Moved away from its base a little, so that every gradient is alive."""
    tree = grow(base, LoraShape(rank=4))
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in tree.adapter().values():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    return tree


def alike(order: str) -> list[Triple]:
    """Pairs, several scenes after one response, contexts, a hurt one, a twin, and one apart."""
    draft = Draft("Maybe.", "Nobody came.") if order == "reflect" else None
    told = [Triple(ASKED, KIND, scene, "healed") for scene in SCENES]
    told += [
        Triple(ASKED, "No. Go away.", "He never asked again.", "hurt"),
        Triple(ASKED, KIND, SCENES[0], "hurt"),
        Triple("And now?", KIND, SCENES[1], "neutral", context=BEFORE),
        Triple("And now?", "We talk.", SCENES[2], "healed", context=BEFORE),
        Triple("Who is there?", "I am.", "She closed the lid that evening.", "neutral"),
    ]
    return [replace(each, order=order, draft=draft) for each in told]


def learned(
    tree: Tree, examples: list[Example], *, share: bool, capacity: int = 4096
) -> tuple[float, dict[str, Tensor], int]:
    """The window's loss, its gradients, and how many tokens were read."""
    window, total, read = window_of(examples), 0.0, 0
    for parameter in tree.adapter().values():
        parameter.grad = None
    for row in pack([e.tokens for e in examples], capacity, share=share):
        loss = dual_loss(token_nll(tree, row), row, examples, window, 0.7)
        loss.total.backward()
        total += float(loss.total.detach())
        read += len(row)
    found = {
        name: torch.zeros_like(p) if p.grad is None else p.grad.clone()
        for name, p in tree.adapter().items()
    }
    return total, found, read


@pytest.mark.parametrize("order", ["after", "before", "reflect"])
@pytest.mark.parametrize("capacity", [4096, 420])
def test_shared_and_separate_give_the_same_loss_and_gradients(
    tree: Tree, order: str, capacity: int
) -> None:
    examples = examples_of(tree, alike(order))
    apart = learned(tree, examples, share=False)
    shared = learned(tree, examples, share=True, capacity=capacity)
    assert shared[2] < apart[2]
    assert shared[0] == pytest.approx(apart[0], abs=1e-5)
    assert_same_gradients(shared[1], apart[1])
    masked = learned(replace(tree, in_blocks=False), examples, share=True, capacity=capacity)
    assert_same_gradients(masked[1], apart[1])


def test_sequences_of_different_orders_share_what_they_share(tree: Tree) -> None:
    """The same tokens may be a target for one and given to another."""
    triples = [replace(each, order=o, draft=d) for each in alike("after") for o, d in (
        ("after", None), ("reflect", Draft(KIND, SCENES[0])))]  # fmt: skip
    examples = examples_of(tree, triples)
    apart = learned(tree, examples, share=False)
    shared = learned(tree, examples, share=True)
    assert shared[0] == pytest.approx(apart[0], abs=1e-5)
    assert_same_gradients(shared[1], apart[1])


def test_a_response_with_four_scenes_is_read_once_and_counts_four_times(tree: Tree) -> None:
    examples = examples_of(tree, [Triple(ASKED, KIND, s) for s in (*SCENES, "Nothing.")])
    (row,) = pack([e.tokens for e in examples], 4096)
    assert row.counted is not None and len(row.targets) < len(row.counted) == len(row.owners)
    nll = token_nll(tree, row)
    assert len(nll) == len(row.owners)
    responses = [nll[(row.owners == i) & (row.sections == 1)] for i in range(4)]
    assert all(torch.equal(each, responses[0]) for each in responses)


def test_scores_of_each_sequence_are_those_it_has_alone(tree: Tree) -> None:
    examples = examples_of(tree, alike("after"))
    for row in pack([e.tokens for e in examples], 200):
        nll = token_nll(tree, row)
        for owner in row.owners.unique().tolist():
            (alone,) = pack([examples[owner].tokens], 4096)
            torch.testing.assert_close(
                nll[row.owners == owner], token_nll(tree, alone), rtol=1e-4, atol=1e-5
            )


def test_packs_keep_to_their_capacity_and_lose_nothing() -> None:
    torch.manual_seed(0)
    stem = torch.randint(5, 50, (60,)).tolist()
    sequences = []
    for _ in range(40):
        cut, own = int(torch.randint(0, 60, ())), torch.randint(5, 50, (20,)).tolist()
        sequences.append(Tokens(stem[:cut] + own, [1] * (cut + 20)))
    sequences += [sequences[3], Tokens(stem[:30], [1] * 30), Tokens(stem * 3, [1] * 180)]
    rows = pack(sequences, 128)
    assert all(len(row) <= 128 or len(row.blocks.each) == 1 for row in rows)
    counts = torch.cat([row.owners for row in rows]).bincount().tolist()
    assert counts == [len(tokens) - 1 for tokens in sequences]
    for row in rows:  # every target is where its own sequence has it
        where = row.counted if row.counted is not None else torch.arange(len(row.targets))
        for owner in row.owners.unique().tolist():
            mine = where[row.owners == owner]
            assert row.targets[mine].tolist() == sequences[owner].ids[1:]
            assert row.ids[0, row.rows[mine]].tolist() == sequences[owner].ids[:-1]
            assert row.positions[0, row.rows[mine]].tolist() == list(range(len(mine)))


def test_a_few_tokens_in_common_are_not_worth_a_branch() -> None:
    few = LEAST_SHARED - 1
    one, other = [1] * few + [2] * 9, [1] * few + [3] * 9
    (row,) = pack([Tokens(each, [1] * len(each)) for each in (one, other)], 64)
    assert len(row) == len(one) + len(other)


def test_weights_of_owners_are_kept_apart(tree: Tree) -> None:
    """One of two with the same response was hurt: the response is imitated once, not twice."""
    pair = [Triple(ASKED, KIND, SCENES[0], "healed"), Triple(ASKED, KIND, SCENES[1], "hurt")]
    examples = examples_of(tree, pair)
    assert [e.response_weight for e in examples] == [response_weight(p.landing) for p in pair]
    apart, shared = learned(tree, examples, share=False), learned(tree, examples, share=True)
    assert shared[0] == pytest.approx(apart[0], abs=1e-5)
    assert_same_gradients(shared[1], apart[1])
