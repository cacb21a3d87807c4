"""Text comes in pieces that add up, and old text is not decoded again for each of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tear_core.generate.pieces import PARTIAL, Pieces
from tests.tiny import tiny_tokenizer

TEXTS = [
    "She closed the piano lid.",
    "日本語と 🙂🙂 and naïve café — “so”.",
    "   spaces\n\n\tand lines\n",
    "e\u0301 👩\u200d👩\u200d👧 \u202e end",
]


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_add_up_and_no_character_is_shown_in_part(text: str) -> None:
    tokenizer = tiny_tokenizer()
    ids, pieces = tokenizer.encode(text), Pieces(tokenizer.decode)
    told = [pieces.more(ids[: n + 1]) for n in range(len(ids))]
    assert "".join(told) == pieces.text == text
    assert all(PARTIAL not in piece for piece in told)


def test_a_word_whose_look_depends_on_the_word_before_it_comes_out_right() -> None:
    """As with tokenizers that leave out the space before the first word they decode."""

    def decode(ids: Sequence[int]) -> str:
        return "".join(f" w{n}" for n in ids).removeprefix(" ")

    pieces = Pieces(decode)
    assert [pieces.more(list(range(n))) for n in (1, 2, 3)] == ["w0", " w1", " w2"]


def test_only_the_last_ids_are_decoded() -> None:
    most: list[int] = []

    def decode(ids: Sequence[int]) -> str:
        most.append(len(ids))
        return "x" * len(ids)

    pieces, ids = Pieces(decode), list(range(300))
    for n in range(1, 301):
        pieces.more(ids[:n])
    assert max(most) <= 2 and len(pieces.text) == 300
