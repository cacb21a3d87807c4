"""The witness format: a triple as token ids, with every token's section named, and back.

    <|input|> x <|/input|> <|response|> y <|/response|> <|witness|> w <|/witness|> <eos>

Knows nothing of torch or of any tokenizer library: a `WitnessFormat` is handed a
function that turns plain text into ids with special tokens disabled, so a
`<|witness|>` that somebody typed is ordinary text here.

Source: The Tear, "Training Token Structure"; the section rules are those of
`docs/witness-format.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from tear_core.triples import Exchange, Order, Triple

DELIMITERS: tuple[str, ...] = (
    "<|input|>",
    "<|/input|>",
    "<|response|>",
    "<|/response|>",
    "<|witness|>",
    "<|/witness|>",
)


class Section(IntEnum):
    """What a token is to the loss: given to the model, or a target of one of the two terms."""

    GIVEN = 0
    RESPONSE = 1
    CONSEQUENCE = 2


class TripleTooLong(ValueError):
    """A triple does not fit into the model's context even without its earlier turns."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A rendered triple. `sections[i]` is the section of `ids[i]` as a *target*, from i-1."""

    ids: list[int]
    sections: list[int]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class WitnessFormat:
    """The one place that renders the witness format.

    Attributes:
        encode: plain text to ids, special tokens disabled.
        delimiters: each of `DELIMITERS` to its ids: one id with the `rows`
            strategy, several ordinary pieces with `text`.
        bos: id that opens every sequence, if the model has one.
        eos: id that closes every sequence.
    """

    encode: Callable[[str], list[int]]
    delimiters: Mapping[str, Sequence[int]]
    eos: int
    bos: int | None = None

    def training_tokens(self, triple: Triple, max_tokens: int | None = None) -> Tokens:
        """Render a triple for learning, in the order in which it was lived.

        Supervised as RESPONSE: the response and its closing delimiter. Supervised as
        CONSEQUENCE: the authored scene with both delimiters. The end of the sequence
        belongs to the last section. What the generator forces (the delimiter after
        the input) and what was only a draft is GIVEN. When `max_tokens` is too small
        the oldest context is left out first.

        Raises:
            TripleTooLong: the triple alone has more than `max_tokens` tokens.
        """
        return self._fitted(lambda context: self._render(triple, context), triple, max_tokens)

    def scored_tokens(
        self, triple: Triple, section: Section, max_tokens: int | None = None
    ) -> Tokens:
        """Render input, response and scene (always in that order) for scoring one section.

        Only the *words* of the section are targets. Its delimiters are the same in every
        triple: counting them would flatter a model that has merely learned the format.

        Raises:
            TripleTooLong: the triple alone has more than `max_tokens` tokens.
        """

        def render(context: Sequence[Exchange]) -> Tokens:
            out = Tokens([], [])
            self._add(out, Section.GIVEN, self.history(context), self.span("input", triple.input))
            for name, text, part in (
                ("response", triple.response, Section.RESPONSE),
                ("witness", triple.consequence, Section.CONSEQUENCE),
            ):
                if part > section:
                    break
                self._add(out, Section.GIVEN, self.open(name))
                self._add(out, part if part == section else Section.GIVEN, self.encode(text))
                self._add(out, Section.GIVEN, self.close(name))
            return out

        return self._fitted(render, triple, max_tokens)

    @staticmethod
    def _fitted(
        render: Callable[[Sequence[Exchange]], Tokens], triple: Triple, max_tokens: int | None
    ) -> Tokens:
        context = triple.context
        while True:
            tokens = render(context)
            if max_tokens is None or len(tokens) <= max_tokens:
                return tokens
            if not context:
                raise TripleTooLong(
                    f"the triple has {len(tokens)} tokens; this model reads at most {max_tokens}"
                )
            context = context[1:]

    def _render(self, triple: Triple, context: Sequence[Exchange]) -> Tokens:
        out = Tokens([], [])
        self._add(out, Section.GIVEN, self.history(context), self.span("input", triple.input))
        if triple.order == "before":
            self._add(out, Section.GIVEN, self.open("witness"))
            self._add(out, Section.CONSEQUENCE, self.body("witness", triple.consequence))
            self._add(out, Section.RESPONSE, self.span("response", triple.response), [self.eos])
            return out
        if triple.order == "reflect" and triple.draft is not None:
            self._add(out, Section.GIVEN, self.span("response", triple.draft.response))
            self._add(out, Section.GIVEN, self.span("witness", triple.draft.scene))
        self._add(out, Section.GIVEN, self.open("response"))
        self._add(out, Section.RESPONSE, self.body("response", triple.response))
        self._add(out, Section.CONSEQUENCE, self.span("witness", triple.consequence), [self.eos])
        return out

    def prompt(self, context: Sequence[Exchange], text: str, order: Order = "after") -> list[int]:
        """Ids up to where the model begins to write: its draft, or with `before` its scene."""
        opening = "witness" if order == "before" else "response"
        return [*self.history(context), *self.span("input", text), *self.open(opening)]

    def history(self, context: Sequence[Exchange]) -> list[int]:
        """Ids of the earlier turns, inputs and responses only: scenes are not carried along."""
        ids = [] if self.bos is None else [self.bos]
        for past in context:
            ids += self.span("input", past.input) + self.span("response", past.response)
        return ids

    def span(self, name: str, text: str) -> list[int]:
        """A whole section: opening delimiter, text, closing delimiter."""
        return [*self.open(name), *self.body(name, text)]

    def body(self, name: str, text: str) -> list[int]:
        """A section after its opening delimiter."""
        return [*self.encode(text), *self.close(name)]

    def open(self, name: str) -> list[int]:
        return list(self.delimiters[f"<|{name}|>"])

    def close(self, name: str) -> list[int]:
        return list(self.delimiters[f"<|/{name}|>"])

    @staticmethod
    def _add(out: Tokens, section: Section, *pieces: Sequence[int]) -> None:
        for piece in pieces:
            out.ids.extend(piece)
            out.sections.extend([int(section)] * len(piece))
