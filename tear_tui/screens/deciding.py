"""The half of a screen on which triples are decided about: asked, written, undone, told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from textual import on, work
from textual.reactive import reactive

from tear_core.engine.client import EngineError
from tear_core.store import StoreError
from tear_core.store.deciding import Decided, Decision
from tear_core.store.undoing import Step, Undone
from tear_tui.background import in_background
from tear_tui.places import Shared
from tear_tui.reviewing import decision_words as words
from tear_tui.reviewing.review_queue import FEW, Outlook, ReviewQueue
from tear_tui.reviewing.somebody import somebody
from tear_tui.screens.place import PlaceScreen
from tear_tui.widgets.ask_line import AskLine

T = TypeVar("T")


class DecidingScreen(PlaceScreen):
    """A screen with a `ReviewQueue`. What is shown of it, and how, is up to the subclass."""

    busy: reactive[str] = reactive("", bindings=True)
    """What is being written at this moment, in words; nothing is decided meanwhile."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.queue = ReviewQueue(shared.store, somebody())
        self._then: Callable[[str], object] = lambda text: None
        self._reasons: dict[str, None] = {}
        self._telling = self._news = False

    @property
    def place(self) -> int:
        """Where the cursor is in the list."""
        raise NotImplementedError

    def changed(self, decided: Sequence[int], *, on: bool = False) -> None:
        """Show that these triples have changed; `on`: and go on to the next one."""
        raise NotImplementedError

    def back_to_work(self) -> None:
        """Give the keys back to what they were with before something was asked."""
        raise NotImplementedError

    # --- deciding

    def action_accept(self) -> None:
        self._decide("accept")

    def action_reject(self) -> None:
        self._decide("reject")

    def action_retract(self) -> None:
        self._decide("retract")

    def _decide(self, decision: Decision) -> None:
        seqs = self.queue.chosen(self.place)
        if len(seqs) > FEW:
            self._look_ahead(decision, seqs)
        elif decision == "accept" and not self.queue.marks:
            self._take(decision, seqs, "accepted")
        elif seqs:
            outlook = self.attempt("Not known", self.queue.outlook(decision, seqs))
            if outlook is not None:
                self._ask_about(decision, seqs, outlook)

    @work(group="decide", exclusive=True, exit_on_error=False)
    async def _look_ahead(self, decision: Decision, seqs: Sequence[int]) -> None:
        outlook = await self._meanwhile("Counting…", self.queue.outlook(decision, seqs))
        if outlook is not None:
            self._ask_about(decision, seqs, outlook)

    def _ask_about(self, decision: Decision, seqs: Sequence[int], outlook: Outlook) -> None:
        if not outlook.prospect.changes:
            return self.notice(words.nothing_to_do(outlook.prospect))
        self.ask(
            words.question(outlook.prospect, self.queue.hidden_marks(), outlook.carried),
            "Why? The reason is kept." if decision == "reject" else "Why? It need not be said.",
            lambda why: self._take(decision, seqs, why or words.REASONS[decision]),
            needed=decision == "reject",
        )

    def _take(self, decision: Decision, seqs: Sequence[int], why: str) -> None:
        self._reasons = {why: None, **self._reasons}
        if len(seqs) > FEW or self.queue.held_up():
            self._take_many(decision, seqs, why)
        else:
            done = self.attempt("Not done", lambda: self.queue.decide(decision, seqs, why))
            self._taken(decision, done)

    @work(group="decide", exclusive=True, exit_on_error=False)
    async def _take_many(self, decision: Decision, seqs: Sequence[int], why: str) -> None:
        done = await self._meanwhile(
            words.being(len(seqs), words.DONE[decision]),
            self.queue.deciding(decision, seqs, why),
        )
        self._taken(decision, done)

    def _taken(self, decision: Decision, done: Decided | None) -> None:
        if done is None:
            return
        single = not self.queue.marks
        if not done.seqs:
            return self.notice(f"It is {words.THERE[decision]}.")
        self.queue.took(done.change)
        self.queue.marks.clear()
        self.notice(words.decided(decision, len(done.seqs)))
        self.changed(done.seqs, on=single)
        self.tell_engine()

    # --- the way back

    def action_undo(self) -> None:
        step = self.queue.next_undo()
        if step is None:
            self.notice("There is nothing to undo.")
        elif not step.holds:
            self.queue.go_over(step)
            self.notice(words.cannot_undo(step))
        else:
            self._undo_if_wanted(step)

    def action_redo(self) -> None:
        step = self.queue.next_redo()
        if step is None or not step.holds:
            self.notice("There is nothing to do again.")
        else:
            self._undo_if_wanted(step)

    def _undo_if_wanted(self, step: Step) -> None:
        """What was decided here is undone at once; anything else is asked about first."""
        if self.queue.is_mine(step):
            self._undo(step)
        else:
            self.ask(words.undo_question(step), "⏎ undoes it", lambda _: self._undo(step))

    def _undo(self, step: Step) -> None:
        if step.triples > FEW or self.queue.held_up():
            self._undo_many(step)
        else:
            self._undone(self.attempt("Not undone", lambda: self.queue.undo(step)))

    @work(group="decide", exclusive=True, exit_on_error=False)
    async def _undo_many(self, step: Step) -> None:
        told = words.being(step.triples, "put back")
        self._undone(await self._meanwhile(told, self.queue.undoing(step)))

    def _undone(self, done: Undone | None) -> None:
        if done is not None:
            self.queue.undid(done.change)
            self.notice(words.undone(done))
            self.changed([done.first])
            self.tell_engine()

    # --- asking, waiting, telling

    def ask(
        self, question: str, hint: str, then: Callable[[str], object], *, needed: bool = False
    ) -> None:
        """Ask above the footer; `then` gets the answer, unless the question is taken back."""
        self._then = then
        self.notice("")
        earlier = list(self._reasons) if needed else ()
        self.query_one(AskLine).ask(question, hint, needed=needed, earlier=earlier)

    @on(AskLine.Answered)
    def _answered(self, event: AskLine.Answered) -> None:
        self.back_to_work()
        if event.text is not None:
            self._then(event.text)

    async def _meanwhile(self, told: str, do: Callable[[], T]) -> T | None:
        """What `do` gives on a thread; None after a notice that says why it could not."""
        self.busy = told
        self.notice(told)
        try:
            result = await in_background(do, "deciding")
        except (StoreError, sqlite3.Error) as error:
            self.notice(f"Not done: {error}. {getattr(error, 'hint', '')}".rstrip())
            return None
        finally:
            self.busy = ""
        self.notice("")
        return result

    def tell_engine(self) -> None:
        """Let a running engine know that there is something else to learn, or less."""
        self._news = True
        if not self._telling:
            self._telling = True
            self._tell()

    @work(group="tell", exit_on_error=False)
    async def _tell(self) -> None:
        try:
            while self._news and self.shared.link.client is not None:
                self._news = False
                await in_background(self.shared.link.client.poke, "poke")
                self.shared.link.nudge()
        except EngineError as error:
            self.shared.link.report(error)
        finally:
            self._telling = False
