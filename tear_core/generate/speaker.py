"""A turn's words: what is drafted, foreseen and said, streamed as it is written.

The scene goes on from the draft's own cache: two delimiters are read between them, nothing
else. The next turn goes on from the last common token, so scenes, which are not part of the
conversation, are cut off and the conversation is not read again. (Earlier turns are always
tokenised from their text, so that a turn can be reproduced in another process; where the model
wrote a word in unusual pieces, the rest of that response is read once more.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch

from tear_core.generate.cache import ReadingCache
from tear_core.generate.sampling import Sampler
from tear_core.generate.section import Section, Told, Vocabulary, draw
from tear_core.generate.wish import TooLong, Wish, parts_of, prompt_of, stands
from tear_core.model.tree import Tree

__all__ = ["Speaker", "Told", "TooLong", "Wish"]


class Speaker:
    """The live tree's voice. One thread at a time."""

    def __init__(self, tree: Tree, cache: ReadingCache | None = None) -> None:
        """`cache`: how the tree is read; by default the fastest way there is."""
        self.tree = tree
        self._cache = cache or ReadingCache(tree)
        self._vocabulary = Vocabulary(tree)

    def forget(self) -> None:
        """The adapter has changed: what was read with the old one is worthless."""
        self._cache.drop()

    def speak(self, wish: Wish, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Told]:
        """Stream tokens and whole sections, in the order in which they are written.

        Raises:
            TooLong: even the input alone leaves no room to answer.
        """
        fmt = self.tree.base.format
        sampler = Sampler(wish.draw, wish.seed)
        ids, anew = prompt_of(self.tree.base, wish), wish.read_anew
        parts = parts_of(wish)
        told: dict[str, Told] = {}
        for index, (event, name) in enumerate(parts):
            section = Section(self._vocabulary, sampler, event, name, wish.limit(name))
            for each in self._write(section, ids, anew, cancelled):
                told[event] = each
                yield each
            if section.stopped == "cancelled":
                return
            if index + 1 < len(parts):
                ids = [*ids, *section.ids, *fmt.close(name), *fmt.open(parts[index + 1][1])]
                anew = 0
        if stands(wish):
            yield {**told["draft"], "event": "response", "prefill_tokens": 0, "seconds": 0.0}

    def _write(
        self, section: Section, prompt: Sequence[int], anew: int, cancelled: Callable[[], bool]
    ) -> Iterator[Told]:
        """Stream a section after its prompt; the last event is the section as a whole."""
        logits, read = self._cache.read(prompt, anew)
        while True:
            if cancelled():
                section.cancel()
                break
            with torch.inference_mode():
                (token,) = draw([section], logits[None])
            if section.stopped != "end" and (piece := section.piece()):
                yield {"event": "token", "section": section.event, "text": piece}
            if section.stopped:
                break
            logits = self._cache.extend([token])
        if rest := section.rest():
            yield {"event": "token", "section": section.event, "text": rest}
        yield section.told(read)
