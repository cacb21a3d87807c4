"""The row of keys, drawn by one widget: it changes many times in a turn, and costs little then.

Textual's footer has a widget for each key and makes all of them anew at every change. That styles
and lays out the whole screen each time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.screen import ActiveBinding
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.screen import Screen


DIM = Style(dim=True)


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key of the footer: what stands there, what it is for, and where in the row it begins."""

    key: str
    display: str
    description: str
    tooltip: str
    enabled: bool
    left: int

    @property
    def right(self) -> int:
        """The column behind its last one."""
        return self.left + cell_len(f"{self.display} {self.description}".rstrip())


class KeyFooter(Widget):
    """One row with the keys that do something now. A click on one presses it."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "key-footer--key",
        "key-footer--description",
        "key-footer--hover",
    }
    DEFAULT_CSS = """
    KeyFooter {
        dock: bottom;
        height: 1;
        color: $footer-foreground;
        background: $footer-background;
        & > .key-footer--key {
            color: $footer-key-foreground;
            background: $footer-key-background;
            text-style: bold;
        }
        & > .key-footer--description {
            color: $footer-description-foreground;
            background: $footer-description-background;
        }
        & > .key-footer--hover { background: $block-hover-background; }
    }
    """

    def __init__(self, roomy: Collection[str] = ()) -> None:
        """`roomy`: keys (by id) that stand here only where there is room; help has all of them."""
        super().__init__()
        self.keys: tuple[ShownKey, ...] = ()
        self._roomy = frozenset(roomy)
        self._under: ShownKey | None = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def on_unmount(self) -> None:
        self.screen.bindings_updated_signal.unsubscribe(self)

    def on_resize(self) -> None:
        self._look_again()

    def _bindings_changed(self, screen: Screen[object]) -> None:
        """While the terminal has no focus nothing has, and the keys stay as they were."""
        if screen.app.app_focus and self.is_attached and screen is self.screen:
            self.call_after_refresh(self._look_again)

    def _look_again(self) -> None:
        """Draw the row again, but only if it has something else to say."""
        if not self.is_attached:
            return
        keys = tuple(self._shown(self.screen.active_bindings.values()))
        if keys != self.keys:
            self.keys, self._under = keys, None
            self.tooltip = None
            self.refresh()

    def _shown(self, bindings: Collection[ActiveBinding]) -> Iterator[ShownKey]:
        """One key for each action, as many as there is room for, with their places."""
        by_action: dict[str, ActiveBinding] = {}
        for active in bindings:
            if active.binding.show:
                by_action.setdefault(active.binding.action, active)
        offered = list(by_action.values())
        displays = [self.app.get_key_display(each.binding) for each in offered]
        words = zip(displays, offered, strict=True)
        widths = [cell_len(f"{display} {each.binding.description} ") for display, each in words]
        room = [True] * len(offered)
        if self._roomy:
            roomy = [each.binding.id in self._roomy for each in offered]
            room = fitting(widths, roomy, self.app.size.width)
        left = 0
        for active, display, width, shown in zip(offered, displays, widths, room, strict=True):
            if shown:
                key, said = active.binding.key, active.binding.description
                yield ShownKey(key, display, said, active.tooltip or said, active.enabled, left)
                left += width

    # --- what is drawn

    def render_line(self, y: int) -> Strip:
        ground = self.rich_style
        segments: list[Segment] = []
        for key in self.keys if y == 0 else ():
            sign = self.get_component_rich_style("key-footer--key")
            words = self.get_component_rich_style("key-footer--description")
            if not key.enabled:
                sign, words = sign + DIM, words + DIM
            if key == self._under:
                hover = self.get_component_rich_style("key-footer--hover", partial=True)
                sign, words = sign + hover, words + hover
            segments.append(Segment(key.display, ground + sign))
            segments.append(Segment(f" {key.description}" if key.description else "", words))
            segments.append(Segment(" ", ground))
        return Strip(segments).adjust_cell_length(self.size.width, ground)

    # --- the mouse

    def at(self, x: int) -> ShownKey | None:
        """The key in a column."""
        return next((key for key in self.keys if key.left <= x < key.right), None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._point_at(self.at(event.x))

    def on_leave(self) -> None:
        self._point_at(None)

    def _point_at(self, key: ShownKey | None) -> None:
        if key != self._under:
            self._under = key
            self.tooltip = None if key is None else key.tooltip
            self.refresh()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        key = self.at(event.x)
        if key is not None and key.enabled:
            self.app.simulate_key(key.key)
        elif key is not None:
            self.app.bell()


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
