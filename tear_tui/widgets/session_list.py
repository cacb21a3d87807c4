"""The sessions, beside the talk or over it: found by typing, opened, renamed, forked, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from tear_core.store.sessions import Session
from tear_tui.keys import key
from tear_tui.text.safe_text import safe_line
from tear_tui.widgets.plain import Part, Plain
from tear_tui.widgets.row_list import RowList
from tear_tui.widgets.search_line import SearchLine

Wish = Literal["open", "fork", "delete", "replay"]

HEADER = f"  {'last used':<16}  {'turns':>5}  {'witnessed':>9}  title"


class SessionList(Vertical):
    """Shows what it is given, and says what somebody wants of it."""

    BINDING_GROUP_TITLE = "in the list of sessions"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("sessions.open", "enter", "wish('open')", "Open", "Open this session", shown=True,
            display="⏎"),
        key("sessions.retitle", "enter", "retitle", "Save", "Give it this title", shown=True,
            display="⏎"),
        key("sessions.rename", "f2", "rename", "Rename", "Give it another title", shown=True,
            display="F2"),
        key("sessions.fork", "f4", "wish('fork')", "Fork",
            "A new session that begins with all of its turns", shown=True, display="F4"),
        key("sessions.replay", "f7", "wish('replay')", "Replay", "See it happen again", shown=True,
            display="F7"),
        key("sessions.delete", "f8", "wish('delete')", "Delete", "Delete it for good; asks first",
            shown=True, display="F8"),
        key("sessions.up", "up", "step(-1)", "Up", "The session above"),
        key("sessions.down", "down", "step(1)", "Down", "The session below"),
        key("sessions.page_up", "pageup", "page(-1)", "Page up", "A page up"),
        key("sessions.page_down", "pagedown", "page(1)", "Page down", "A page down"),
        key("sessions.close", "escape,f6", "close", "Close", "Back to the talk", shown=True,
            display="esc"),
    ]  # fmt: skip

    @dataclass
    class Asked(Message):
        """Something is wanted of a session."""

        wish: Wish
        session: Session

    @dataclass
    class Renamed(Message):
        """A session is to have another title."""

        session: Session
        title: str

    @dataclass
    class Sought(Message):
        """Only sessions with these words are to be listed."""

        words: str

    @dataclass
    class Closed(Message):
        """Nothing more is wanted here."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._sessions: Sequence[Session] = ()
        self._renaming: Session | None = None
        self._count = self._said = ""

    def compose(self) -> ComposeResult:
        yield SearchLine("Type to find a session…", id="session-words")
        yield SearchLine("Its new title", id="session-title")
        yield Plain((HEADER, "dim"), classes="title")
        yield RowList("session-rows", nothing="There is no such session.")
        yield Plain(id="session-count", classes="title")

    def on_mount(self) -> None:
        self.query_one("#session-title").display = False

    @property
    def words(self) -> str:
        """What the list is narrowed to."""
        return self.query_one("#session-words", SearchLine).value

    @property
    def at(self) -> Session | None:
        """The session under the cursor."""
        cursor = self.query_one(RowList).cursor
        return self._sessions[cursor] if cursor < len(self._sessions) else None

    def take_keys(self) -> None:
        self.query_one("#session-words", SearchLine).focus()

    def show(self, sessions: Sequence[Session], total: int, current: str | None) -> None:
        """List sessions out of `total`; `current` is the one that is open."""
        at = self.at
        self._sessions = sessions
        places = [place for place, each in enumerate(sessions) if at and each.id == at.id]
        rows = [_row(each, each.id == current) for each in sessions]
        self.query_one(RowList).show(rows, cursor=places[0] if places else 0)
        self._count = f"{len(sessions):,} of {total:,} sessions"
        self.say(self._said)

    def say(self, text: str) -> None:
        """One line at the end, beside how many sessions there are."""
        self._said = text
        parts = [each for each in (self._count, safe_line(text)) if each]
        self.query_one("#session-count", Plain).show("  ·  ".join(parts), layout=False)

    @on(Input.Changed, "#session-words")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Sought(event.value))

    @on(RowList.Chosen)
    def _clicked(self, event: RowList.Chosen) -> None:
        event.stop()
        self.action_wish("open")

    def action_wish(self, wish: Wish) -> None:
        if self.at is not None:
            self.post_message(self.Asked(wish, self.at))

    def action_rename(self) -> None:
        if self.at is not None:
            self._renaming = self.at
            self._ask_title(True)

    def action_retitle(self) -> None:
        title = self.query_one("#session-title", SearchLine).value.strip()
        if self._renaming is not None and title:
            self.post_message(self.Renamed(self._renaming, title))
        self._ask_title(False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a title is written there is nothing else to do."""
        if action == "retitle":
            return self._renaming is not None
        return self._renaming is None or action not in ("wish", "rename")

    def action_close(self) -> None:
        if self._renaming is not None:
            self._ask_title(False)
        else:
            self.post_message(self.Closed())

    def action_step(self, rows: int) -> None:
        self.query_one(RowList).action_step(rows)

    def action_page(self, pages: int) -> None:
        self.query_one(RowList).action_page(pages)

    def _ask_title(self, asking: bool) -> None:
        words = self.query_one("#session-words", SearchLine)
        title = self.query_one("#session-title", SearchLine)
        if asking and self._renaming is not None:
            title.fill(self._renaming.title)
        else:
            self._renaming = None
        words.display, title.display = not asking, asking
        (title if asking else words).focus()
        self.screen.refresh_bindings()


def _row(session: Session, current: bool) -> list[Part]:
    used = session.used_at[:16].replace("T", " ")
    title = safe_line(session.title) or "(no title)"
    forked = " ⑂" if session.forked_at is not None else ""
    facts: Part = (f"{used}  {session.turns:>5}  {session.authored:>9}  ", "dim")
    return [facts, ("• " if current else "", "bold"), (title, "bold" if current else ""), forked]
