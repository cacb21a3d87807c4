"""The keys as Markdown, for `docs/app.md`: `python -m tear_tui.preferences.key_pages docs/app.md`.

What stands between the two marks of the page is written anew from the bindings.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tear_tui.preferences.key_table import Group, groups, pressed

BEGIN, END = "<!-- keys: begin -->", "<!-- keys: end -->"


def tables() -> str:
    """A heading and a table for each group of keys."""
    return "\n".join(_table(group) for group in groups() if group.bindings)


def written_into(page: str) -> str:
    """The page with the tables of now between its marks.

    Raises:
        ValueError: the page has no such marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there is no {BEGIN} … {END} in this page")
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def _table(group: Group) -> str:
    rows = [
        f"| {_cell(pressed(each))} | {_cell(each.tooltip or '')} | `{each.id}` |"
        for each in group.bindings
    ]
    title = group.title[:1].upper() + group.title[1:]
    return "\n".join((f"### {title}", "", "| keys | what | name |", "|---|---|---|", *rows, ""))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(written_into(path.read_text(encoding="utf-8")), encoding="utf-8")
