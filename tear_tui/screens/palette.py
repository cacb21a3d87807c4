"""What the command palette offers: "area: Verb", and only what can be done now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.screen import Screen

from tear_tui.places import titles
from tear_tui.screens.base import TearScreen

if TYPE_CHECKING:
    from tear_tui.app import TearApp


def commands(app: TearApp, screen: Screen[object]) -> Iterator[SystemCommand]:
    """The commands of the app, and of the screen that the palette was opened on."""
    if isinstance(screen, TearScreen):
        for title, help, action in screen.OFFERS:
            if screen.check_action(action, ()):
                yield SystemCommand(title, help, partial(app.run_action, action, screen))
    for number, name, help in titles():
        yield SystemCommand(
            f"go to: {name.capitalize()}", help, partial(app.action_go_number, number)
        )
    yield SystemCommand("view: Theme", "Choose other colours", app.action_change_theme)
    yield SystemCommand("view: Screenshot", "Save a picture of the screen (SVG)", _picture(app))
    yield SystemCommand("app: Keys", "All keys", app.action_help)
    if app.check_action("end_tour", ()):
        yield SystemCommand("app: End the tour", "Leave the tour", app.action_end_tour)
    else:
        yield SystemCommand("app: Tour", "A first minute, step by step", app.action_tour)
    yield SystemCommand("app: Quit", "Quit; everything is kept", app.action_quit)


def _picture(app: TearApp) -> Callable[[], object]:
    return lambda: app.set_timer(0.1, app.deliver_screenshot)
