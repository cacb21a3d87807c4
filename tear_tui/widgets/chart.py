"""A chart of lines that fills the room it is given."""

from __future__ import annotations

from collections.abc import Sequence

from tear_tui.text.chart_lines import Line, chart
from tear_tui.widgets.plain import Part, Plain


class Chart(Plain):
    """Lines of figures. Drawn again when the figures or the room change, and not else."""

    def __init__(self, title: str, nothing: str, id: str) -> None:
        """`nothing`: what stands there while there is no figure."""
        super().__init__(id=id, classes="chart")
        self._title, self._nothing = title, nothing
        self._drawn: tuple[object, ...] = ()
        self._lines: tuple[Line, ...] = ()

    def on_mount(self) -> None:
        self.frame(self._title)

    def show_lines(self, lines: Sequence[Line], note: str = "") -> None:
        """Show these lines, and a note on the lower border."""
        self._lines = tuple(lines)
        self.frame(self._title, note)
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        size = self.content_size
        state = (self._lines, size)
        if state == self._drawn or not size.width:
            return
        self._drawn = state
        if all(line.last is None for line in self._lines):
            self.show((self._nothing, "dim"), layout=False)
            return
        parts: list[Part] = []
        for row in chart(self._lines, size.width, size.height):
            parts += ["\n" if parts else "", *row]
        self.show(*parts, layout=False)
