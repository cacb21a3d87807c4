"""Text that has to fit into so many cells of a terminal. Pure."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

_JOINER = "\u200d"
"""At an end of a text it would swallow the cell beside it."""


def fit(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells: cut with an ellipsis, or padded, on the left if `right`.

    Wide characters are never cut in half. `text` is one line and safe to show.
    """
    if width <= 0:
        return ""
    text = text.strip(_JOINER)
    size = cell_len(text)
    if size > width:
        cut = set_cell_size(text, width - 1).rstrip(f" {_JOINER}")
        return set_cell_size(cut + "…", width)
    return f"{' ' * (width - size)}{text}" if right else f"{text}{' ' * (width - size)}"
