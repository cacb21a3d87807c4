"""Converse: talk with the model, see the scene before the response, write what happened.

This screen puts the parts together. What can be done in each is in `speaking` (the engine),
`reading` (the turns), `writing` (the boxes), `authoring` (the panels) and `keeping` (sessions).
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.events import DescendantFocus
from textual.widgets import ContentSwitcher

from tear_core.engine.manner import sampling_of
from tear_core.settings import Settings
from tear_core.triples import ORDERS
from tear_tui.autosave import Autosave
from tear_tui.conversing import measuring
from tear_tui.conversing.boxes import Boxes
from tear_tui.conversing.conversation import ConversationLog
from tear_tui.conversing.possible import Situation, all_possible, possible
from tear_tui.conversing.status import Facts
from tear_tui.conversing.talk import Talk
from tear_tui.engine_link import EngineLink
from tear_tui.places import CONVERSE, names
from tear_tui.screens.base import Offer
from tear_tui.screens.converse_keys import KEYS, OFFERS, ROOMY
from tear_tui.screens.keeping import ROOM_BESIDE, KeepingScreen
from tear_tui.widgets.composer import Composer
from tear_tui.widgets.find_line import FindLine
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.notice import Notice
from tear_tui.widgets.panels import AuthorPanel, EditPanel
from tear_tui.widgets.session_list import SessionList
from tear_tui.widgets.status_line import StatusLine
from tear_tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from tear_tui.widgets.tour_panel import TourPanel

QUIET = 0.5
"""Seconds without a key press before the keys may go to a response that has come."""
GRACE = 0.4
"""Seconds after that in which what is typed still goes to the composer."""
ORDER_WORDS = {
    "after": "a draft, its scene, then the draft is said",
    "before": "the scene first, then the response",
    "reflect": "a draft, its scene, then the response is written anew",
}


class ConverseScreen(KeepingScreen):
    """One conversation and the boxes to write in."""

    NAME = CONVERSE
    CSS_PATH = "converse.tcss"
    AUTO_FOCUS = "#composer"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    OFFERS: ClassVar[tuple[Offer, ...]] = OFFERS

    _tour: TourPanel | None = None

    def __init__(
        self, log: ConversationLog, link: EngineLink, autosave: Autosave, settings: Settings
    ) -> None:
        live, pending = measuring.standing(log.store, settings.base)
        facts = Facts(link.view, settings.base, live, pending, (), settings.order, settings.blind)
        super().__init__(log, Talk(log, sampling_of(settings)), link, facts)
        self.boxes = Boxes(log, autosave)
        self.autosave = autosave
        self.marks = settings.marks
        self._first_draft = False
        self._possible: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        with Horizontal(id="beside"):
            yield SessionList(id="sessions")
            with Vertical(id="talk"):
                yield Transcript()
                with Container(id="foot"), Vertical(id="desk"):
                    yield FindLine(id="find")
                    yield Notice()
                    with ContentSwitcher(initial="composer", id="bottom"):
                        yield Composer("Say something…", id="composer")
                        yield AuthorPanel(id="author")
                        yield EditPanel(id="edit")
                    yield StatusLine()
        yield KeyFooter(ROOMY)

    def on_mount(self) -> None:
        self.transcript = self.query_one(Transcript)
        self.composer = self.query_one(Composer)
        self.author = self.query_one(AuthorPanel)
        self.edit = self.query_one(EditPanel)
        self.find_line = self.query_one(FindLine)
        self.find_line.display = False
        self.listing = self.query_one(SessionList)
        self.listing.border_title = "sessions"
        self._enter()
        self.call_later(self._wait_for_the_turns)

    async def _wait_for_the_turns(self) -> None:
        """Lay nothing out and draw nothing before they are there, with all that stands in them:
        each part of them that comes by itself would have all of it laid out again."""
        with self.app.batch_update():
            await self.transcript.complete()

    @property
    def drawn(self) -> bool:
        return self.transcript.drawn

    def seen(self) -> None:
        self.transcript.open_the_rest()
        self.get_judging()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= ROOM_BESIDE, "-beside")

    # --- the conversation

    def _enter(self) -> None:
        """Show the conversation that `log` holds, as it was left."""
        self.composer.fill(self.boxes.kept("prompt"))
        self.talk.resume()
        self.refresh_turns()
        self.speak_if_wanted()
        self.set_timer(QUIET, self.response_came)

    def leave(self) -> None:
        self.end_speech()

    def open_log(self, log: ConversationLog) -> None:
        """Show another conversation; what stands in the box stays with the one before."""
        self.boxes.keep("prompt", self.composer.words)
        self.session = log
        self.talk = Talk(self.session, self.talk.sampling)
        self.boxes = Boxes(self.session, self.autosave)
        self.bottom, self.authoring = "composer", None
        self.forget_found()
        self.transcript.clear()
        self._enter()

    @on(Composer.Sent)
    def _send(self, event: Composer.Sent) -> None:
        if not event.text.strip():
            return
        if self.session.open_turn is not None:
            return self.notice("This turn is still open: take its response, or drop it (esc).")
        slots = self.boxes.slots("prompt")  # they change when the session begins
        behind = self.boxes.behind("prompt")
        order, blind = self.facts.order, self.facts.blind
        if self.attempt("Not sent", lambda: self.talk.send(event.text, order, blind)) is None:
            return
        self.boxes.clear("prompt", slots)
        self.composer.fill(behind)
        self.boxes.keep("prompt", behind)
        self.notice("Your unsent words are in the box again." if behind else "")
        self.candidate_wanted()

    def candidate_wanted(self) -> None:
        self._first_draft = False
        self.transcript.follow()
        self.refresh_turns()
        self.speak_if_wanted()

    def action_reroll(self) -> None:
        self.talk.reroll()
        self.candidate_wanted()

    def action_alternative(self) -> None:
        self.talk.alternative()
        self.candidate_wanted()

    def action_browse(self, step: int) -> None:
        self._first_draft = False
        self.talk.browse(step)
        self.refresh_turns()

    def action_alone(self) -> None:
        self.talk.alone()
        self.refresh_turns()

    def action_first_draft(self) -> None:
        self._first_draft = not self._first_draft
        self.refresh_turns()

    def action_take(self) -> None:
        turn = self.attempt("Not taken", self.talk.take)
        if turn is not None:
            self.refresh_turns()
            self.open_author(turn)

    def action_go_on(self) -> None:
        """The one key that moves a turn on: take, save, or foresee."""
        {"author": self.save, "edit": self.foresee}.get(self.bottom, self.action_take)()

    def action_stop(self) -> None:
        self.notice("Stopped; what was written is kept. Esc again drops the turn.")
        self.stop_speaking()

    def action_drop(self) -> None:
        """Leave the turn and give back what was said."""
        self.end_speech()
        text, written = self.attempt("Not dropped", self.talk.drop), self.composer.words
        if text is None:
            return
        self.composer.fill(f"{text}\n{written}" if written.strip() else text)
        self.boxes.keep("prompt", self.composer.words)
        self.composer.focus()
        self.notice("Dropped; what you said is back in the box.")
        self.refresh_turns()

    def response_came(self) -> None:
        """Bring the keys to the response that has come, but never from under somebody's fingers."""
        turn = self.talk.turn
        if turn is None or self.talk.busy or self.focused is not self.composer:
            return
        if self.composer.text:
            return self.notice("The response is here: F2 takes it, tab goes to it.")
        quiet = time.monotonic() - self.typed_at
        if quiet < QUIET or not self.is_current:
            self.set_timer(max(QUIET - quiet, 0.1), self.response_came)
            return
        self.transcript.cursor = turn.number
        self.transcript.grace(GRACE)
        self.transcript.focus()

    @on(Transcript.TypedEarly)
    def _typed_early(self, event: Transcript.TypedEarly) -> None:
        self.composer.focus()
        self.composer.add(event.text)

    def action_write(self) -> None:
        self.composer.focus()

    # --- settings, engine

    def action_order(self) -> None:
        order = ORDERS[(ORDERS.index(self.facts.order) + 1) % len(ORDERS)]
        self.facts = replace(self.facts, order=order)
        self.notice(f"From the next turn on: {ORDER_WORDS[order]}.")
        self.refresh_turns()

    def action_blind(self) -> None:
        self.facts = replace(self.facts, blind=not self.facts.blind)
        how = "is veiled until yours is saved" if self.facts.blind else "can be read at once"
        self.notice(f"From the next turn on the predicted scene {how}.")
        self.refresh_turns()

    def settings_changed(self, settings: Settings, before: Settings) -> None:
        """From the next turn, or the next candidate, on. What was chosen here by a key stays."""
        if settings.order != before.order:
            self.facts = replace(self.facts, order=settings.order)
        if settings.blind != before.blind:
            self.facts = replace(self.facts, blind=settings.blind)
        self.talk.sampling = sampling_of(settings)
        self.marks = settings.marks
        if self.is_mounted:
            self.refresh_turns()

    async def take_the_tour(self, panel: TourPanel) -> None:
        """Have the panel between the conversation and the boxes, and say what comes first."""
        await self.end_the_tour()
        self._tour = panel
        await self.query_one("#desk").mount(panel, before=0)
        self.refresh_turns()

    async def end_the_tour(self) -> None:
        if self.tour is not None:
            await self.tour.remove()

    @property
    def tour(self) -> TourPanel | None:
        """The tour, while somebody takes it."""
        return self._tour if self._tour is not None and self._tour.is_attached else None

    def action_start_engine(self) -> None:
        self.notice("Starting the engine…")
        self.link.start_again()

    # --- what is shown, and where the keys go

    def refresh_turns(self) -> None:
        """Show the conversation as it stands now."""
        talk, turns = self.talk, self.session.turns
        self.transcript.show(turns, talk.choice, talk.writing, self._first_draft, self.aids)
        surprises = tuple(self.session.conversation.surprises())
        self.query_one(StatusLine).show_facts(replace(self.facts, surprises=surprises))
        if self.tour is not None:
            self.tour.follow(self.session.session_id, self.session.conversation, talk.busy)
        self.refresh_keys()

    def notice(self, text: str) -> None:
        """One line above the composer; it goes by itself, or when there is something newer."""
        self.query_one(Notice).say(text)
        if self.has_class("-sessions"):
            self.listing.say(text)

    def situation(self) -> Situation:
        """Where the screen stands, for the rule that says what can be done."""
        speech, box = self.talk.speech, self.box
        return Situation(
            bottom=self.bottom,
            reading=self.transcript.has_focus,
            aside=self.listing.has_focus_within or self.find_line.has_focus_within,
            covered=self.covered,
            box="" if box is None else self.name_of(box).partition(":")[0],
            folded=box is not None and box.folded,
            at=self.at,
            open=self.talk.turn,
            authoring=self.authoring,
            choice=self.talk.choice,
            busy=self.talk.busy,
            stopping=speech is not None and speech.stopping,
            can_take=self.talk.can_take,
            unwitnessed=self.session.unwitnessed() is not None,
            engine_away=self.facts.engine.state in ("gone", "failed"),
            turns=len(self.session.turns),
            found=bool(self.found.places),
            places=frozenset(names()),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key is there, in the footer too, when it does something."""
        return not self.is_mounted or possible(action, self.situation())

    def refresh_keys(self) -> None:
        """Have the footer drawn again, but only if it has something else to say: it is slow."""
        now = all_possible(self.situation())
        self.composer.sends = self.session.open_turn is None
        if now != self._possible:
            self._possible = now
            self.refresh_bindings()

    def watch_bottom(self, bottom: str) -> None:
        self.query_one(ContentSwitcher).current = bottom
        self.transcript.pinned = bottom != "composer"

    @on(DescendantFocus)
    def _focus_moved(self) -> None:
        if self.transcript.has_focus and self.transcript.cursor is None:
            self.transcript.select(-1)
        self.refresh_keys()
