"""From the name of a place to its screen, which is imported when somebody goes there.

And what a screen is given before it is mounted, so that it is styled and laid out once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from textual.app import App

from tear_tui.places import Shared
from tear_tui.screens.base import TearScreen

if TYPE_CHECKING:
    from tear_tui.screens.place import PlaceScreen

S = TypeVar("S", bound=TearScreen)


def open_place(name: str, shared: Shared) -> PlaceScreen:
    """The screen of one of the `PLACES`, made anew."""
    return _SCREENS[name](shared)


def sized(screen: S, app: App[Any]) -> S:
    """The screen with the classes that the terminal's size gives it. Textual gives them when it is
    mounted: then all of it has been styled for no size, and is styled again."""
    width, height = app.size
    for points, cells in (app.HORIZONTAL_BREAKPOINTS, width), (app.VERTICAL_BREAKPOINTS, height):
        fitting = [(point, name) for point, name in points or () if point <= cells]
        screen.update_classes({max(fitting)[1]: True} if fitting else {}, update=False)
    return screen


def _replay(shared: Shared) -> PlaceScreen:
    from tear_tui.screens.replay import ReplayScreen

    return ReplayScreen(shared)


def _triples(shared: Shared) -> PlaceScreen:
    from tear_tui.screens.triples import TriplesScreen

    return TriplesScreen(shared)


def _learning(shared: Shared) -> PlaceScreen:
    from tear_tui.screens.learning import LearningScreen

    return LearningScreen(shared)


def _generations(shared: Shared) -> PlaceScreen:
    from tear_tui.screens.generations import GenerationsScreen

    return GenerationsScreen(shared)


def _settings(shared: Shared) -> PlaceScreen:
    from tear_tui.screens.settings import SettingsScreen

    return SettingsScreen(shared)


_SCREENS: dict[str, Callable[[Shared], PlaceScreen]] = {
    "replay": _replay,
    "triples": _triples,
    "learning": _learning,
    "generations": _generations,
    "settings": _settings,
}
