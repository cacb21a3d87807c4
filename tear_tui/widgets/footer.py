"""The row of keys, never wider than the screen: what is less often needed gives way."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class LightFooter(Footer):
    """One row, without the key of the palette. It forgets the keys that it no longer shows."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)

    def compose(self) -> ComposeResult:
        """Each key follows `compact`, and Textual 8.2.8 holds on to it for as long as that stays
        as it is: a talk of some hours would keep thousands of them."""
        self.mutate_reactive(Footer.compact)
        yield from super().compose()


class FittingFooter(LightFooter):
    """A footer in which the keys named `roomy` (by id) stand only where there is room.

    All of them are in the help, whatever the width.
    """

    def __init__(self, roomy: Collection[str]) -> None:
        super().__init__()
        self._roomy = frozenset(roomy)
        self._width = 0

    def compose(self) -> ComposeResult:
        keys = [each for each in super().compose() if isinstance(each, FooterKey)]
        ids = {each.binding.key: each.binding.id for each in self.screen.active_bindings.values()}
        roomy = [ids.get(each.key) in self._roomy for each in keys]
        widths = [cell_len(f"{each.key_display} {each.description} ") for each in keys]
        for each, shown in zip(keys, fitting(widths, roomy, self.app.size.width), strict=True):
            if shown:
                yield each

    def on_resize(self) -> None:
        if self.app.size.width != self._width:
            self._width = self.app.size.width
            self.call_after_refresh(self.recompose)


def fitting(widths: Sequence[int], roomy: Sequence[bool], room: int) -> list[bool]:
    """Which keys are shown: first those that are not roomy, from left to right, then the others,
    as long as there is room."""
    shown = [False] * len(widths)
    for wanted in (False, True):
        for place, width in enumerate(widths):
            if roomy[place] == wanted and width <= room:
                shown[place] = True
                room -= width
    return shown
