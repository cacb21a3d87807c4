"""Log-likelihoods of consequences under a tree: the one way in which evaluation scores words.

Only the words of the consequence count, never its delimiters. Log-softmax is float32 whatever the
weights are in, and the company in which a cell is scored changes nothing but rounding.

A base whose delimiters were never trained has no scores in their format worth the name. It is
scored on plain text instead, in the template of `TEMPLATES` that suits it best on other items.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from tear_core.evaluate.cells import Cell, Length, Score
from tear_core.model.base import Base
from tear_core.model.giving_way import between_layers
from tear_core.model.packing import pack
from tear_core.model.scoring import token_nll
from tear_core.model.tree import Tree
from tear_core.triples import Triple
from tear_core.witness_format import Section, Tokens, TripleTooLong

AT_ONCE = 64
"""Cells rendered and packed together: a pack's mask takes memory."""


@dataclass(frozen=True, slots=True)
class Template:
    """Plain text around a consequence. `{input}` and `{response}` stand for themselves.

    `alone` is used where there is no response.
    """

    name: str
    with_response: str
    alone: str


TEMPLATES = (
    Template("story", "{input}\n\n{response}\n\n", "{input}\n\n"),
    Template(
        "told",
        'Somebody said: "{input}"\nThe answer was: "{response}"\nWhat happened then:',
        'Somebody said: "{input}"\nWhat happened then:',
    ),
    Template(
        "labelled",
        "Situation: {input}\nAction: {response}\nConsequence:",
        "Situation: {input}\nConsequence:",
    ),
)


def knows_the_format(base: Base) -> bool:
    """Whether the base itself was trained with the delimiters it is given."""
    return base.strategy == "rows" and not base.delimiter_words


def scorer(
    tree: Tree,
    template: Template | None = None,
    capacity: int = 1024,
    give_way: Callable[[], None] = lambda: None,
) -> Score:
    """A `Score` of this tree as it is when it is called.

    `template` None: the witness format. `give_way` is called before each pack, and
    between its layers. A cell that is longer than the model reads scores NaN.
    """
    render = _in_format(tree.base) if template is None else _in_template(tree.base, template)

    @torch.no_grad()
    def score(cells: Sequence[Cell]) -> list[float]:
        found: list[float] = []
        for start in range(0, len(cells), AT_ONCE):
            rendered = [render(cell) for cell in cells[start : start + AT_ONCE]]
            found += _nats(tree, rendered, capacity, give_way)
        return found

    return score


def token_length(base: Base) -> Length:
    """How many tokens a text has for this base."""
    return lambda text: len(base.format.encode(text))


def _nats(
    tree: Tree, rendered: Sequence[Tokens | None], capacity: int, give_way: Callable[[], None]
) -> list[float]:
    whole = [number for number, tokens in enumerate(rendered) if tokens is not None]
    sequences = [tokens for tokens in rendered if tokens is not None]
    found = [math.nan] * len(rendered)
    with between_layers(tree, give_way):
        for row in pack(sequences, capacity, tree.base.device):
            give_way()
            sums = torch.zeros(len(sequences), dtype=torch.float64, device=tree.base.device)
            sums.index_add_(0, row.owners, token_nll(tree, row).double())
            for owner in row.owners.unique().tolist():
                found[whole[owner]] = -float(sums[owner])
    return found


def _in_format(base: Base) -> Callable[[Cell], Tokens | None]:
    def render(cell: Cell) -> Tokens | None:
        if cell.response is None:  # the layout of the order `before`: a scene after an input
            before = base.format.prompt(cell.context, cell.input, "before")
            return _fitting(base, before, base.format.encode(cell.consequence))
        triple = Triple(cell.input, cell.response, cell.consequence, context=cell.context)
        try:
            return base.format.scored_tokens(triple, Section.CONSEQUENCE, base.context)
        except TripleTooLong:
            return None

    return render


def _in_template(base: Base, template: Template) -> Callable[[Cell], Tokens | None]:
    def render(cell: Cell) -> Tokens | None:
        earlier = "".join(f"{past.input}\n\n{past.response}\n\n" for past in cell.context)
        text = template.alone if cell.response is None else template.with_response
        lead = text.format(input=cell.input, response=cell.response)
        joint = "" if lead.endswith("\n") else " "
        start = [] if base.format.bos is None else [base.format.bos]
        before = start + base.format.encode(earlier + lead)
        return _fitting(base, before, base.format.encode(joint + cell.consequence))

    return render


def _fitting(base: Base, before: list[int], words: list[int]) -> Tokens | None:
    if len(before) + len(words) > base.context:
        return None
    sections = [int(Section.GIVEN)] * len(before) + [int(Section.CONSEQUENCE)] * len(words)
    return Tokens(before + words, sections)
