"""A page as one HTML file, or as Markdown with its pictures beside it. Files are private (0600)."""

from __future__ import annotations

import html
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tear_core import __version__
from tear_core.corpus.atomic import whole_text
from tear_core.report.page import (
    MEANING,
    Block,
    Claim,
    Figure,
    Page,
    Paragraph,
    Quotation,
    Table,
)

TEMPLATES = Path(__file__).parent / "templates"


def as_html(page: Page) -> str:
    """One file: styles and pictures are in it; everything anybody wrote is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    template = environment.get_template("report.html")
    return template.render(
        page=_visible(page),
        version=__version__,
        meanings=MEANING,
        kind_of=lambda block: type(block).__name__,
        drawn=lambda figure: Markup(figure.svg),
    )


def as_markdown(page: Page, pictures: str = "") -> str:
    """Markdown; figures are links into the folder `pictures`."""
    page = _visible(page)
    parts = [f"# {_inline(page.title)}"]
    parts += ["\n".join(f"- {_inline(name)}: {_inline(value)}" for name, value in page.facts)]
    for section in page.sections:
        parts.append(f"## {_inline(section.title)}")
        parts += [_block(block, pictures) for block in section.blocks]
    parts.append("---\n" + "\n".join(f"- **{name}**: {what}." for name, what in MEANING.items()))
    return "\n\n".join(part for part in parts if part) + "\n"


def write(page: Page, target: Path, *, force: bool = False) -> list[Path]:
    """Write `target` (.html or .md; a Markdown page brings a folder of pictures). What was written.

    Raises:
        Refused: there is something there already, and no `force`.
        ValueError: neither .html nor .md.
    """
    if target.suffix == ".html":
        whole_text(target, as_html(page), force=force)
        return [target]
    if target.suffix != ".md":
        raise ValueError(f"{target.name} is neither .html nor .md")
    folder = target.with_name(f"{target.stem}.pictures")
    whole_text(target, as_markdown(page, folder.name), force=force)
    written = [target]
    for figure in page.figures:
        path = folder / f"{figure.name}.svg"
        whole_text(path, figure.svg, force=True)
        written.append(path)
    return written


def _block(block: Block, pictures: str) -> str:
    match block:
        case Paragraph():
            return _inline(block.text)
        case Table():
            rule = [" ---: " if i in block.numbers else " --- " for i in range(len(block.headers))]
            rows = [block.headers, *block.rows]
            drawn = [f"| {' | '.join(_cell(c) for c in row)} |" for row in rows]
            return "\n".join([drawn[0], f"|{'|'.join(rule)}|", *drawn[1:]])
        case Figure():
            return f"![{_inline(block.says)}]({pictures}/{block.name}.svg)"
        case Claim():
            why = f" ({_inline(block.why)})" if block.why else ""
            return f"**{block.status}**: {_inline(block.text)}{why}"
        case Quotation():
            said = [f"*{_inline(who)}*\n\n{_quoted(text)}" for who, text in block.parts]
            lines = "\n\n".join([f"**{_inline(block.title)}**", *said]).split("\n")
            return "\n".join(f"> {line}".rstrip() for line in lines)


def _inline(text: str) -> str:
    """Words on one line, with nothing that Markdown or HTML would take for its own."""
    escaped = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", escaped)


def _cell(text: str) -> str:
    return _inline(text) or " "


def _quoted(text: str) -> str:
    return "  \n".join(_inline(line) for line in text.splitlines())


_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def _visible(page: Page) -> Page:
    """The page without control characters, direction overrides and halves of characters."""

    def clean(text: str) -> str:
        return _HIDDEN.sub("", text)

    def cleaned(block: Block) -> Block:
        match block:
            case Paragraph():
                return Paragraph(clean(block.text))
            case Table():
                rows = tuple(tuple(clean(cell) for cell in row) for row in block.rows)
                return Table(tuple(map(clean, block.headers)), rows, block.numbers)
            case Figure():
                return Figure(block.name, block.svg, clean(block.says))
            case Claim():
                return Claim(clean(block.text), block.status, clean(block.why))
            case Quotation():
                parts = tuple((clean(who), clean(text)) for who, text in block.parts)
                return Quotation(clean(block.title), parts)

    sections = tuple(
        type(each)(clean(each.title), tuple(cleaned(block) for block in each.blocks))
        for each in page.sections
    )
    facts = tuple((clean(name), clean(value)) for name, value in page.facts)
    return Page(clean(page.title), facts, sections)
