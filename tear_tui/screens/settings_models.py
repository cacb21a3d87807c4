"""Which model to talk with: nano first, each with what it needs and whether this machine has it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tear_core.machine import Torch, ask_torch, hub, memory
from tear_core.settings import Settings
from tear_tui.background import in_background
from tear_tui.keys import key
from tear_tui.preferences.fitting import GB, Fit, Model, choices, fit, room, size
from tear_tui.text.cells import fit as fit_cells
from tear_tui.text.safe_text import safe_line
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.plain import Part, Plain
from tear_tui.widgets.row_list import RowList

MARKS = {"fits": "✓ fits", "tight": "~ tight", "does not fit": "✗ too big", "cannot be told": "?"}


class ModelsScreen(ModalScreen["str | None"]):
    """Gives the model that was chosen. `keep` writes it, and says why it cannot be if so."""

    CSS_PATH = "settings_over.tcss"
    AUTO_FOCUS = "#models"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("models.choose", "enter", "choose", "Choose", "Talk with this model", shown=True,
            display="⏎"),
        key("models.other", "o", "other", "Another", "Type a Hub id or a folder", shown=True),
        key("models.close", "escape", "close", "Close", "Leave it as it is", shown=True,
            display="esc"),
    ]  # fmt: skip

    def __init__(self, settings: Settings, keep: Callable[[str], str]) -> None:
        super().__init__()
        self._settings, self._keep = settings, keep
        self._memory = memory()[0]
        self._models = choices(settings.base, hub().models)
        self._torch: Torch | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="over-settings") as box:
            box.border_title = "models"
            yield RowList("models")
            yield Plain(id="why")
            yield LineBox("A Hub id such as Qwen/Qwen3-1.7B-Base, or a folder…", id="other")
            yield Plain(id="refused")
        yield KeyFooter()

    def on_mount(self) -> None:
        self.list = self.query_one("#models", RowList)
        self.box = self.query_one("#other", LineBox)
        self.box.display = False
        names = [model.name for model in self._models]
        self._show(names.index(self._settings.base))
        self._ask_torch()

    @work(group="torch", exit_on_error=False)
    async def _ask_torch(self) -> None:
        """Whether there is a GPU takes torch some seconds to say."""
        self._torch = await in_background(_torch, "torch")
        if self.is_attached:
            self._show()

    def _show(self, cursor: int | None = None) -> None:
        self.list.styles.height = len(self._models)
        self.list.show([self._cells(model) for model in self._models], cursor)
        self._tell()

    def _cells(self, model: Model) -> list[Part]:
        found = self._fit(model)
        needs = f"{found.needs / GB:5.1f} GB" if found.needs else ""
        now = "now" if model.name == self._settings.base else "here" if model.here else ""
        return [
            fit_cells(safe_line(model.name), 36),
            fit_cells(f"{size(model):>7}", 9),
            fit_cells(needs, 10),
            (fit_cells(MARKS[found.verdict], 11), "bold"),
            (now, "dim"),
        ]

    def _fit(self, model: Model) -> Fit:
        kept = (self._settings.dtype, self._settings.quantize)
        return fit(model, room(self._torch, self._memory, *kept))

    @on(RowList.Moved)
    def _tell(self) -> None:
        model = self._models[self.list.cursor]
        found = self._fit(model)
        waiting = "" if self._torch is not None else " (asking for a GPU…)"
        says = f"{found.verdict}: {found.why}{waiting}"
        self.query_one("#why", Plain).show((model.about or model.name, "bold"), "\n", says)

    @on(RowList.Chosen)
    def action_choose(self) -> None:
        self._choose(self._models[self.list.cursor].name)

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose(event.value.strip())

    def _choose(self, name: str) -> None:
        reason = self._keep(name)
        if reason:
            return self.query_one("#refused", Plain).show((reason, "bold"))
        self.dismiss(name)
        return None

    def action_other(self) -> None:
        self.box.display = True
        self.box.focus()

    def action_close(self) -> None:
        """From the box back to the list, from the list back to the settings."""
        if self.box.display and self.box.has_focus:
            self.box.display = False
            self.list.focus()
        else:
            self.dismiss(None)


@cache
def _torch() -> Torch:
    return ask_torch()
