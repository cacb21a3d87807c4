"""Which of two is better: one mark out of three, and a key that keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive

from tear_tui.keys import key
from tear_tui.widgets.plain import Part, Plain

Verdict = Literal["left", "even", "right"]
VERDICTS: tuple[Verdict, ...] = ("left", "even", "right")
_WORDS: dict[Verdict, str] = {
    "left": "the left one",
    "even": "no difference",
    "right": "the right one",
}


class ChoiceRow(Plain, can_focus=True):
    """A row of three marks. The chosen one is filled, so that no colour is needed to see it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("choice.left", "left,h", "step(-1)", "Left", "The mark to the left", shown=True,
            display="←"),
        key("choice.right", "right,l", "step(1)", "Right", "The mark to the right", shown=True,
            display="→"),
        key("choice.even", "e,down", "mark('even')", "No difference", "Neither is better",
            shown=True, display="e"),
        key("choice.keep", "enter,f2", "keep", "Keep", "This is the choice; it is counted",
            shown=True, display="⏎"),
    ]  # fmt: skip

    mark: reactive[Verdict] = reactive[Verdict]("even")

    @dataclass
    class Kept(Message):
        """Somebody has chosen."""

        verdict: Verdict

    def open(self) -> None:
        """Ask anew."""
        self.mark = "even"
        self.focus()

    def watch_mark(self) -> None:
        parts: list[Part] = [("Which is better?  ", "dim")]
        for each in VERDICTS:
            chosen = each == self.mark
            sign = "(●)" if chosen else "( )"
            parts.append((f"{sign} {_WORDS[each]}   ", "bold" if chosen else "dim"))
        self.show(*parts, layout=False)

    def action_step(self, step: int) -> None:
        at = VERDICTS.index(self.mark) + step
        self.mark = VERDICTS[max(0, min(at, len(VERDICTS) - 1))]

    def action_mark(self, verdict: Verdict) -> None:
        self.mark = verdict

    def action_keep(self) -> None:
        self.post_message(self.Kept(self.mark))
