"""What the command palette offers: "area: Verb", and only what can be done now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.screen import Screen

if TYPE_CHECKING:
    from tear_tui.app import TearApp

CONVERSE: tuple[tuple[str, str, str], ...] = (
    ("turn: Take", "This response is what is said", "take"),
    ("turn: Reroll", "Write another candidate; this one is kept", "reroll"),
    ("turn: Edit", "Change the response in your words", "edit"),
    ("turn: Beside", "An alternative beside it, with its own scene", "alternative"),
    ("turn: Stop", "Stop the model; what it wrote is kept", "stop"),
    ("turn: Drop", "Drop this turn; your words come back", "drop"),
    ("turn: What happened", "Write what happened after the latest turn", "witness_latest"),
    ("witness: Order", "Where the scene of the next turn stands", "order"),
    ("witness: Blind", "Veil predictions until yours is saved, or not", "blind"),
    ("conversation: New", "Begin a new conversation", "new"),
    ("conversation: Follow", "Follow the newest words", "follow"),
    ("engine: Start", "Start the engine again", "start_engine"),
)


def commands(app: TearApp, screen: Screen[object]) -> Iterator[SystemCommand]:
    """The commands of the app, and of the screen that the palette was opened on."""
    if screen is app.converse:
        for title, help, action in CONVERSE:
            if screen.check_action(action, ()):
                yield SystemCommand(title, help, _call(app, action))
    yield SystemCommand("view: Theme", "Choose other colours", app.action_change_theme)
    yield SystemCommand("view: Screenshot", "Save a picture of the screen (SVG)", _picture(app))
    yield SystemCommand("app: Keys", "All keys", app.action_help)
    yield SystemCommand("app: Quit", "Quit; everything is kept", app.action_quit)


def _call(app: TearApp, action: str) -> Callable[[], object]:
    return partial(app.run_action, action, app.converse)


def _picture(app: TearApp) -> Callable[[], object]:
    return lambda: app.set_timer(0.1, app.deliver_screenshot)
