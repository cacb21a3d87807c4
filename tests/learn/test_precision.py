"""Products in bfloat16 while learning: when they are used, what they change, what they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tear_core.learn.plan import plan_for
from tear_core.learn.update import Recipe, recipe_for
from tear_core.model import precision
from tear_core.model.base import Base
from tear_core.model.packing import pack
from tear_core.model.precision import precision_for, products_in, row_multiple
from tear_core.model.scoring import token_nll
from tear_core.model.tree import LoraShape, grow
from tear_core.settings import load_settings
from tests.learn.test_dual_loss import TRIPLES, examples_of


@pytest.mark.parametrize("able", [True, False])
def test_auto_is_bfloat16_where_the_machine_has_it_and_the_base_is_plain(
    rows_base: Base, able: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda: able)
    assert precision_for(rows_base, "auto") == ("bfloat16" if able else "base")
    assert precision_for(replace(rows_base, dtype=torch.bfloat16), "auto") == "base"
    assert precision_for(replace(rows_base, quantized=True), "auto") == "base"
    assert precision_for(rows_base, "bfloat16") == "bfloat16"
    assert plan_for(rows_base, load_settings({"learn_precision": "base"})).precision == "base"


def test_losses_and_gradients_are_those_of_float32_to_a_part_in_fifty(rows_base: Base) -> None:
    tree = grow(rows_base, LoraShape(rank=4))
    examples = examples_of(tree, TRIPLES)
    found = []
    for kind in ("base", "bfloat16"):
        multiple = row_multiple(kind, rows_base)
        (row,) = pack([e.tokens for e in examples], 4096, multiple=multiple)
        assert len(row) % multiple == 0
        for parameter in tree.adapter().values():
            parameter.grad = None
        nll = token_nll(tree, row, products=products_in(kind, rows_base))
        assert nll.dtype == torch.float32
        nll.mean().backward()
        grads = [p.grad for p in tree.adapter().values() if p.grad is not None]
        found.append((float(nll.detach().mean()), torch.cat([g.flatten() for g in grads])))
    (exact, slope), (rounded, rough) = found
    assert rounded == pytest.approx(exact, rel=5e-3)
    assert float((rough - slope).norm() / slope.norm()) < 0.05
    assert not torch.equal(rough, slope)


def test_a_recipe_keeps_it_and_an_older_one_had_the_bases_own(rows_base: Base) -> None:
    plan = plan_for(rows_base, load_settings({"learn_precision": "bfloat16"}))
    recipe = recipe_for(plan, new=3, replayable=0, depth=1, capacity=512)
    kept = recipe.as_settings()
    assert Recipe.of(kept, recipe.lambda_) == recipe and kept["precision"] == "bfloat16"
    del kept["precision"]
    assert Recipe.of(kept, recipe.lambda_).precision == "base"
