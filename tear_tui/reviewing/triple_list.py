"""Triples as the rows of a list, and the line above it that says which rows these are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from tear_core.store.listing import Line, Sort
from tear_core.store.triples import Status
from tear_tui.conversing.status import SEPARATOR
from tear_tui.text.cells import fit
from tear_tui.text.columns import Column, Row
from tear_tui.text.safe_text import safe_line

COLUMNS: Sequence[Column] = (
    Column("status", 10),
    Column("landing", 7, rank=1),
    Column("surprise", 8, rank=2, right=True),
    Column("input", 20, share=2),
    Column("what happened", 30, share=3, rank=3),
    Column("source", 12, rank=4),
    Column("seen", 4, rank=5, right=True),
    Column("since", 10, rank=6),
)
"""`seen`: how many generations have seen it. `surprise`: nats per token."""

ORDERED: Mapping[Sort, str] = {
    "newest": "newest first",
    "oldest": "oldest first",
    "surprise": "most surprising first",
    "source": "by source",
}

_TONES: Mapping[Status, str] = {
    "pending": "good",
    "rejected": "quiet",
    "retracted": "quiet",
    "too_long": "quiet",
}


def row(line: Line | None) -> Row:
    """A triple as a row; None: it was deleted since."""
    if line is None:
        return Row(["deleted", *[""] * (len(COLUMNS) - 1)], "quiet")
    cells = (
        line.status,
        line.landing,
        "–" if line.surprise is None else f"{line.surprise:.2f}",
        line.input or "…",
        line.consequence,
        line.source,
        str(line.seen or ""),
        line.created_at[:10],
    )
    return Row(cells, _TONES.get(line.status, ""))


def summary(
    at: int,
    found: int,
    total: int,
    sort: Sort,
    marks: int,
    problems: Sequence[str],
    width: int,
    looking: bool = False,
) -> str:
    """Where one is, among how many, in what order, in `width` cells.

    What was not understood comes first: it says why the rows are not those that were meant.
    """
    here = f"{at + 1:,} of {found:,}" if found else "nothing"
    parts = [
        (1, here),
        (2, "looking…" if looking else ""),
        (0, safe_line(" ".join(problems))),
        (3, f"{marks:,} marked" if marks else ""),
        (5, f"{total:,} in all" if found != total else ""),
        (4, ORDERED[sort]),
    ]
    parts = [(rank, text) for rank, text in parts if text]
    while len(parts) > 1 and cell_len(SEPARATOR.join(text for _, text in parts)) > width:
        parts.remove(max(parts))
    return fit(SEPARATOR.join(text for _, text in parts), width).rstrip()
