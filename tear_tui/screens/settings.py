"""Settings: each with its value, who has the last word about it, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive

from tear_core.engine.client import EngineError, EngineGone
from tear_core.settings import Settings, SettingsError
from tear_tui.background import in_background
from tear_tui.engine_link import EngineView
from tear_tui.keys import key
from tear_tui.places import Shared
from tear_tui.preferences.restarting import end_engine
from tear_tui.preferences.settings_file import Which, change, path_of, refuse_in_vain
from tear_tui.preferences.settings_table import (
    NONE,
    WITH_THE_MODEL,
    Row,
    counts_from,
    rows,
    source_word,
)
from tear_tui.screens.base import Offer
from tear_tui.screens.place import PlaceScreen
from tear_tui.text.cells import fit
from tear_tui.text.safe_text import safe_line
from tear_tui.widgets.plain import Part, Plain
from tear_tui.widgets.row_list import RowList
from tear_tui.widgets.value_editor import ValueEditor

GROUP, NAME, SOURCE = 10, 20, 12
"""Widths of the columns; the value has the rest."""
SIGN = 2
"""Cells before the first column: the sign of the cursor."""


class SettingsList(RowList):
    """The rows; their columns are as wide as there is room."""

    @dataclass
    class Resized(Message):
        """There is another width."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())


