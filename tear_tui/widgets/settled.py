"""Widgets that one layout is enough for.

Textual lays the whole screen out once more for every widget whose size a layout has changed, since
scrollbars may come or go with it. What never scrolls has no use for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container
from textual.geometry import Size

if TYPE_CHECKING:
    from textual.widget import Widget as Mixin
else:
    Mixin = object  # a widget's style comes from its first base that is a widget


class Settled(Mixin):
    """A widget that never scrolls."""

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)


class SettledScroll(Mixin):
    """One that scrolls: a text that grows in it is no reason, its own size is. Textual sees by
    itself when its scrollbar comes or goes."""

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        other = layout and container_size != self._container_size
        return super()._size_updated(size, virtual_size, container_size, layout=other)


class Box(Settled, Container):
    """Widgets below each other, or as the style says."""
