"""How the response landed: one mark out of three, set by one key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive

from tear_core.triples import LANDINGS, Landing
from tear_tui.keys import key
from tear_tui.widgets.plain import Part, Plain

LETTERS: dict[Landing, str] = {"healed": "h", "neutral": "n", "hurt": "u"}
_QUESTION = "How did it land?  "


class LandingRow(Plain, can_focus=True):
    """A row of three marks. The chosen one is filled, so that no colour is needed to see it."""

    BINDING_GROUP_TITLE = "on the landing marks"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("landing.healed", "h", "mark('healed')", "Healed", "It healed", shown=True),
        key("landing.neutral", "n", "mark('neutral')", "Neutral", "It made no difference",
            shown=True),
        key("landing.hurt", "u", "mark('hurt')", "Hurt", "It hurt: witnessed, never imitated",
            shown=True),
        key("landing.left", "left", "step(-1)", "Left", "The mark to the left"),
        key("landing.right", "right,space,f3", "step(1)", "Right", "The mark to the right"),
        key("landing.save", "enter,f2", "screen.go_on", "Save", "Save the scene", shown=True,
            display="⏎"),
    ]  # fmt: skip

    landing: reactive[Landing] = reactive[Landing]("neutral")

    @dataclass
    class Marked(Message):
        """A landing was chosen."""

        landing: Landing

    def watch_landing(self) -> None:
        self.show(*self._parts(), layout=False)

    def action_mark(self, landing: Landing) -> None:
        self.landing = landing
        self.post_message(self.Marked(landing))

    def action_step(self, step: int) -> None:
        """The next mark in that direction, round and round."""
        at = LANDINGS.index(self.landing)
        self.action_mark(LANDINGS[(at + step) % len(LANDINGS)])

    def on_click(self, event: events.Click) -> None:
        """Choose the mark that was clicked on."""
        column = event.x - self.gutter.left - len(_QUESTION)
        for landing in LANDINGS:
            width = len(_mark(landing, False))
            if 0 <= column < width:
                self.action_mark(landing)
            column -= width

    def _parts(self) -> list[Part]:
        parts: list[Part] = [(_QUESTION, "dim")]
        for landing in LANDINGS:
            chosen = landing == self.landing
            parts.append((_mark(landing, chosen), "bold" if chosen else "dim"))
        return parts


def _mark(landing: Landing, chosen: bool) -> str:
    return f"{'(●)' if chosen else '( )'} {landing}   "
