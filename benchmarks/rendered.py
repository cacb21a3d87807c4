"""The triples that benchmarks of learning learn, rendered once: everybody reads the same ids."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tear_core.corpus.dataset import find_parts, read_triples
from tear_core.model.base import Base
from tear_core.triples import Triple
from tear_core.witness_format import Section, Tokens

DATA = Path(__file__).resolve().parent.parent / "data"


def triples_of(paths: Sequence[Path]) -> list[Triple]:
    """The triples of these files (the train rows of folders), part by part."""
    return [triple for part in find_parts(paths) for triple in read_triples(part.train)]


def drawn(triples: Sequence[Triple], count: int) -> list[Triple]:
    """`count` of them by chance, the same ones every time. Pairs are torn apart by it."""
    return random.Random("benchmark").sample(list(triples), min(count, len(triples)))


def rendered(base: Base, triples: Sequence[Triple]) -> list[Tokens]:
    return [base.format.training_tokens(triple, base.context) for triple in triples]


def supervised(sequences: Sequence[Tokens], section: Section | None = None) -> int:
    """Tokens that a loss counts, or those of one section. Nothing predicts a first token."""
    targets = [part for each in sequences for part in each.sections[1:]]
    return sum(part != Section.GIVEN if section is None else part == section for part in targets)
