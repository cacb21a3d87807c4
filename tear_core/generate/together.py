"""Many wishes at once: one step writes a token of each.

A step's cost is mostly that of reading the weights once, so a dozen answers cost little more
than one. Each row has its own prompt, seed and sampler, and says what it would say alone, but
for the last digits of its sums. Wishes with the same prompt read it once. A row that ends its
draft reads the two delimiters in the next two steps, while the others write on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from tear_core.generate.key_values import KeyValues
from tear_core.generate.llama import LlamaDecoder, decoder_for
from tear_core.generate.sampling import Sampler
from tear_core.generate.section import Section, Told, Vocabulary, draw
from tear_core.generate.speaker import Speaker
from tear_core.generate.step_graph import StepGraph
from tear_core.generate.wish import TooLong, Wish, parts_of, prompt_of, stands
from tear_core.model.tree import Tree

AT_ONCE = 16

Sections = dict[str, Told]
"""By event, in the order in which they were written; empty where the input was too long."""


def write_many(
    tree: Tree,
    wishes: Sequence[Wish],
    give_way: Callable[[], None] = lambda: None,
    at_once: int = AT_ONCE,
) -> Iterator[tuple[int, Sections]]:
    """Each wish's number and what was written, as they are done: not in their order.

    `give_way` is called before every step, and before every layer while prompts are read. A tree
    that only transformers can read writes one after the other.
    """
    decoder = decoder_for(tree)
    if decoder is None:
        yield from _one_by_one(Speaker(tree), wishes, give_way)
        return
    vocabulary, rows = Vocabulary(tree), []
    for number, wish in enumerate(wishes):
        try:
            rows.append(_Row(number, wish, prompt_of(tree.base, wish), vocabulary))
        except TooLong:
            yield number, {}
    rows.sort(key=lambda row: len(row.prompt))  # what is read together is about as long
    for start in range(0, len(rows), at_once):
        yield from _write(decoder, rows[start : start + at_once], give_way)


class _Row:
    """One wish being written."""

    def __init__(self, number: int, wish: Wish, prompt: list[int], vocabulary: Vocabulary) -> None:
        self.number, self.prompt = number, prompt
        self.sections: Sections = {}
        self._wish, self._vocabulary = wish, vocabulary
        self._sampler = Sampler(wish.draw, wish.seed)
        self._parts = parts_of(wish)
        self._unread: list[int] = []
        self._read = len(prompt)  # since the section before
        self.section = self._opened()

    @property
    def done(self) -> bool:
        return not self._parts

    @property
    def writes(self) -> bool:
        """Nothing is left to be read before the next word is drawn."""
        return not self._unread

    def next(self) -> int:
        """The id that is read next."""
        return self._unread.pop(0)

    def drawn(self, token: int) -> None:
        """The section has filed this token: it is read, or another section is opened."""
        if self.section.stopped is None:
            self._unread = [token]
            return
        event, name = self._parts.pop(0)
        self.sections[event] = self.section.told(self._read)
        if self._parts:
            self._go_on(token, name)
        elif stands(self._wish):
            draft = self.sections["draft"]
            self.sections["response"] = {**draft, "event": "response", "prefill_tokens": 0}

    def _go_on(self, token: int, name: str) -> None:
        """Read what stands between two sections, but for what was read as it was written."""
        fmt = self._vocabulary.base.format
        close = fmt.close(name)
        ended = token == close[-1] and self.section.stopped == "end"
        last = [token] if self.section.stopped == "length" else []
        self._unread = [*last, *(close[-1:] if ended else close), *fmt.open(self._parts[0][1])]
        self._read = len(self._unread)
        self.section = self._opened()

    def _opened(self) -> Section:
        event, name = self._parts[0]
        return Section(self._vocabulary, self._sampler, event, name, self._wish.limit(name))


@torch.inference_mode()
def _begun(
    decoder: LlamaDecoder, rows: Sequence[_Row], give_way: Callable[[], None]
) -> tuple[KeyValues, Tensor]:
    """The rows' prompts, each different one read once; and the logits after them."""
    prompts = list(dict.fromkeys(tuple(row.prompt) for row in rows))
    longest = max(map(len, prompts))
    begins = [longest - len(prompt) for prompt in prompts]
    memory = KeyValues(decoder.shape, begins)
    padded = [[0] * begin + list(ids) for begin, ids in zip(begins, prompts, strict=True)]
    logits = decoder.read(torch.tensor(padded, device=decoder.shape.device), memory, give_way)
    if len(prompts) == len(rows):
        return memory, logits
    of = [prompts.index(tuple(row.prompt)) for row in rows]
    memory.keep(of)
    return memory, logits[of]


def _write(
    decoder: LlamaDecoder, rows: Sequence[_Row], give_way: Callable[[], None]
) -> Iterator[tuple[int, Sections]]:
    give_way()
    memory, logits = _begun(decoder, rows, give_way)
    graph = StepGraph(decoder)
    while True:
        yield from _drawn(rows, logits)
        alive = [n for n, row in enumerate(rows) if not row.done]
        if not alive:
            return
        if len(alive) <= len(rows) * 3 // 4:  # seldom: it copies, and a graph is captured anew
            rows = [rows[n] for n in alive]
            memory.keep(alive)
        give_way()
        ids = [[0 if row.done else row.next()] for row in rows]
        with torch.inference_mode():
            logits = graph.read(torch.tensor(ids, device=decoder.shape.device), memory)


@torch.inference_mode()
def _drawn(rows: Sequence[_Row], logits: Tensor) -> list[tuple[int, Sections]]:
    """Draw for every row that writes. Returns those that are done with it."""
    writing = [n for n, row in enumerate(rows) if not row.done and row.writes]
    if not writing:
        return []
    tokens = draw([rows[n].section for n in writing], logits[writing])
    for n, token in zip(writing, tokens, strict=True):
        rows[n].drawn(token)
    return [(rows[n].number, rows[n].sections) for n in writing if rows[n].done]


def _one_by_one(
    speaker: Speaker, wishes: Sequence[Wish], give_way: Callable[[], None]
) -> Iterator[tuple[int, Sections]]:
    for number, wish in enumerate(wishes):
        sections: Sections = {}
        try:
            give_way()
            for told in speaker.speak(wish):
                give_way()
                if told["event"] != "token":
                    sections[told["event"]] = told
        except TooLong:
            sections = {}
        yield number, sections
