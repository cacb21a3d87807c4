"""What takes the composer's place: to write what happened, and to edit a response."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tear_core.triples import Landing
from tear_tui.keys import key
from tear_tui.text.safe_text import safe_line
from tear_tui.widgets.landing import LandingRow
from tear_tui.widgets.plain import Plain, line
from tear_tui.widgets.text_box import TextBox

QUOTED = 40
"""Characters of the response that the question repeats."""


class AuthorPanel(Vertical):
    """Opens empty: a prediction that stands there already would lead the hand that writes."""

    BINDING_GROUP_TITLE = "while you write what happened"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("author.save", "f2,alt+s", "screen.go_on", "Save", "Save what happened",
            shown=True, display="F2"),
        key("author.landing", "f3", "next_landing", "Landing", "The next landing mark",
            shown=True, display="F3"),
        key("author.healed", "alt+h", "mark('healed')", "Healed", "Mark it as healed"),
        key("author.neutral", "alt+n", "mark('neutral')", "Neutral", "Mark it as neutral"),
        key("author.hurt", "alt+u", "mark('hurt')", "Hurt", "Mark it as hurt"),
        key("author.prediction", "ctrl+t", "screen.take_prediction", "Prediction",
            "Take the predicted scene in, to change it", shown=True, display="^t"),
        key("author.earlier", "alt+e", "screen.earlier", "Earlier scene",
            "An earlier scene of yours as a start; once more: the next one",
            shown=True, display="alt+e"),
        key("author.later", "escape", "screen.back", "Later", "Close; the text is kept",
            shown=True, display="esc"),
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        yield Plain("What really happened?", id="author-title", classes="title")
        yield TextBox("Write the scene as it was…", id="consequence")
        yield LandingRow(id="landing")

    @property
    def box(self) -> TextBox:
        return self.query_one("#consequence", TextBox)

    @property
    def row(self) -> LandingRow:
        return self.query_one("#landing", LandingRow)

    def open(self, response: str, text: str, landing: Landing) -> None:
        """Ask what happened after a response; `text` and `landing` are what is kept so far."""
        words = safe_line(response)
        words = f"{words[:QUOTED]}…" if len(words) > QUOTED else words
        title = self.query_one("#author-title", Plain)
        title.show(("What really happened", "bold"), f" after “{words}”?", layout=False)
        self.box.fill(text)
        self.row.landing = landing
        self.box.focus()

    def say_start(self, what: str) -> None:
        """Say what the scene was begun with, on the frame."""
        self.border_subtitle = line(what)

    def action_mark(self, landing: Landing) -> None:
        self.row.action_mark(landing)

    def action_next_landing(self) -> None:
        self.row.action_step(1)


class EditPanel(Vertical):
    """The response in the researcher's own words."""

    BINDING_GROUP_TITLE = "while you edit a response"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("edit.foresee", "f2,alt+s", "screen.go_on", "Foresee its scene",
            "Keep these words as a new candidate and foresee their scene",
            shown=True, display="F2"),
        key("edit.back", "escape", "screen.back", "Back", "Close; the text is kept",
            shown=True, display="esc"),
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        yield Plain("Say it in your words", id="edit-title", classes="title")
        yield TextBox("The response…", id="response-text")

    @property
    def box(self) -> TextBox:
        return self.query_one("#response-text", TextBox)

    def open(self, text: str) -> None:
        """Show the words to be changed, ready to be typed in."""
        self.box.fill(text)
        self.box.focus()
