"""What every screen of the app has in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from textual.geometry import Offset
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tear_core.settings import Settings
from tear_tui.engine_link import EngineView

Offer = tuple[str, str, str]
"""A command of the palette: its title ("area: Verb"), what it does, and the screen's action."""


class TearScreen(Screen[None]):
    """The base of all screens."""

    NAME: ClassVar[str] = ""
    """The place that it is."""

    OFFERS: ClassVar[tuple[Offer, ...]] = ()
    """What the command palette offers here, where `check_action` allows it."""

    @dataclass
    class GoTo(Message):
        """Somebody wants to be at another place; `what` is told to it (see `arrive`)."""

        place: str
        what: dict[str, Any] = field(default_factory=dict)

    was_seen = False
    """It has been drawn, with what it is about (see `seen`)."""

    @property
    def drawn(self) -> bool:
        """Whether what it is about is in the picture, and not only the frame around it."""
        return True

    def seen(self) -> None:
        """It has been drawn for the first time: what the first picture can do without comes now."""

    def arrive(self, **what: Any) -> None:
        """Somebody has come here from another place, to see something in particular."""

    def engine_news(self, view: EngineView) -> None:
        """The engine is not as it was. Told to the screen that is shown, and when it is shown."""

    def settings_changed(self, settings: Settings, before: Settings) -> None:
        """These settings count from now on. Told to every screen that has been opened."""

    def leave(self) -> None:
        """The app is about to end: keep everything, and wait for nothing."""

    def notice(self, text: str) -> None:
        """Say something in one line; an empty text takes it back."""
        raise NotImplementedError

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """The widget under the mouse, unless it has just gone (textual#6643 crashes at a click)."""
        widget, offset = super().get_widget_and_offset_at(x, y)
        if widget is None or not widget.is_attached:
            return None, None
        return widget, offset
