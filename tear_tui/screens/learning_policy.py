"""When the engine learns by itself: three ways, and a number for two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal, get_args

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tear_core.settings import SettingsError, checked
from tear_tui.keys import key
from tear_tui.monitoring.learning_words import Policy
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.plain import Plain
from tear_tui.widgets.row_list import RowList

When = Literal["after", "idle", "off"]
WAYS: tuple[When, ...] = get_args(When)
WORDS: dict[When, str] = {
    "after": "after so many new scenes",
    "idle": "when nobody has asked for anything in so many seconds",
    "off": "never by itself, only when asked",
}


class PolicyScreen(ModalScreen[Policy | None]):
    """A short choice over the screen; gives the policy that was chosen, or None."""

    CSS_PATH = "learning_policy.tcss"
    AUTO_FOCUS = "#ways"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("policy.keep", "enter,f2", "keep", "Keep", "Learn by this policy from now on",
            shown=True, display="⏎"),
        key("policy.close", "escape", "dismiss", "Close", "Leave it as it is", shown=True,
            display="esc"),
    ]  # fmt: skip

    def __init__(self, now: Policy) -> None:
        super().__init__()
        self._policy = now
        self._typing = False

    def compose(self) -> ComposeResult:
        with Vertical(id="policy-box") as box:
            box.border_title = "the engine learns"
            box.border_subtitle = "⏎ keeps, esc leaves it"
            yield RowList("ways")
            yield LineBox(id="how-many")
            yield Plain(id="why-not")

    def on_mount(self) -> None:
        at = WAYS.index(self._policy.when)
        self.query_one("#ways", RowList).show([[WORDS[way]] for way in WAYS], cursor=at)
        self._fill()

    @property
    def way(self) -> When:
        return WAYS[self.query_one("#ways", RowList).cursor]

    @on(RowList.Moved)
    def _fill(self) -> None:
        """The number that belongs to the way under the cursor."""
        box = self.query_one(LineBox)
        box.display = self.way != "off"
        number = self._policy.after if self.way == "after" else self._policy.idle_seconds
        box.fill(f"{number:g}")
        self._typing = False
        box.border_title = "scenes" if self.way == "after" else "seconds"
        self.query_one("#why-not", Plain).show("")

    def on_key(self, event: events.Key) -> None:
        """A number goes into the box, and the arrows to the list, wherever the cursor is."""
        box = self.query_one(LineBox)
        if box.has_focus and event.key in ("up", "down"):
            self.query_one("#ways", RowList).action_step(-1 if event.key == "up" else 1)
        if box.display and not box.has_focus and (event.character or "") in tuple("0123456789."):
            event.stop()
            box.focus()  # which takes a moment, and the next digit may be here before
            box.fill((box.value if self._typing else "") + (event.character or ""))
            self._typing = True

    @on(Input.Submitted)
    @on(RowList.Chosen)
    def action_keep(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self.dismiss(chosen)

    def _chosen(self) -> Policy | None:
        """The policy as it stands in the boxes; None after saying why it cannot be."""
        way, typed = self.way, self.query_one(LineBox).value
        chosen = replace(self._policy, when=way)
        try:
            if way == "after":
                return replace(chosen, after=checked("learn_after", typed))
            if way == "idle":
                return replace(chosen, idle_seconds=checked("learn_idle_seconds", typed))
        except SettingsError as error:
            self.query_one("#why-not", Plain).show(str(error))
            return None
        return chosen
