"""The sessions beside the talk: which one is open, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual import on, work

from tear_core.store import Store, StoreError, open_store, sessions
from tear_core.store.sessions import Session
from tear_core.turn import NotNow
from tear_tui.autosave import Autosave
from tear_tui.background import in_background
from tear_tui.conversing.conversation import ConversationLog, read_session_at
from tear_tui.screens.authoring import AuthoringScreen
from tear_tui.widgets.plain import Part
from tear_tui.widgets.session_list import SessionList

if TYPE_CHECKING:
    from tear_core.store.forgetting import Deleted, Written
    from tear_tui.screens.choose import Answer

LISTED = 500
"""Sessions that are listed at once; typing finds the others."""
ROOM_BESIDE = 160
"""Columns from which on the list stands beside the talk; on less it covers it."""

T = TypeVar("T")


class KeepingScreen(AuthoringScreen):
    """Opens, lists, renames, forks and deletes sessions."""

    listing: SessionList
    autosave: Autosave

    def open_log(self, log: ConversationLog) -> None:
        """Show another conversation; what stands in the box stays with the one before."""
        raise NotImplementedError

    # --- which one is open

    def action_new(self) -> None:
        self.open_log(ConversationLog(self.session.store))
        self._take_keys()

    @property
    def covered(self) -> bool:
        """Whether the list stands where the talk was."""
        return self.has_class("-sessions") and self.size.width < ROOM_BESIDE

    def _take_keys(self) -> None:
        """Have the keys go to what is on the screen (once it is there)."""
        wanted = self.listing.take_keys if self.covered else self.composer.focus
        self.call_after_refresh(wanted)

    def arrive(self, **what: Any) -> None:
        """`session`: the conversation to show; `turn`: the turn of it to stand on."""
        session, turn = what.get("session"), what.get("turn")
        if session is not None and session != self.session.session_id:
            self.open_session(session, turn)
        elif turn is not None:
            self.go_to_turn(turn)

    @work(group="open", exclusive=True, exit_on_error=False)
    async def open_session(self, session_id: str, turn: int | None = None) -> None:
        """Read a session on a thread, however long it is, and show it."""
        home = self.session.store.home
        try:
            read = await in_background(lambda: read_session_at(home, session_id), "open")
        except (StoreError, NotNow) as error:
            return self.notice(f"Not opened: {error}. {getattr(error, 'hint', '')}".rstrip())
        self.end_speech()
        self.open_log(ConversationLog(self.session.store, session_id, read))
        if self.size.width < ROOM_BESIDE:
            self.remove_class("-sessions")
        if turn is not None:
            self.call_after_refresh(self.go_to_turn, turn)
        else:
            self._take_keys()
        if self.has_class("-sessions"):
            self.list_sessions()

    def action_fork(self) -> None:
        """A new session that begins with the turns up to the one under the cursor."""
        number, session_id = self.transcript.cursor, self.session.session_id
        if number is not None and session_id is not None:
            self._fork(session_id, number)

    @work(group="fork", exclusive=True, exit_on_error=False)
    async def _fork(self, session_id: str, at: int | None = None) -> None:
        made = await self._in_store(
            "Not forked", lambda store: sessions.fork(store, session_id, at)
        )
        if made is not None:
            self.open_session(made.id)
            self.notice("This is a new session; the one it comes from stays as it was.")

    # --- the list

    def action_sessions(self) -> None:
        """Show the list, go to it, or leave it."""
        if self.has_class("-sessions") and self.listing.has_focus_within:
            return self._close()
        self.add_class("-sessions")
        self.listing.say("")
        self.call_after_refresh(self.listing.take_keys)
        self.list_sessions()

    @on(SessionList.Closed)
    def _close(self) -> None:
        self.remove_class("-sessions")
        self._take_keys()

    @on(SessionList.Sought)
    def _sought_session(self) -> None:
        self.list_sessions()

    @work(group="sessions", exclusive=True, exit_on_error=False)
    async def list_sessions(self) -> None:
        """Read the list anew, on a thread."""
        words = self.listing.words

        def read(store: Store) -> tuple[list[Session], int]:
            return sessions.list_sessions(store, LISTED, words), sessions.count(store)

        found = await self._in_store("Not listed", read)
        if found is not None:
            self.listing.show(*found, self.session.session_id)

    @on(SessionList.Renamed)
    def _renamed(self, event: SessionList.Renamed) -> None:
        self._rename(event.session, event.title)

    @work(group="rename", exit_on_error=False)
    async def _rename(self, session: Session, title: str) -> None:
        def rename(store: Store) -> bool:
            sessions.rename(store, session.id, title)
            return True

        if await self._in_store("Not renamed", rename):
            self.list_sessions()

    @on(SessionList.Asked)
    def _asked(self, event: SessionList.Asked) -> None:
        session = event.session
        if event.wish == "open":
            self.open_session(session.id)
        elif event.wish == "fork":
            self._fork(session.id)
        elif event.wish == "replay":
            self.replay(None, session.id)
        else:
            self._ask_to_delete(session)

    # --- deleting

    @work(group="ask", exclusive=True, exit_on_error=False)
    async def _ask_to_delete(self, session: Session) -> None:
        from tear_core.store import forgetting
        from tear_tui.screens.choose import ChooseScreen

        written = await self._in_store(
            "Not deleted", lambda store: forgetting.written_in(store, session.id)
        )
        if written is None:
            return
        question = ChooseScreen("delete for good", _question(session, written), _answers(written))
        answer = await self.app.push_screen_wait(question)
        if answer in ("d", "t"):
            await self._delete(session, with_triples=answer == "t")

    async def _delete(self, session: Session, *, with_triples: bool) -> None:
        from tear_core.store import forgetting

        if session.id == self.session.session_id:  # nothing may be written to it any more
            self.end_speech()
            self.action_new()
            await in_background(self.autosave.flush, "flush")
        done = await self._in_store(
            "Not deleted",
            lambda store: forgetting.delete(store, session.id, with_triples=with_triples),
        )
        if done is None:
            return
        self.notice(told(done))
        self.list_sessions()

    async def _in_store(self, failing: str, do: Callable[[Store], T]) -> T | None:
        """What `do` gives on a thread with a store of its own; None after a notice."""
        home = self.session.store.home
        try:
            return await in_background(partial(_with_store, home, do), "sessions")
        except (StoreError, NotNow) as error:
            self.notice(f"{failing}: {error}. {getattr(error, 'hint', '')}".rstrip())
            return None


def told(done: Deleted) -> str:
    """What was done to a session and its triples, in a sentence."""
    parts = [(done.kept, "kept"), (done.removed, "erased"), (done.retracted, "retracted")]
    triples = ", ".join(f"{number} {what}" for number, what in parts if number)
    return "Deleted" + (f"; its triples: {triples}." if triples else ".")


def _with_store(home: Path, do: Callable[[Store], T]) -> T:
    with open_store(home) as store:
        return do(store)


def _question(session: Session, written: Written) -> list[Part]:
    turns = "1 turn" if session.turns == 1 else f"{session.turns} turns"
    triples = "1 triple was" if written.count == 1 else f"{written.count} triples were"
    said: list[Part] = [(session.title, "bold"), f"\n{turns}; {triples} written in it."]
    if written.learned:
        said.append(f" {len(written.learned)} of them learned: those can be retracted, not erased.")
    if written.shared:
        said.append(f" {len(written.shared)} of them stand in another session too, and stay.")
    return [*said, "\nBackups of the database hold what they hold.\n"]


def _answers(written: Written) -> list[Answer]:
    if not written.removable and not written.learned:
        return [("d", "delete it"), ("n", "leave it")]
    return [
        ("d", "delete it, and keep its triples"),
        ("t", "delete it and its triples"),
        ("n", "leave it"),
    ]
