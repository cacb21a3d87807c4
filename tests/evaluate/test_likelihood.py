"""One way to score words: the company changes nothing, and others agree."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core.evaluate.awareness import best_of
from tear_core.evaluate.awareness.items import Witness, items_of
from tear_core.evaluate.cells import Cell, looked_up
from tear_core.evaluate.likelihood import (
    AT_ONCE,
    TEMPLATES,
    knows_the_format,
    scorer,
    token_length,
)
from tear_core.evaluate.surprise import surprise
from tear_core.model.base import Base, Strategy
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, Tree, grow
from tear_core.triples import Exchange, Triple

WORDS = ["piano", "rain", "grandmother", "hello", "an hour", "the lid", "home again"]


def cells(count: int) -> list[Cell]:
    """Of all lengths."""
    return [
        Cell(
            f"She said {WORDS[n % 7]} " * (1 + n % 4),
            f"Answer {n}",
            f"He walked {WORDS[n % 5]} " * (1 + n % 6),
            (Exchange("before", "yes"),) if n % 3 == 0 else (),
        )
        for n in range(count)
    ]


def lively(base: Base) -> Tree:
    """A tree whose adapter does something."""
    tree = grow(base, LoraShape(rank=4))
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in tree.adapter().values():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return tree


@pytest.fixture(params=["rows", "text"])
def base(tiny_folder: Path, request: pytest.FixtureRequest) -> Base:
    strategy: Strategy = request.param
    return load_base(str(tiny_folder), delimiters=strategy)


def test_alone_or_in_company_a_cell_scores_the_same(base: Base) -> None:
    tree, asked = lively(base), cells(AT_ONCE + 9)
    together = scorer(tree)(asked)
    alone = [scorer(tree)([cell])[0] for cell in asked]
    narrow = scorer(tree, capacity=32)(asked)
    back = scorer(tree)(asked[::-1])[::-1]
    for other in (alone, narrow, back):
        assert other == pytest.approx(together, abs=1e-3)
    assert all(nats < 0 for nats in together)


def test_it_is_the_surprise_of_the_same_words(base: Base) -> None:
    tree, asked = lively(base), cells(7)
    triples = [Triple(c.input, str(c.response), c.consequence, context=c.context) for c in asked]
    found = [-each.nats for each in surprise(tree, triples)]
    assert scorer(tree)(asked) == pytest.approx(found, abs=1e-4)


def test_only_the_words_of_the_consequence_count(base: Base) -> None:
    """Against a plain forward pass, whose logits of the consequence's own ids are summed."""
    tree, cell, fmt = lively(base), cells(3)[1], base.format
    before = [*fmt.prompt(cell.context, cell.input), *fmt.body("response", str(cell.response))]
    before += fmt.open("witness")
    words = fmt.encode(cell.consequence)
    with torch.no_grad():
        logits = tree.causal_lm(input_ids=torch.tensor([before + words])).logits[0].float()
    log = logits.log_softmax(-1)[len(before) - 1 : -1]
    expected = float(log[torch.arange(len(words)), words].sum())
    assert scorer(tree)([cell])[0] == pytest.approx(expected, abs=1e-3)
    assert token_length(base)(cell.consequence) == len(words)


def test_without_a_response_the_consequence_follows_the_input(base: Base) -> None:
    tree, cell = lively(base), cells(2)[1]
    bare = Cell(cell.input, None, cell.consequence)
    assert scorer(tree)([bare])[0] != pytest.approx(scorer(tree)([cell])[0])
    assert scorer(tree, TEMPLATES[0])([bare])[0] < 0


def test_what_is_too_long_to_read_has_no_score(base: Base) -> None:
    tree = grow(base, LoraShape(rank=2))
    long = Cell("word " * base.context, "yes", "no")
    fine = cells(1)[0]
    for template in (None, *TEMPLATES):
        first, second, third = scorer(tree, template)([fine, long, fine])
        assert math.isnan(second) and first == pytest.approx(third, abs=1e-3)
    assert math.isnan(scorer(tree)([Cell("word " * base.context, None, "no")])[0])


def test_way_is_given_before_every_pack(base: Base) -> None:
    ways: list[int] = []
    scorer(grow(base, LoraShape(rank=2)), capacity=64, give_way=lambda: ways.append(1))(cells(20))
    assert len(ways) > 5


def test_a_template_takes_braces_as_they_are(base: Base) -> None:
    tree = grow(base, LoraShape(rank=2))
    odd = Cell("{input} {response}", "{input}", "{0}")
    assert all(math.isfinite(scorer(tree, each)([odd])[0]) for each in TEMPLATES)


def test_only_a_base_that_was_trained_with_the_delimiters_knows_them(base: Base) -> None:
    assert not knows_the_format(base)
    assert knows_the_format(load_base("nano"))
    assert not knows_the_format(load_base("nano", delimiters="text"))


def test_a_base_is_given_the_template_that_suits_it_best() -> None:
    items = items_of(
        Witness(Triple(f"x {n}", f"{side} {n}", f"then {side} {n}"))
        for n in range(12)
        for side in ("a", "b")
    )
    knows = {i.cell(a, b): float(a == b) * 3 for i in items for a in (0, 1) for b in (0, 1)}
    wrong = {cell: -nats for cell, nats in knows.items()}
    ways = {"wrong": looked_up(wrong), "none": looked_up({}), "knows": looked_up(knows)}
    assert best_of(ways, items) == "knows"
    assert best_of({"first": looked_up(knows), "second": looked_up(knows)}, items) == "first"


def test_lm_eval_scores_the_same(tiny_folder: Path) -> None:
    pytest.importorskip("lm_eval", reason="lm_eval is not installed (tear-tui[bench])")
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    base = load_base(str(tiny_folder), delimiters="text")
    tree = lively(base)
    asked = [
        Cell("A person says hello.", "Yes, hello.", "He walked home."),
        Cell("What happened then?", "No.", "They talked for an hour."),
    ]
    lm: Any = HFLM(pretrained=tree.causal_lm, tokenizer=base.tokenizer, batch_size=2, device="cpu")
    for template in TEMPLATES[1:]:
        requests = [
            Instance(
                "loglikelihood",
                {},
                (template.with_response.format(input=c.input, response=c.response),
                 f" {c.consequence}"),
                number,
            )
            for number, c in enumerate(asked)
        ]  # fmt: skip
        theirs = [each[0] for each in lm.loglikelihood(requests, disable_tqdm=True)]
        assert scorer(tree, template)(asked) == pytest.approx(theirs, rel=1e-6)
