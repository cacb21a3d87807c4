"""What one of two generations says, and the scene it foresees for it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from tear_tui.widgets.plain import Plain, line


class SideView(VerticalScroll):
    """One side: the words on top, the scene below them. Scrolls by itself."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id, classes="side")
        self._said = Plain(classes="said")
        self._scene = Plain(classes="scene")

    def compose(self) -> ComposeResult:
        yield self._said
        yield self._scene

    def name_it(self, name: str, note: str = "") -> None:
        """What stands on the border: who this is, and what it is doing."""
        self.border_title = line(name)
        self.border_subtitle = line(note)

    def say(self, words: str, scene: str, waiting: str) -> None:
        """Show what is written so far; `waiting` stands where there is nothing yet."""
        self._said.show(words) if words else self._said.show((waiting, "dim"))
        self._scene.display = bool(scene)
        self._scene.frame("scene foreseen")
        self._scene.show(scene)
