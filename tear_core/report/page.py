"""A report as plain data: headed sections of paragraphs, tables, figures, claims and quotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["measured", "suggestive", "against", "open"]

MEANING: dict[Status, str] = {
    "measured": "95 % interval on this side of none, in each of three seeds or more",
    "suggestive": "the estimate points this way; the interval or the seeds do not settle it",
    "against": "the interval speaks for the opposite",
    "open": "not measured, or the data do not say",
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words of ours."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are text already; `numbers` names the columns that stand to the right."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn picture. `says` is what it shows, for those who do not see it."""

    name: str
    svg: str
    says: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, and what it rests on."""

    text: str
    status: Status
    why: str = ""


@dataclass(frozen=True, slots=True)
class Quotation:
    """Somebody's words, or a model's, as they are. Parts: (who or what, the text)."""

    title: str
    parts: tuple[tuple[str, str], ...]


Block = Paragraph | Table | Figure | Claim | Quotation


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report. `facts` stand under its title: name and value."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = field(default_factory=tuple)

    @property
    def figures(self) -> list[Figure]:
        """Every picture of the page, in order."""
        blocks = [block for section in self.sections for block in section.blocks]
        return [block for block in blocks if isinstance(block, Figure)]


def section(title: str, blocks: Sequence[Block | None]) -> Section | None:
    """A section of those blocks that are there; None if there is none."""
    kept = tuple(block for block in blocks if block is not None)
    return Section(title, kept) if kept else None


def page(title: str, facts: Sequence[tuple[str, str]], sections: Sequence[Section | None]) -> Page:
    """A page of those sections that are there."""
    return Page(title, tuple(facts), tuple(each for each in sections if each is not None))


def number(value: object, form: str = ".3f") -> str:
    """A figure as text; "not scored" where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "not scored"
    return format(value, form)


def interval(found: object, form: str = ".3f") -> str:
    """An estimate's 95 % interval as text."""
    if not isinstance(found, dict):
        return "not scored"
    low, high = found.get("low"), found.get("high")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return "not scored"
    return f"{low:{form}} to {high:{form}}"
