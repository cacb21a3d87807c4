"""The terminal app: one conversation on the screen, the engine in a process of its own."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.segment import Segment, Segments
from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message
from textual.screen import ModalScreen, Screen

from tear_core.engine import client as engine
from tear_core.engine.client import EngineClient
from tear_core.settings import Settings
from tear_tui import mishaps
from tear_tui.autosave import Autosave
from tear_tui.conversing.conversation import ConversationLog
from tear_tui.conversing.conversation import open_log as open_log
from tear_tui.engine_link import EngineLink, EngineView
from tear_tui.keys import key, let_alt_numbers_through, name_of
from tear_tui.opening import open_place, sized
from tear_tui.places import CONVERSE, PLACES, Shared, names
from tear_tui.preferences.themes import INK, PAPER
from tear_tui.screens.base import TearScreen
from tear_tui.screens.converse import ConverseScreen
from tear_tui.tty.clipboard import escape_sequences
from tear_tui.tty.terminal import when_told_to_end

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

    BINDING_GROUP_TITLE = "anywhere"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("app.help", "f1", "help", "Help", "All keys", shown=True, display="F1"),
        key("app.go", "f5", "go", "Go to", "Go to another place", shown=True, display="F5"),
        *(
            Binding(f"alt+{number}", f"go_number({number})", show=False)
            for number in range(1, 10)
        ),
        key("app.commands", "ctrl+p", "command_palette", "More", "Every command by name"),
        key("app.end_tour", "escape", "end_tour", "End tour", "Leave the tour of a first minute"),
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
        at: str = CONVERSE,
        may_start: bool = True,
        tour: bool = False,
    ) -> None:
        """`at`: the place to begin with. `may_start`: start an engine if none is running.
        `tour`: begin with the tour of a first minute."""
        self.DEFAULT_MODE = at  # type: ignore[misc]  # no empty screen is made and drawn before it
        super().__init__()
        let_alt_numbers_through()
        for theme in (INK, PAPER):
            self.register_theme(theme)
        self.settings = settings
        self._dress(settings)
        self.autosave = Autosave(home)
        self.link = EngineLink(home, connect, start, self._tell, may_start=may_start)
        self.shared = Shared(home, log.store, self.link, self.autosave, settings)
        self.converse = ConverseScreen(log, self.link, self.autosave, settings)
        self._opened: dict[str, TearScreen] = {CONVERSE: self.converse}
        self.add_mode(CONVERSE, lambda: sized(self.converse, self))
        for place in PLACES:
            self.add_mode(place.name, partial(self._open, place.name))
        self._armed_until = 0.0
        self._late: Key | None = None
        self._tour = tour
        self._seen = False

    def on_mount(self) -> None:
        when_told_to_end(lambda: self.run_worker(self.action_quit(), group="quit"))
        if self._tour:
            self.call_after_refresh(self.action_tour)

    def post_display_hook(self) -> None:
        """Textual calls this after each picture. Whatever the first one can do without follows it:
        the engine is looked for, and what was made so far is not gone through for garbage again."""
        screen = self.screen
        if not isinstance(screen, TearScreen) or screen.was_seen or not screen.drawn:
            return
        screen.was_seen = True
        self.call_later(screen.seen)
        if not self._seen:
            self._seen = True
            self.call_later(self.link.open)
            gc.freeze()
            gc.enable()

    def use_settings(self, settings: Settings) -> None:
        """Have these settings count from now on, on every screen."""
        before, self.settings = self.settings, settings
        self.shared.settings = settings
        self._dress(settings)
        for screen in self._opened.values():
            screen.settings_changed(settings, before)
        self.screen.refresh_bindings()

    def _dress(self, settings: Settings) -> None:
        """Colours and keys. A theme that is not there, or keys that cannot be, are left out."""
        known = settings.theme in self.available_themes
        self.theme = settings.theme if known else INK.name
        keymap = {}
        if settings.keymap:
            from tear_tui.preferences.keymap import usable  # it imports every screen

            keymap = usable(settings.keymap)
        self.set_keymap(keymap)

    def on_key(self, event: Key) -> None:
        """A letter that comes here was typed just before a box took the keys: it belongs there."""
        box, passed = self.focused, event is self._late or "+" in event.key
        if box is not None and not passed and box.check_consume_key(event.key, event.character):
            self._late = Key(event.key, event.character)
            box.post_message(self._late)

    def get_key_display(self, binding: Binding) -> str:
        return binding.key_display or name_of(binding.key).replace("ctrl+", "^")

    def _open(self, place: str) -> TearScreen:
        screen = self._opened[place] = open_place(place, self.shared)
        return sized(screen, self)

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

    def _fatal_error(self) -> None:
        """An error that nobody caught is told in a sentence: Textual would print what was said."""
        if self._exception is not None and not self._exit_renderables:
            told = mishaps.last_words(self.shared.home, self._exception)
            self._exit_renderables.append(Segments([Segment(f"{told}\n")]))
        self._close_messages_no_wait()

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
            over = isinstance(self.screen, ModalScreen)
            here = type(self.screen).__name__ if over else self.current_mode
            self.push_screen(HelpScreen(here, self.settings.keymap))

    async def action_tour(self) -> None:
        """A first minute, said step by step as it is lived."""
        from tear_tui.widgets.tour_panel import TourPanel

        await self.go(CONVERSE)
        await self.converse.take_the_tour(TourPanel(self.settings.keymap))

    async def action_end_tour(self) -> None:
        await self.converse.end_the_tour()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        touring = action != "end_tour" or self.converse.tour is not None
        return touring and super().check_action(action, parameters)

    async def action_quit(self) -> None:
        self.leave()
        self.exit(0)

    def leave(self) -> None:
        """Keep everything: the words on their way, and what stands in the boxes."""
        for screen in self._opened.values():
            screen.leave()
        self.link.close()
        self.autosave.close()

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
        from tear_tui.screens.palette import commands

        return commands(self, screen)
