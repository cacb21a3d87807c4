"""Sections as they are written: what may be drawn, where they end, what they say.

Knows nothing of caches: logits go in, ids come out.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from tear_core.generate.pieces import PARTIAL, Pieces
from tear_core.generate.sampling import Sampler, next_ids
from tear_core.model.tree import Tree

Told = dict[str, Any]
Stopped = Literal["end", "length", "cancelled"]


class Vocabulary:
    """Which of a tree's ids are words, and which end a section."""

    def __init__(self, tree: Tree) -> None:
        self.base = tree.base
        words = torch.zeros(tree.head_weight.shape[0], dtype=torch.bool)
        words[: len(tree.base.tokenizer)] = True  # spare rows are no words
        # Any special token ends a section: chat models end their turns with other ones than eos.
        self.ends = sorted({tree.base.format.eos, *tree.base.tokenizer.all_special_ids})
        self._words = words
        self._forbidden: dict[tuple[str, bool], Tensor] = {}

    def forbidden(self, name: str, first: bool) -> Tensor:
        """[vocabulary] bool: what may not be drawn in a section of this name.

        Only words and its own end may be, and as its `first` token no end: no section is empty.
        """
        if (name, first) not in self._forbidden:
            close = self.base.format.close(name)
            allowed = self._words.clone()
            allowed[close] = True
            if first:
                allowed[[*self.ends, close[0]]] = False
            self._forbidden[name, first] = (~allowed).to(self.base.device)
        return self._forbidden[name, first]


class Section:
    """A section being written, up to its closing delimiter.

    Attributes:
        ids: its words so far.
        stopped: why it ended, once it has.
    """

    def __init__(
        self, vocabulary: Vocabulary, sampler: Sampler, event: str, name: str, limit: int
    ) -> None:
        self.event, self.name = event, name
        self.sampler = sampler
        self._vocabulary, self._limit = vocabulary, limit
        self._close = tuple(vocabulary.base.format.close(name))
        self._pieces = Pieces(vocabulary.base.decode)
        self._began = time.perf_counter()
        self.ids: list[int] = []
        self.stopped: Stopped | None = None

    @property
    def forbidden(self) -> Tensor:
        """[vocabulary] bool: what may not be drawn next."""
        return self._vocabulary.forbidden(self.name, not self.ids)

    def file(self, token: int) -> None:
        """What was drawn; it may end the section."""
        if token in self._vocabulary.ends:
            self.stopped = "end"
            return
        self.ids.append(token)
        if self._closed():
            self.stopped = "end"
        elif len(self.ids) >= self._limit:
            self.stopped = "length"

    def cancel(self) -> None:
        self.stopped = "cancelled"

    def piece(self) -> str:
        """The text that the last id added. What may be a delimiter's beginning is held back."""
        held_back = len(self._close) - 1
        return self._pieces.more(self.ids[: len(self.ids) - held_back] if held_back else self.ids)

    def rest(self) -> str:
        """What was held back, once the section has ended."""
        return self.text[len(self._pieces.text) :]

    @property
    def text(self) -> str:
        """All of it; a character whose bytes did not all come is left out."""
        return self._vocabulary.base.decode(self.ids).rstrip(PARTIAL)

    def told(self, read: int) -> Told:
        """The section as an event; `read`: how many ids were read before it began."""
        return {
            "event": self.event,
            "text": self.text,
            "tokens": len(self.ids),
            "seconds": round(time.perf_counter() - self._began, 4),
            "prefill_tokens": read,
            "stopped": self.stopped,
        }

    def _closed(self) -> bool:
        size = len(self._close)
        if tuple(self.ids[-size:]) != self._close:
            return False
        del self.ids[-size:]
        return True


def draw(sections: Sequence[Section], logits: Tensor) -> list[int]:
    """Draw and file the next id of each section from its row of logits [rows, vocabulary]."""
    forbidden = torch.stack([each.forbidden for each in sections])
    scores = logits.float().masked_fill(forbidden, -torch.inf)
    samplers = [each.sampler for each in sections]
    tokens = next_ids(samplers, scores, [each.ids for each in sections])
    for section, token in zip(sections, tokens, strict=True):
        section.file(token)
    return tokens
