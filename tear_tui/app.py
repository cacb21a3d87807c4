"""The terminal app: one conversation on the screen, the engine in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen

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
        key("app.commands", "ctrl+p", "command_palette", "More", "Everything by name",
            shown=True, display="^p"),
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
        self.converse = ConverseScreen(log, self.link, self.autosave, settings)
        self._armed_until = 0.0

    async def on_mount(self) -> None:
        await self.push_screen(self.converse)
        self.call_after_refresh(self.link.open)

    def on_tear_app_engine_news(self, event: EngineNews) -> None:
        self.converse.engine_news(event.view)

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
        self.converse.end_speech()
        self.link.close()
        self.autosave.flush()

    def action_help_quit(self) -> None:
        """Ctrl+c: stop the model; otherwise a second one quits. It never costs a word."""
        if self.converse.check_action("stop", ()) and self.converse.talk.busy:
            self.converse.action_stop()
        elif time.monotonic() < self._armed_until:
            self.run_worker(self.action_quit(), group="quit")
        else:
            self._armed_until = time.monotonic() + ARMED
            self.converse.notice("Ctrl+c again quits. Everything is kept.")

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
