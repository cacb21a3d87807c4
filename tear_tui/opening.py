"""From the name of a place to its screen, which is imported when somebody goes there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tear_tui.places import Shared

if TYPE_CHECKING:
    from tear_tui.screens.place import PlaceScreen


def open_place(name: str, shared: Shared) -> PlaceScreen:
    """The screen of one of the `PLACES`, made anew."""
    return _SCREENS[name](shared)


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
