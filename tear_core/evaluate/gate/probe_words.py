"""What of the probe set is scored, and the scores of it, asked for in one reading.

A pair shares its input, and both of its scenes are scored after each of its responses: asked for
together, what is shared is read once (see `model.packing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from tear_core.evaluate.figures import Figure, Unscored, figure
from tear_core.evaluate.gate.probe_set import ProbeSet
from tear_core.evaluate.plain_text import TextScore, in_bits, rendered
from tear_core.evaluate.surprise import Surprise, scored
from tear_core.model.base import Base
from tear_core.model.tree import Tree
from tear_core.triples import Triple
from tear_core.witness_format import Section, Tokens, TripleTooLong


@dataclass(frozen=True, slots=True)
class Response:
    """The response of a triple."""

    of: Triple


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene after the input and the response of a triple: its own, or its sibling's."""

    of: Triple
    scene: str


@dataclass(frozen=True, slots=True)
class Text:
    """A plain text, by its place."""

    place: int


Words = Response | Scene | Text


def own_scene(triple: Triple) -> Scene:
    return Scene(triple, triple.consequence)


@dataclass(frozen=True)
class Scores:
    """How surprising everything was. What was longer than the model reads (`room`) is missing."""

    of: Mapping[Words, Surprise]
    room: int

    def per_token(self, names: Sequence[Words]) -> Figure:
        """Nats per token over all of these; where one is missing there is no figure."""
        known = [self.of[name] for name in names if name in self.of]
        if len(known) < len(names):
            return self.too_long(len(names) - len(known))
        total = sum(known, Surprise(0.0, 0))
        return figure(total.per_token if total.tokens else None, "nothing was scored")

    def too_long(self, many: int) -> Unscored:
        return Unscored(f"{many} are too long: this model reads at most {self.room} tokens")

    def texts(self, texts: Sequence[str]) -> list[TextScore]:
        """The bits of each of the probe's texts."""
        found = {name.place: score for name, score in self.of.items() if isinstance(name, Text)}
        return in_bits(texts, found)


def score(tree: Tree, items: ProbeSet, capacity: int, give_way: Callable[[], None]) -> Scores:
    """Score all words of the probe set under a tree."""
    words = _words(tree.base, items)
    found = scored(tree, list(words.values()), capacity, give_way)
    return Scores(dict(zip(words, found, strict=True)), tree.base.context)


def _words(base: Base, items: ProbeSet) -> dict[Words, Tokens]:
    """All that is scored, rendered; without what is longer than the model reads."""
    found: dict[Words, Tokens] = {}

    def add(name: Words, triple: Triple, section: Section) -> None:
        with suppress(TripleTooLong):
            found[name] = base.format.scored_tokens(triple, section, base.context)

    for pair in items.pairs:
        for triple in pair:
            add(Response(triple), triple, Section.RESPONSE)
            for other in pair:
                crossed = replace(triple, consequence=other.consequence)
                add(Scene(triple, other.consequence), crossed, Section.CONSEQUENCE)
    return found | {Text(n): tokens for n, tokens in rendered(base, items.texts).items()}
