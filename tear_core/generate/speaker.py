"""A turn's words: what is drafted, foreseen and said, streamed as it is written.

The scene goes on from the draft's own cache: two delimiters are read between them, nothing
else. The next turn goes on from the last common token, so scenes, which are not part of the
conversation, are cut off and the conversation is not read again. (Earlier turns are always
tokenised from their text, so that a turn can be reproduced in another process; where the model
wrote a word in unusual pieces, the rest of that response is read once more.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from tear_core.generate.cache import ReadingCache
from tear_core.generate.sampling import Draw, Sampler
from tear_core.model.tree import Tree
from tear_core.triples import Exchange, Order

Told = dict[str, Any]
Stopped = Literal["end", "length", "cancelled"]


@dataclass(frozen=True)
class Wish:
    """What is to be said to: see `engine.messages.SpeakRequest`."""

    input: str
    context: tuple[Exchange, ...] = ()
    order: Order = "after"
    seed: int = 0
    draw: Draw = Draw()
    max_response_tokens: int = 120
    max_scene_tokens: int = 120
    response: str | None = None
    read_anew: int = 0


class TooLong(ValueError):
    """The conversation does not fit into the model's context."""


class Speaker:
    """The live tree's voice. One thread at a time."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._cache = ReadingCache(tree)
        self._words = torch.zeros(tree.head_weight.shape[0], dtype=torch.bool)
        self._words[: len(tree.base.tokenizer)] = True  # spare rows are no words
        self._words = self._words.to(tree.base.device)

    def forget(self) -> None:
        """The adapter has changed: what was read with the old one is worthless."""
        self._cache.drop()

    def speak(self, wish: Wish, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Told]:
        """Stream tokens and whole sections, in the order in which they are written.

        Raises:
            TooLong: even the input alone leaves no room to answer.
        """
        fmt = self.tree.base.format
        sampler = Sampler(wish.draw, wish.seed, self.tree.base.device)
        ids = self._prompt(wish)
        if wish.response is not None:
            ids += [*fmt.encode(wish.response), *fmt.close("response"), *fmt.open("witness")]
        parts = _parts(wish)
        drafted: Told = {}
        for index, (event, name) in enumerate(parts):
            limit = wish.max_scene_tokens if name == "witness" else wish.max_response_tokens
            section = _Section(self, sampler, event, name, limit, cancelled)
            yield from section.write(ids, wish.read_anew if index == 0 else 0)
            if section.stopped == "cancelled":
                return
            if index + 1 < len(parts):
                ids = [*ids, *section.ids, *fmt.close(name), *fmt.open(parts[index + 1][1])]
            if event == "draft":
                drafted = section.told
        if wish.order == "after" and wish.response is None:  # the draft stands: it is what is said
            yield {**drafted, "event": "response", "prefill_tokens": 0, "seconds": 0.0}

    def _prompt(self, wish: Wish) -> list[int]:
        """The prompt, with the oldest turns left out when the context is full."""
        base, context = self.tree.base, wish.context
        given = 0 if wish.response is None else len(base.format.encode(wish.response))
        room = base.context - wish.max_scene_tokens - given - 8
        room -= wish.max_response_tokens * (2 if wish.order == "reflect" else 1)
        while True:
            ids = base.format.prompt(context, wish.input, _order(wish))
            if len(ids) <= room:
                return ids
            if not context:
                raise TooLong(
                    f"the input has {len(ids)} tokens; this model has room for {max(0, room)}"
                )
            context = context[1:]


def _order(wish: Wish) -> Order:
    """Words that are given stand before their scene, whatever the order of the session."""
    return "after" if wish.response is not None else wish.order


def _parts(wish: Wish) -> list[tuple[str, str]]:
    """(event, section of the witness format) in the order in which they are written."""
    if wish.response is not None:
        return [("scene", "witness")]
    if wish.order == "before":
        return [("scene", "witness"), ("response", "response")]
    if wish.order == "reflect":
        return [("draft", "response"), ("scene", "witness"), ("response", "response")]
    return [("draft", "response"), ("scene", "witness")]


class _Section:
    """One section being written, up to its closing delimiter."""

    def __init__(
        self,
        speaker: Speaker,
        sampler: Sampler,
        event: str,
        name: str,
        limit: int,
        cancelled: Callable[[], bool],
    ) -> None:
        self.event, self._name, self._limit, self._cancelled = event, name, limit, cancelled
        self._cache, self._base = speaker._cache, speaker.tree.base
        self._sampler = sampler
        self._close = tuple(self._base.format.close(name))
        self._allowed = speaker._words.clone()
        self._allowed[list(self._close)] = True
        # Any special token ends a section: chat models end their turns with other ones than eos.
        self._ends = {self._base.format.eos, *self._base.tokenizer.all_special_ids}
        self.ids: list[int] = []
        self.stopped: Stopped = "length"
        self.told: Told = {}

    def write(self, prompt: Sequence[int], read_anew: int) -> Iterator[Told]:
        """Stream this section after `prompt`."""
        began = time.perf_counter()
        logits, read = self._cache.read(prompt, read_anew)
        shown = ""
        while True:
            if self._cancelled():
                self.stopped = "cancelled"
                break
            token = self._sampler.next(self._masked(logits), self.ids)
            if token in self._ends:
                self.stopped = "end"
                break
            self.ids.append(token)
            if self._closed():
                self.stopped = "end"
                break
            text = self._text(held_back=len(self._close) - 1)
            if len(text) > len(shown):
                yield {"event": "token", "section": self.event, "text": text[len(shown) :]}
                shown = text
            if len(self.ids) >= self._limit:
                break
            logits = self._cache.extend([token])
        text = self._text()
        if len(text) > len(shown):
            yield {"event": "token", "section": self.event, "text": text[len(shown) :]}
        self.told = {
            "event": self.event,
            "text": text,
            "tokens": len(self.ids),
            "seconds": round(time.perf_counter() - began, 4),
            "prefill_tokens": read,
            "stopped": self.stopped,
        }
        yield self.told

    def _masked(self, logits: Tensor) -> Tensor:
        """Only words and this section's own end may be drawn, and no section is empty."""
        masked = logits.float().masked_fill(~self._allowed, -torch.inf)
        if not self.ids:
            masked[[*self._ends, self._close[0]]] = -torch.inf
        return masked

    def _closed(self) -> bool:
        size = len(self._close)
        if tuple(self.ids[-size:]) != self._close:
            return False
        del self.ids[-size:]
        return True

    def _text(self, held_back: int = 0) -> str:
        """The text so far; a character whose bytes are not all there yet is held back."""
        ids = self.ids[: len(self.ids) - held_back] if held_back else self.ids
        text = self._base.decode(ids)
        return text.rstrip("\ufffd") if text.endswith("\ufffd") else text