class SettingsScreen(PlaceScreen):
    """A list of all settings. A change is written into a file and counts as soon as it can."""

    NAME = "settings"
    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "#settings"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("settings.change", "enter", "change", "Change", "Change this setting", shown=True,
            display="⏎"),
        key("settings.unset", "delete,x", "unset", "Default", "Take it out of the file", shown=True,
            display="x"),
        key("settings.file", "f", "file", "File", "Write into your file, or the project's",
            shown=True),
        key("settings.keys", "y", "keys", "Keys", "Choose keys of your own", shown=True),
        key("settings.restart", "r", "restart", "Restart",
            "Start the engine again with what is set now", shown=True),
    ]  # fmt: skip

    OFFERS: ClassVar[tuple[Offer, ...]] = (
        ("settings: Change", "Change this setting", "change"),
        ("settings: Default", "Take it out of the file", "unset"),
        ("settings: File", "Write into your file, or the project's", "file"),
        ("settings: Keys", "Choose keys of your own", "keys"),
        ("engine: Restart", "Start the engine again with what is set now", "restart"),
    )

    waiting: reactive[frozenset[str]] = reactive(frozenset(), bindings=True)
    """Settings that were changed here and wait for the engine to start again."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._which: Which = "user"
        self._rows: list[Row] = []

    def content(self) -> ComposeResult:
        yield Plain(id="into")
        with Container(id="desk-of-settings"):
            yield SettingsList("settings")
            yield Plain(id="about")
        yield ValueEditor("editor")

    def on_mount(self) -> None:
        self.list = self.query_one(SettingsList)
        self.editor = self.query_one(ValueEditor)
        self._show()

    def arrive(self, **what: object) -> None:
        """`setting`: the name of the one to stand on. The files may have changed meanwhile."""
        self._show()
        names = [row.name for row in self._rows]
        if what.get("setting") in names:
            self.list.cursor = names.index(str(what["setting"]))

    def settings_changed(self, settings: Settings, before: Settings) -> None:
        self._show()

    def engine_news(self, view: EngineView) -> None:
        """The next engine reads the settings anew. One that is starting may have read them."""
        if view.state == "gone":
            self.waiting = frozenset()

    def watch_waiting(self) -> None:
        if self.is_mounted:
            self._tell()

    @property
    def row(self) -> Row:
        """The setting under the cursor."""
        return self._rows[self.list.cursor]

    # --- what is shown

    def _show(self) -> None:
        try:
            self._rows = rows(self.shared.settings)
        except SettingsError as error:
            return self._refuse(str(error))
        return self._draw()

    @on(SettingsList.Resized)
    def _draw(self) -> None:
        width = self.list.scrollable_content_region.width - SIGN
        groups = ["", *(row.group for row in self._rows)]
        self.list.show(
            [
                cells(row, width, first=row.group != before)
                for row, before in zip(self._rows, groups, strict=False)
            ]
        )
        words = "changes go into "
        room = self.size.width - len(words) - 4
        file = _end_of(self._file_name(), room)
        self.query_one("#into", Plain).show(words, (file, "bold"), layout=False)
        self._tell()
        if self.editor.is_open:
            self._place()

    @on(RowList.Moved, "#settings")
    def _tell(self) -> None:
        """What the setting under the cursor is for."""
        if not self._rows:
            return
        row, about = self.row, self.query_one("#about", Plain)
        about.frame(row.name, f"counts {counts_from(row.name)}")
        said: list[Part] = [row.help]
        if row.name in self.waiting:
            said = [("waits for the engine: r starts it again", "bold"), "\n", *said]
        if row.source.kind != "default":
            words = "set by "
            where = _end_of(row.source.where, about.content_size.width - len(words))
            said += ["\n", (words, "dim"), where]
        about.show(*said)

    def _refuse(self, reason: str) -> None:
        """Say why something is not so, where there is room for a path."""
        self.query_one("#about", Plain).show((safe_line(reason), "bold"))

    def _file_name(self) -> str:
        path = path_of(self._which)
        whose = "yours" if self._which == "user" else "the project's"
        there = "" if path.is_file() else ", not there yet"
        return f"{safe_line(_from_home(path))} ({whose}{there})"

    # --- changing

    @on(RowList.Chosen, "#settings")
    def action_change(self) -> None:
        if self.row.name == "keymap":
            return self.action_keys()
        if not self._may_change(self.row.name):
            return None
        if self.row.name == "base":
            self._choose_model()
            return None
        value = "" if self.row.value == NONE else self.row.value
        hint = "empty: nothing is set" if self.row.may_be_none else ""
        self.editor.open(value, self._choices(), hint)
        self._place()
        return None

    def _may_change(self, name: str) -> bool:
        """Whether a change here would count; says who has the last word if not."""
        try:
            refuse_in_vain(name, self._which, self.shared.settings)
        except SettingsError as error:
            self._refuse(str(error))
            return False
        return True

    def _choices(self) -> tuple[str, ...]:
        if self.row.name == "theme":
            from tear_tui.preferences.themes import theme_names

            return theme_names()
        return self.row.choices

    def _place(self) -> None:
        """Put the editor over the value under the cursor."""
        at = self.list.region
        y = at.y + self.list.cursor - self.list.scroll_offset.y
        x = at.x + 1 + SIGN + GROUP + NAME - 2  # a cell of padding on either side
        self.editor.place(Region(x, y, at.right - x, 1), self.size)

    @on(ValueEditor.Looked)
    def _look(self, event: ValueEditor.Looked) -> None:
        if self.row.name == "theme":
            self.app.theme = event.value

    @on(ValueEditor.Closed)
    def _leave_it(self) -> None:
        self.editor.shut()
        self.list.focus()
        if self.row.name == "theme":
            self.app.theme = self.shared.settings.theme

    @on(ValueEditor.Kept)
    def _keep(self, event: ValueEditor.Kept) -> None:
        nothing = self.row.may_be_none and not event.value.strip()
        reason = self._write(self.row.name, None if nothing else event.value.strip())
        if reason:
            return self.editor.refuse(reason)
        self._leave_it()
        return None

    def action_unset(self) -> None:
        if self.row.source.kind == "default":
            return self.notice(f"`{self.row.name}` is at its default.")
        reason = self._write(self.row.name, None)
        return self._refuse(reason) if reason else None

    def _write(self, name: str, value: str | None) -> str:
        """Write one setting and have it count; gives the reason if it cannot be."""
        before = getattr(self.shared.settings, name)
        try:
            settings = change(name, value, self._which, self.shared.settings)
        except SettingsError as error:
            return safe_line(str(error))
        if name in WITH_THE_MODEL and getattr(settings, name) != before:
            self.waiting |= {name}
        self.use(settings)
        self.notice(f"Written. It counts {counts_from(name)}.")
        return ""

    def use(self, settings: Settings) -> None:
        """Have these settings count in the app, and tell the engine that there are others."""
        self.app.use_settings(settings)  # type: ignore[attr-defined]
        self._tell_engine()

    @work(group="reload", exclusive=True, exit_on_error=False)
    async def _tell_engine(self) -> None:
        client = self.shared.link.client
        if client is None:
            return
        try:
            await in_background(client.reload_settings, "reload")
        except EngineError as error:
            self.notice(f"The engine goes on as before: {error}")

    # --- what has a screen of its own

    @work(group="model", exclusive=True, exit_on_error=False)
    async def _choose_model(self) -> None:
        from tear_tui.screens.settings_models import ModelsScreen

        settings = self.shared.settings
        chosen = await self.app.push_screen_wait(
            ModelsScreen(settings, partial(self._write, "base"))
        )
        if chosen and self.waiting:
            self.notice("The engine still speaks with the model before: r starts it again.")

    def action_keys(self) -> None:
        from tear_tui.screens.settings_keys import KeysScreen

        self.app.push_screen(KeysScreen(self.shared, self._which, self.use))

    def action_file(self) -> None:
        self._which = "project" if self._which == "user" else "user"
        self._draw()

    @work(group="restart", exclusive=True, exit_on_error=False)
    async def action_restart(self) -> None:
        """End the engine, and start one that reads the settings anew."""
        link, client = self.shared.link, self.shared.link.client
        self.notice("The engine is starting again…")
        if client is not None:
            try:
                await in_background(partial(end_engine, client, self.shared.home), "end")
            except EngineError as error:
                return self.notice(f"The engine does not end: {error}")
            link.report(EngineGone("the engine was ended"))
        self.waiting = frozenset()
        link.start_again()
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is being changed, keys belong to that."""
        if action == "restart":
            return bool(self.waiting)
        if action in ("change", "unset", "file", "keys", "back") and self.is_mounted:
            return not self.editor.is_open
        return True


def _from_home(path: Path) -> str:
    """A path as people write it."""
    inside = path.is_relative_to(Path.home())
    return f"~/{path.relative_to(Path.home())}" if inside else str(path)


def _end_of(text: str, width: int) -> str:
    """The end of a text that is too long: of a path that is what tells it apart."""
    return text if cell_len(text) <= width else "…" + text[len(text) - max(1, width - 1) :]


def cells(row: Row, width: int, first: bool) -> list[Part]:
    """One line of the list, `width` cells wide; `first` of its group bears the group's name."""
    room = max(8, width - GROUP - NAME - SOURCE)
    value = f"{fit(safe_line(row.value), room - 1)} "
    return [
        (fit(row.group if first else "", GROUP), "dim"),
        fit(row.name, NAME),
        (value, "" if row.source.kind == "default" else "bold"),
        (fit(source_word(row.source), SOURCE), "dim"),
    ]
