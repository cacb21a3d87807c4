"""One row on top: the places with their numbers, and which of them this is."""

from __future__ import annotations

from rich.cells import cell_len

from tear_tui.places import titles
from tear_tui.widgets.plain import Part, Plain


class PlaceBar(Plain):
    """Says where one is. Where the row is too narrow, other places are only their numbers."""

    DEFAULT_CSS = """
    PlaceBar { height: 1; padding: 0 2; color: $text-muted; }
    """

    def __init__(self, here: str) -> None:
        super().__init__(id="places")
        self._here = here

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self.show(*bar(self._here, self.size.width), layout=False)


def bar(here: str, width: int) -> list[Part]:
    """The row in `width` cells. The place where one is stands in brackets, colour or not."""
    named = {name: f"{number} {name}" for number, name, _ in titles()}
    whole = sum(cell_len(each) + 4 for each in named.values())
    parts: list[Part] = []
    for number, name, _ in titles():
        if name == here:
            parts += [(f"[{named[name]}]", "bold $accent"), "  "]
        else:
            parts += [f" {named[name] if whole <= width else number} ", "  "]
    return parts[:-1]
