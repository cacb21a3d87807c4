"""Where to go: every place by its number, its first letter or the arrows."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList

from tear_tui.keys import key
from tear_tui.places import names, titles


class GoToScreen(ModalScreen[str | None]):
    """A short list over the screen; gives the name that was chosen."""

    CSS_PATH = "go_to.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("go_to.close", "escape,f5", "dismiss", "Close", "Stay here", shown=True, display="esc"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="go-to") as box:
            box.border_title = "go to"
            box.border_subtitle = "ctrl+p: every command by name"
            rows = [
                Content.assemble((f"{number}  {name:<12}", "bold"), f" {help}")
                for number, name, help in titles()
            ]
            yield OptionList(*rows, markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(names()[event.option_index])

    def on_key(self, event: events.Key) -> None:
        """A number or a first letter is enough."""
        pressed = event.character or ""
        for number, name, _ in titles():
            if pressed and pressed in (str(number), name[0]):
                event.stop()
                self.dismiss(name)
                return
