"""Keys of one's own: every binding there is, found by typing, changed by pressing the new key."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tear_core.settings import Settings, SettingsError
from tear_tui.keys import key
from tear_tui.places import Shared
from tear_tui.preferences.key_table import Group, groups, pressed
from tear_tui.preferences.keymap import problems
from tear_tui.preferences.settings_file import Which, change_key
from tear_tui.text.cells import fit
from tear_tui.text.safe_text import safe_line
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.plain import Part, Plain
from tear_tui.widgets.row_list import RowList


class KeysScreen(ModalScreen[None]):
    """Every key by the place where it works. `use` has changed settings count."""

    CSS_PATH = "settings_over.tcss"
    AUTO_FOCUS = "#words"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("keys.change", "enter,f2", "change", "Change", "Press another key for this", shown=True,
            display="⏎"),
        key("keys.default", "f4", "default", "Default", "The key that it has by itself",
            shown=True, display="F4"),
        key("keys.up", "up", "step(-1)", "Up", "The one above"),
        key("keys.down", "down", "step(1)", "Down", "The one below"),
        key("keys.page_up", "pageup", "page(-1)", "Page up", "A page up"),
        key("keys.page_down", "pagedown", "page(1)", "Page down", "A page down"),
        key("keys.close", "escape", "dismiss", "Close", "Back to the settings", shown=True,
            display="esc"),
    ]  # fmt: skip

    def __init__(self, shared: Shared, which: Which, use: Callable[[Settings], None]) -> None:
        super().__init__()
        self._shared, self._which, self._use = shared, which, use
        self._all = [(group, each) for group in groups() for each in group.bindings if each.id]
        self._found = self._all

    def compose(self) -> ComposeResult:
        with Vertical(classes="over-settings") as box:
            box.border_title = "keys"
            box.border_subtitle = "your own are marked with *"
            yield LineBox("Type words to find a key…", id="words")
            yield RowList("found", nothing="No key does this.")
            yield Plain(id="refused")
        yield KeyFooter()

    def on_mount(self) -> None:
        self.list = self.query_one("#found", RowList)
        self._show()

    @on(Input.Changed)
    def _show(self) -> None:
        words = self.query_one(LineBox).value.casefold().split()
        keymap = self._shared.settings.keymap
        self._found = [
            (group, each)
            for group, each in self._all
            if all(word in _text(group, each, keymap).casefold() for word in words)
        ]
        self.list.show([_cells(group, each, keymap) for group, each in self._found])

    def action_step(self, rows: int) -> None:
        self.list.action_step(rows)

    def action_page(self, pages: int) -> None:
        self.list.action_page(pages)

    @property
    def _binding(self) -> Binding | None:
        at = self.list.cursor
        return self._found[at][1] if at < len(self._found) else None

    @on(Input.Submitted)
    @on(RowList.Chosen)
    @work(group="press", exclusive=True, exit_on_error=False)
    async def action_change(self) -> None:
        binding = self._binding
        if binding is None or binding.id is None:
            return
        keys = await self.app.push_screen_wait(PressScreen(binding, self._why_not))
        if keys is not None:
            self._write(binding.id, keys)

    def action_default(self) -> None:
        binding = self._binding
        if binding is not None and binding.id in self._shared.settings.keymap:
            self._write(binding.id, None)

    def _why_not(self, id: str, keys: str) -> str:
        """What is wrong with these keys for this binding; empty if nothing is."""
        wanted = {**self._shared.settings.keymap, id: keys}
        return problems(wanted, groups()).get(id, "")

    def _write(self, id: str, keys: str | None) -> None:
        refused = self.query_one("#refused", Plain)
        try:
            settings = change_key(id, keys, self._which, self._shared.settings)
        except SettingsError as error:
            return refused.show(safe_line(str(error)))
        refused.show("")
        self._use(settings)
        self._show()
        return None


class PressScreen(ModalScreen["str | None"]):
    """Waits for the new key. One that cannot be is refused, and another can be pressed."""

    CSS_PATH = "settings_over.tcss"

    def __init__(self, binding: Binding, why_not: Callable[[str, str], str]) -> None:
        super().__init__()
        self._binding, self._why_not = binding, why_not

    def compose(self) -> ComposeResult:
        with Vertical(classes="over-settings"):
            yield Plain(
                "Press the key for ", (self._binding.description, "bold"), " (now ",
                (pressed(self._binding), "bold"), ").\n", self._binding.tooltip or "",
                "\n\nesc leaves it as it is.",
            )  # fmt: skip
            yield Plain(id="refused")

    def on_key(self, event: events.Key) -> None:
        """Whatever is pressed is the answer, whatever it does elsewhere."""
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.dismiss(None)
            return
        reason = self._why_not(self._binding.id or "", event.key)
        if reason:
            self.query_one("#refused", Plain).show(f"Not this one: {reason}.")
        else:
            self.dismiss(event.key)


def _text(group: Group, binding: Binding, keymap: dict[str, str]) -> str:
    said = (binding.description, binding.tooltip or "", group.title, binding.id or "")
    return " ".join((*said, pressed(binding, keymap)))


def _cells(group: Group, binding: Binding, keymap: dict[str, str]) -> list[Part]:
    own = "* " if binding.id in keymap else "  "
    return [
        (own, "bold"),
        (f"{fit(pressed(binding, keymap), 18)} ", "bold"),
        f"{fit(binding.tooltip or binding.description, 38)} ",
        (group.title, "dim"),
    ]
