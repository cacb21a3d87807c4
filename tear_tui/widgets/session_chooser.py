"""Sessions to choose from, to be looked at only: the one used last first, found by words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from tear_core.store.sessions import Session
from tear_tui.keys import key
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.plain import Part, Plain
from tear_tui.widgets.row_list import RowList

HEADER = f"  {'last used':<16}  {'turns':>5}  {'saved':>5}  title"


class FindBox(LineBox):
    """One line to look for a session with."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("chooser.choose", "enter", "submit", "Replay", "Replay this session", shown=True,
            display="⏎"),
    ]  # fmt: skip


class SessionChooser(Vertical):
    """A box to type in, and the sessions that have those words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("chooser.enter", "enter", "choose", "Replay", "Replay this session", shown=True,
            display="⏎"),
        key("chooser.up", "up", "step(-1)", "Up", "The session above"),
        key("chooser.down", "down", "step(1)", "Down", "The session below"),
        key("chooser.page-up", "pageup", "page(-1)", "Page up", "A page up"),
        key("chooser.page-down", "pagedown", "page(1)", "Page down", "A page down"),
    ]  # fmt: skip

    @dataclass
    class Wanted(Message):
        """Somebody looks for sessions with these words."""

        words: str

    @dataclass
    class Chosen(Message):
        """A session was chosen."""

        session: Session

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._listed: tuple[Session, ...] = ()

    def compose(self) -> ComposeResult:
        yield FindBox("Find a session: words of its title, or said in it…", id="find-session")
        yield Plain((HEADER, "dim"), id="sessions-header")
        yield RowList("sessions-found", nothing="There is no such session.")

    @property
    def words(self) -> str:
        """What is looked for."""
        return self.query_one(FindBox).value

    def show(self, sessions: Sequence[Session]) -> None:
        """List what was found."""
        self._listed = tuple(sessions)
        self.query_one(RowList).show([row(each) for each in sessions])

    def take_keys(self) -> None:
        """At once: a focus that comes later would take the keys from another view."""
        self.screen.set_focus(self.query_one(FindBox))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one(RowList).action_first()
        self.post_message(self.Wanted(event.value))

    @on(Input.Submitted)
    @on(RowList.Chosen)
    def _chosen(self, event: Message) -> None:
        event.stop()
        self.action_choose()

    def action_choose(self) -> None:
        at = self.query_one(RowList).cursor
        if at < len(self._listed):
            self.post_message(self.Chosen(self._listed[at]))

    def action_step(self, rows: int) -> None:
        self.query_one(RowList).action_step(rows)

    def action_page(self, pages: int) -> None:
        self.query_one(RowList).action_page(pages)


def row(session: Session) -> list[Part]:
    """A session on one line."""
    used = session.used_at[:16].replace("T", " ")
    facts = f"{used}  {session.turns:>5}  {session.authored:>5}  "
    return [(facts, "dim"), session.title or "(no title)"]
