"""The conversation on the screen: one session of the store and the fold of its events.

What happens is checked against the fold, written to the store, and only then shown.
Belongs to the thread of the screen; knows nothing of widgets or of the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tear_core.store import Store, open_store, sessions, triples, witnessing
from tear_core.triples import Draft, Exchange, Landing, Order, Triple
from tear_core.turn import Conversation, Event, Kind, NotNow, Turn, advance, scene_generation
from tear_tui.conversing.looks import saw_prediction

TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Read:
    """A session (its whole id) as it was found in the store, and when it had last changed."""

    session_id: str
    changed_at: str
    conversation: Conversation


def read_session(store: Store, session_id: str) -> Read:
    """Read a session from its log: slow where it is long, so not for the screen's thread.

    Raises:
        StoreError: there is no such session.
        NotNow: its log holds an event that could not have happened.
    """
    whole = sessions.get(store, session_id).id
    changed_at = sessions.changed_at(store, whole)
    return Read(whole, changed_at, sessions.conversation(store, whole))


def read_session_at(home: Path, session_id: str) -> Read:
    """The same on a thread of its own: with a connection of its own."""
    with open_store(home) as store:
        return read_session(store, session_id)


class ConversationLog:
    """One session as the app holds it. It gets its row in the store with its first turn."""

    def __init__(
        self, store: Store, session_id: str | None = None, read: Read | None = None
    ) -> None:
        """Open a session, or, without an id, one that is still to be begun.

        Args:
            read: the session as `read_session` found it, if somebody has read it already.

        Raises:
            StoreError: there is no such session.
            NotNow: its log holds an event that could not have happened.
        """
        self.store = store
        self.session_id = session_id
        self.conversation = Conversation()
        self._changes = 0
        self._changed_at = ""
        if session_id is not None:
            self._take_in(read or read_session(store, session_id))

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, dropped ones included."""
        return self.conversation.turns

    def turn(self, number: int) -> Turn:
        """The turn with this number, counted from 1."""
        return self.conversation.turns[number - 1]

    @property
    def open_turn(self) -> Turn | None:
        """The turn that nothing has been said in yet, if there is one."""
        current = self.conversation.current
        unsaid = current is not None and current.phase in ("sent", "drafted", "previewed")
        return current if unsaid else None

    def send(self, text: str, order: Order, blind: bool) -> Turn:
        """Begin a turn with what the person said.

        Raises:
            NotNow: another turn is still open.
        """
        if self.session_id is None:
            self.session_id = sessions.create(self.store, title_of(text)).id
        with self.store.write():
            self._catch_up()
            if self.open_turn is not None:
                raise NotNow(f"turn {self.open_turn.number} is still open")
            number = len(self.turns) + 1
            return self.record("input", number, text=text, order=order, blind=blind)

    def record(self, kind: Kind, turn: int, **data: Any) -> Turn:
        """Write down that something happened; returns the turn as it is then.

        Raises:
            NotNow: it cannot happen now; nothing is written.
            StoreError: it could not be written.
        """
        assert self.session_id is not None, "a session begins with `send`"
        event = Event(kind, turn, data)
        with self.store.write():
            self._catch_up()
            advance(self.conversation, event)
            event = sessions.append(self.store, self.session_id, event)
            self._apply(event)
        return self.turn(turn)

    def witness(
        self, number: int, consequence: str, landing: Landing, started_from: str | None = None
    ) -> Turn:
        """Save the authored scene of a turn: the triple is in the database on return.

        Args:
            started_from: the triple whose scene it was begun with.

        Raises:
            NotNow: nothing has been said in that turn yet.
            ValueError: the scene is blank.
            StoreError: it could not be saved; nothing has changed.
        """
        assert self.session_id is not None, "a session begins with `send`"
        with self.store.write():
            self._catch_up()
            turn, triple = self.turn(number), self.triple(number, consequence, landing)
            said = turn.said
            assert said is not None  # `triple` has looked
            written = witnessing.author(
                self.store,
                self.session_id,
                number,
                triple,
                blind=turn.blind and turn.consequence is None,
                saw_prediction=saw_prediction(turn),
                predicted=keepable(said.scene or "") or None,
                predicted_by=scene_generation(said) if said.scene else None,
                started_from=started_from,
            )
            self._apply(*written.events)
        return self.turn(number)

    def triple(self, number: int, consequence: str, landing: Landing) -> Triple:
        """The triple that an authored scene makes of a turn."""
        turn = self.turn(number)
        if turn.said is None:
            raise NotNow(f"turn {number} is {turn.phase}: nothing has been said yet to witness")
        said, draft = turn.said, None
        if turn.order == "reflect" and not said.edited and said.draft and said.scene:
            draft = Draft(keepable(said.draft), keepable(said.scene))
        return Triple(
            input=keepable(turn.input),
            response=keepable(said.words),
            consequence=consequence,
            landing=landing,
            order=turn.order,
            context=tuple(
                Exchange(keepable(past.input), keepable(past.response))
                for past in self.conversation.context(before=number)
            ),
            draft=draft,
        )

    def measured(self, turn: Turn, nats_per_token: float, tokens: int, generation: int) -> None:
        """Keep how surprising an authored scene was, unless somebody has measured it before."""
        assert turn.triple is not None
        data = {"nats_per_token": nats_per_token, "tokens": tokens, "generation": generation}
        with self.store.write():
            self._catch_up()
            if triples.get(self.store, turn.triple).surprise is not None:
                return
            triples.record_surprise(self.store, turn.triple, nats_per_token, tokens, generation)
            about = {"triple": turn.triple, **data}
            same = [each.number for each in self.turns if each.triple == turn.triple]
            self._apply(*(Event("surprise", number, about) for number in same))

    def _take_in(self, read: Read) -> None:
        self.session_id = read.session_id
        self._changed_at = read.changed_at
        self.conversation = read.conversation
        self._changes += 1

    def _catch_up(self) -> None:
        """Inside a transaction: take in what another process has added, if it did.

        Two apps may be open on one session. An event that does not follow from the log as
        it stands would make the session unreadable for good.
        """
        assert self.session_id is not None, "a session begins with `send`"
        if sessions.changed_at(self.store, self.session_id) != self._changed_at:
            self._take_in(read_session(self.store, self.session_id))

    def reading(self) -> Callable[[], Callable[[], bool]]:
        """A way to read the session again without keeping the screen waiting.

        The function returned is for another thread; what *it* returns is for this one, and
        says whether the news could be taken in (False: this side wrote meanwhile; read again).
        """
        home, session_id, changes = self.store.home, self.session_id, self._changes

        def read() -> Callable[[], bool]:
            if session_id is None:
                return lambda: True
            fresh = read_session_at(home, session_id)

            def take_in() -> bool:
                if (self.session_id, self._changes) != (session_id, changes):
                    return False
                self._take_in(fresh)
                return True

            return take_in

        return read

    def unmeasured(self) -> list[Turn]:
        """Turns whose authored scene has no surprise yet, oldest first."""
        return [
            turn
            for turn in self.turns
            if turn.phase == "authored" and turn.surprise is None and not turn.retracted
        ]

    def unwitnessed(self) -> Turn | None:
        """The latest turn in which something was said and nothing has been authored."""
        return next((turn for turn in reversed(self.turns) if turn.phase == "responded"), None)

    def _apply(self, *events: Event) -> None:
        """Inside the transaction that wrote them: take in what this side has added."""
        assert self.session_id is not None
        for event in events:
            self.conversation = advance(self.conversation, event)
        self._changed_at = sessions.changed_at(self.store, self.session_id)
        self._changes += 1


def open_log(store: Store, session: str | None = None, new: bool = False) -> ConversationLog:
    """The conversation to show: the one named, a new one, or the one used last.

    Raises:
        StoreError: there is no such session.
        NotNow: its log holds an event that could not have happened.
    """
    if session is not None:
        return ConversationLog(store, session)
    latest = None if new else sessions.latest(store)
    return ConversationLog(store, latest.id if latest is not None else None)


def title_of(text: str) -> str:
    """A session's first title: the first words that were said in it."""
    words = " ".join(text.split())
    return words if len(words) <= TITLE_LENGTH else words[: TITLE_LENGTH - 1].rstrip() + "…"


def keepable(text: str) -> str:
    """The text without what no database or tokenizer keeps: NULs and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
