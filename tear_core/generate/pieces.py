"""Text as its tokens come, without decoding again what is already text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

PARTIAL = "\ufffd"
"""What stands for a character whose bytes are not all there yet."""


class Pieces:
    """Turns a growing list of ids into pieces of text.

    Only the ids since the last whole character are decoded, and a few before them: what a token
    looks like may depend on the one before it, never on those long ago.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._before = 0  # ids from here on are decoded for company
        self._told = 0  # ids up to here are told
        self.text = ""

    def more(self, ids: Sequence[int]) -> str:
        """The text that is new with these ids; "" while a character is not whole."""
        known = self._decode(ids[self._before : self._told])
        text = self._decode(ids[self._before :])
        if len(text) <= len(known) or text.endswith(PARTIAL):
            return ""
        self._before, self._told = self._told, len(ids)
        piece = text[len(known) :]
        self.text += piece
        return piece
