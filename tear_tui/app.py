"""The terminal app: one conversation on the screen, the engine in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen, Screen

from tear_core.engine import client as engine
from tear_core.engine.client import EngineClient
from tear_core.home import logs_folder, resolve_home
from tear_core.settings import Settings, SettingsError, load_settings
from tear_core.store import Store, StoreError, open_store, sessions
from tear_core.turn import NotNow
from tear_tui.autosave import Autosave
from tear_tui.clipboard import escape_sequences
from tear_tui.conversation import ConversationLog
from tear_tui.engine_link import EngineLink, EngineView
from tear_tui.keys import key
from tear_tui.places import CONVERSE, PLACES, Place, Shared, names
from tear_tui.screens.base import TearScreen
from tear_tui.screens.converse import ConverseScreen
from tear_tui.themes import INK, PAPER

ARMED = 1.5
"""Seconds in which a second ctrl+c quits."""


class TearApp(App[int]):
    """Opens the store and the line to the engine, and shows the conversation."""

    TITLE = "tear"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    PAUSE_GC_ON_SCROLL = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        key("app.help", "f1", "help", "Help", "All keys", shown=True, display="F1"),
        key("app.go", "f5", "go", "Go to", "Go to another place", shown=True, display="F5"),
        *(
            Binding(f"alt+{number}", f"go_number({number})", show=False)
            for number in range(1, 10)
        ),
        key("app.commands", "ctrl+p", "command_palette", "More", "Every command by name"),
        key("app.quit", "ctrl+q", "quit", "Quit", "Quit; everything is kept", shown=True,
            display="^q"),
    ]  # fmt: skip

    @dataclass
    class EngineNews(Message):
        """The engine is not as it was. Sent from the link's thread."""

        view: EngineView

    def __init__(
        self,
        home: Path,
        settings: Settings,
        log: ConversationLog,
        *,
        connect: Callable[[Path], EngineClient | None] = engine.connect,
        start: Callable[[Path], None] = engine.start,
    ) -> None:
        super().__init__()
        for theme in (INK, PAPER):
            self.register_theme(theme)
        known = settings.theme in self.available_themes
        self.theme = settings.theme if known else INK.name
        self.settings = settings
        self.autosave = Autosave(home)
        self.link = EngineLink(home, connect, start, self._tell)
        self.shared = Shared(home, log.store, self.link, self.autosave, settings)
        self.converse = ConverseScreen(log, self.link, self.autosave, settings)
        self._opened: dict[str, TearScreen] = {CONVERSE: self.converse}
        self.add_mode(CONVERSE, lambda: self.converse)
        for place in PLACES:
            self.add_mode(place.name, partial(self._open, place))
        self._armed_until = 0.0

    async def on_mount(self) -> None:
        await self.switch_mode(CONVERSE)
        self.call_after_refresh(self.link.open)

    def _open(self, place: Place) -> TearScreen:
        screen = self._opened[place.name] = place.open(self.shared)
        return screen

    def on_tear_app_engine_news(self, event: EngineNews) -> None:
        """The conversation always hears it: it may have words on their way."""
        for name, screen in self._opened.items():
            if screen.is_mounted and name in (CONVERSE, self.current_mode):
                screen.engine_news(event.view)

    async def go(self, place: str, **what: Any) -> None:
        """Be at a place; `what` says what to show there (see `TearScreen.arrive`)."""
        if place != self.current_mode:
            await self.switch_mode(place)
        screen = self._opened[place]
        if place != CONVERSE:
            screen.engine_news(self.link.view)
        screen.arrive(**what)

    @on(TearScreen.GoTo)
    async def _asked_to_go(self, event: TearScreen.GoTo) -> None:
        await self.go(event.place, **event.what)

    async def action_go_number(self, number: int) -> None:
        if number <= len(names()) and not isinstance(self.screen, ModalScreen):
            await self.go(names()[number - 1])

    def action_go(self) -> None:
        from tear_tui.screens.go_to import GoToScreen

        if not isinstance(self.screen, ModalScreen):
            self.push_screen(GoToScreen(), self._chosen)

    async def _chosen(self, place: str | None) -> None:
        if place is not None:
            await self.go(place)

    def _tell(self, view: EngineView) -> None:
        self.post_message(self.EngineNews(view))

    def copy_to_clipboard(self, text: str) -> None:
        """Ask the terminal to copy, through tmux too."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(escape_sequences(text))

    def action_help(self) -> None:
        from tear_tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    async def action_quit(self) -> None:
        self.leave()
        self.exit(0)

    def leave(self) -> None:
        """Keep everything: the words on their way, and what stands in the boxes."""
        for screen in self._opened.values():
            screen.leave()
        self.link.close()
        self.autosave.flush()

    def action_help_quit(self) -> None:
        """Ctrl+c: stop the model; otherwise a second one quits. It never costs a word."""
        talking = self.screen is self.converse
        if talking and self.converse.check_action("stop", ()) and self.converse.talk.busy:
            self.converse.action_stop()
        elif time.monotonic() < self._armed_until:
            self.run_worker(self.action_quit(), group="quit")
        else:
            self._armed_until = time.monotonic() + ARMED
            shown = self.screen if isinstance(self.screen, TearScreen) else self.converse
            shown.notice("Ctrl+c again quits. Everything is kept.")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from tear_tui.commands import commands

        return commands(self, screen)


def open_log(store: Store, session: str | None = None, new: bool = False) -> ConversationLog:
    """The conversation to show: the one named, a new one, or the one used last.

    Raises:
        StoreError: there is no such session.
        NotNow: its log holds an event that could not have happened.
    """
    if session is not None:
        return ConversationLog(store, session)
    latest = None if new else sessions.latest(store)
    return ConversationLog(store, latest.id if latest is not None else None)


def run(
    home: Path | None = None,
    *,
    session: str | None = None,
    new: bool = False,
    settings: Settings | None = None,
    connect: Callable[[Path], EngineClient | None] = engine.connect,
    start: Callable[[Path], None] = engine.start,
) -> int:
    """Open the app on a home and stay until it is left; returns the exit code."""
    import sys

    from tear_tui.terminal import own_terminal

    try:
        where = resolve_home(home)
        chosen = settings or load_settings()
        store = open_store(where)
        log = open_log(store, session, new)
    except (StoreError, SettingsError, NotNow, OSError) as error:
        print(f"tear-tui: {error} {getattr(error, 'hint', '')}".rstrip(), file=sys.stderr)
        return 1
    with store, own_terminal(logs_folder(where) / "app.log"):
        app = TearApp(where, chosen, log, connect=connect, start=start)
        return app.run() or 0
