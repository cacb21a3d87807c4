"""Converse: talk with the model, see the scene before the response, write what happened."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.events import DescendantFocus
from textual.reactive import reactive
from textual.widgets import ContentSwitcher, Footer

from tear_core.engine.messages import Sampling
from tear_core.settings import Settings
from tear_core.triples import LANDINGS, ORDERS, Landing
from tear_core.turn import Turn
from tear_tui import clipboard, measuring
from tear_tui.autosave import Autosave
from tear_tui.background import in_background
from tear_tui.boxes import Boxes
from tear_tui.conversation import ConversationLog, as_text
from tear_tui.engine_link import EngineLink
from tear_tui.possible import Situation, all_possible, possible
from tear_tui.screens.base import Offer
from tear_tui.screens.converse_keys import KEYS, OFFERS
from tear_tui.screens.speaking import SpeakingScreen
from tear_tui.status import Facts
from tear_tui.talk import Talk
from tear_tui.widgets.composer import Composer
from tear_tui.widgets.landing import LandingRow
from tear_tui.widgets.notice import Notice
from tear_tui.widgets.panels import AuthorPanel, EditPanel
from tear_tui.widgets.status_line import StatusLine
from tear_tui.widgets.text_box import TextBox
from tear_tui.widgets.transcript import Transcript

QUIET = 0.5
"""Seconds without a key press before the keys may go to a response that has come."""
GRACE = 0.4
"""Seconds after that in which what is typed still goes to the composer."""
ORDER_WORDS = {
    "after": "a draft, its scene, then the draft is said",
    "before": "the scene first, then the response",
    "reflect": "a draft, its scene, then the response is written anew",
}


class ConverseScreen(SpeakingScreen):
    """One conversation and the boxes to write in."""

    CSS_PATH = "converse.tcss"
    AUTO_FOCUS = "#composer"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    OFFERS: ClassVar[tuple[Offer, ...]] = OFFERS

    bottom: reactive[str] = reactive("composer", bindings=True)
    """What stands below the conversation: the composer, or one of the panels."""

    def __init__(
        self, log: ConversationLog, link: EngineLink, autosave: Autosave, settings: Settings
    ) -> None:
        live, pending = measuring.standing(log.store, settings.base)
        facts = Facts(link.view, settings.base, live, pending, (), settings.order, settings.blind)
        super().__init__(log, Talk(log, Sampling(**settings.sampling())), link, facts)
        self.boxes = Boxes(log, autosave)
        self.authoring: Turn | None = None
        self._autosave = autosave
        self._first_draft = False
        self._typed_at = 0.0
        self._possible: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        yield Transcript()
        with Container(id="foot"), Vertical(id="desk"):
            yield Notice()
            with ContentSwitcher(initial="composer", id="bottom"):
                yield Composer("Say something…", id="composer")
                yield AuthorPanel(id="author")
                yield EditPanel(id="edit")
            yield StatusLine()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.transcript = self.query_one(Transcript)
        self.composer = self.query_one(Composer)
        self.author = self.query_one(AuthorPanel)
        self.edit = self.query_one(EditPanel)
        self._enter()

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

    def arrive(self, **what: Any) -> None:
        """`session`: the conversation to show; `turn`: the turn of it to stand on."""
        session, turn = what.get("session"), what.get("turn")
        if session is not None and session != self.session.session_id:
            log = self.attempt("Not opened", lambda: ConversationLog(self.session.store, session))
            if log is None:
                return
            self.end_speech()
            self.open_log(log)
        if turn is not None:
            self.transcript.cursor = turn
            self.transcript.focus()

    def action_new(self) -> None:
        self.open_log(ConversationLog(self.session.store))

    def open_log(self, log: ConversationLog) -> None:
        """Show another conversation; what stands in the box stays with the one before."""
        self.boxes.keep("prompt", self.composer.text)
        self.session = log
        self.talk = Talk(self.session, self.talk.sampling)
        self.boxes = Boxes(self.session, self._autosave)
        self.transcript.clear()
        self._enter()
        self.composer.focus()

    @on(Composer.Sent)
    def _send(self, event: Composer.Sent) -> None:
        if not event.text.strip():
            return
        if self.session.open_turn is not None:
            return self.notice("This turn is still open: take its response, or drop it (esc).")
        slot = self.boxes.slot("prompt")  # it changes when the session begins
        order, blind = self.facts.order, self.facts.blind
        if self.attempt("Not sent", lambda: self.talk.send(event.text, order, blind)) is None:
            return
        self._autosave.put(slot, "")
        self.composer.fill("")
        self.notice("")
        self._candidate_wanted()

    def _candidate_wanted(self) -> None:
        self._first_draft = False
        self.transcript.anchor()
        self.refresh_turns()
        self.speak_if_wanted()

    def action_reroll(self) -> None:
        self.talk.reroll()
        self._candidate_wanted()

    def action_alternative(self) -> None:
        self.talk.alternative()
        self._candidate_wanted()

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
            self._open_author(turn)

    def action_go_on(self) -> None:
        """The one key that moves a turn on: take, save, or foresee."""
        {"author": self._save, "edit": self._foresee}.get(self.bottom, self.action_take)()

    def action_stop(self) -> None:
        self.notice("Stopped; what was written is kept. Esc again drops the turn.")
        self.stop_speaking()

    def action_drop(self) -> None:
        """Leave the turn and give back what was said."""
        self.end_speech()
        text, written = self.attempt("Not dropped", self.talk.drop), self.composer.text
        if text is None:
            return
        self.composer.fill(f"{text}\n{written}" if written.strip() else text)
        self.composer.focus()
        self.notice("Dropped; what you said is back in the box.")
        self.refresh_turns()

    def action_back(self) -> None:
        """Close the panel, or come back from an earlier turn."""
        to_the_response = self.bottom == "edit"
        self.bottom = "composer"
        self.authoring = None
        (self.transcript if to_the_response else self.composer).focus()

    def response_came(self) -> None:
        """Bring the keys to the response that has come, but never from under somebody's fingers."""
        turn = self.talk.turn
        if turn is None or self.talk.busy or self.focused is not self.composer:
            return
        if self.composer.text:
            return self.notice("The response is here: F2 takes it, tab goes to it.")
        quiet = time.monotonic() - self._typed_at
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

    # --- what really happened

    def action_witness(self) -> None:
        number = self.transcript.cursor
        if number is not None:
            self._open_author(self.session.turn(number))

    def action_witness_latest(self) -> None:
        turn = self.session.unwitnessed()
        if turn is not None:
            self._open_author(turn)

    def _open_author(self, turn: Turn) -> None:
        self.authoring = turn
        marked = self.boxes.kept(f"landing:{turn.number}")
        landing = cast(Landing, marked) if marked in LANDINGS else turn.landing or "neutral"
        text = self.boxes.kept(f"consequence:{turn.number}") or turn.consequence or ""
        self.transcript.cursor = turn.number
        self.bottom = "author"
        self.author.open(turn.said.words if turn.said else "", text, landing)

    def action_take_prediction(self) -> None:
        said = self.authoring.said if self.authoring is not None else None
        if said is not None and said.scene:
            self.author.box.add(said.scene)

    def _save(self) -> None:
        """Save what happened: it is in the database when this returns."""
        if self.authoring is None:
            return
        if not self.author.box.text.strip():
            return self.notice("Write what happened first; esc leaves it for later.")
        number, text, landing = self.authoring.number, self.author.box.text, self.author.row.landing
        saved = self.attempt("Not saved", lambda: self.session.witness(number, text, landing))
        if saved is None:
            return  # the text stays where it is
        self.boxes.forget(f"consequence:{number}", f"landing:{number}")
        live, pending = measuring.standing(self.session.store, self.facts.base)
        self.facts = replace(self.facts, live=live, pending=pending)
        self.notice("Saved.")
        self.action_back()
        self.refresh_turns()
        self.measure()

    # --- the researcher's own words

    def action_edit(self) -> None:
        turn = self.talk.turn
        if turn is not None:
            words = turn.candidates[self.talk.choice.chosen].words
            self.bottom = "edit"
            self.edit.open(self.boxes.kept(f"edit:{turn.number}") or words)

    def _foresee(self) -> None:
        turn, text = self.talk.turn, self.edit.box.text
        if turn is None or not text.strip():
            return self.notice("There are no words to foresee a scene for.")
        if self.attempt("Not kept", lambda: self.talk.edited(text)) is None:
            return
        self.boxes.forget(f"edit:{turn.number}")
        self.action_back()
        self._candidate_wanted()

    # --- boxes, settings, engine

    @on(TextBox.Typed)
    def _typed(self, event: TextBox.Typed) -> None:
        turn = self.authoring if self.bottom == "author" else self.talk.turn
        number = turn.number if turn is not None else 0
        names = {
            "composer": "prompt",
            "consequence": f"consequence:{number}",
            "response-text": f"edit:{number}",
        }
        self._typed_at = time.monotonic()
        if event.box.has_focus:
            self.boxes.keep(names[event.box.id or ""], event.box.text)

    @on(LandingRow.Marked)
    def _marked(self, event: LandingRow.Marked) -> None:
        if self.authoring is not None:
            self.boxes.keep(f"landing:{self.authoring.number}", event.landing)

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

    def action_start_engine(self) -> None:
        self.notice("Starting the engine…")
        self.link.start_again()

    # --- what is shown, and where the keys go

    def refresh_turns(self) -> None:
        """Show the conversation as it stands now."""
        talk = self.talk
        self.transcript.show(self.session.turns, talk.choice, talk.writing, self._first_draft)
        surprises = tuple(self.session.conversation.surprises())
        self.query_one(StatusLine).show_facts(replace(self.facts, surprises=surprises))
        self._refresh_keys()

    def notice(self, text: str) -> None:
        """One line above the composer; it goes by itself, or when there is something newer."""
        self.query_one(Notice).say(text)

    def situation(self) -> Situation:
        """Where the screen stands, for the rule that says what can be done."""
        speech, number = self.talk.speech, self.transcript.cursor
        return Situation(
            bottom=self.bottom,
            reading=self.transcript.has_focus,
            at=None if number is None else self.session.turn(number),
            open=self.talk.turn,
            authoring=self.authoring,
            choice=self.talk.choice,
            busy=self.talk.busy,
            stopping=speech is not None and speech.stopping,
            can_take=self.talk.can_take,
            unwitnessed=self.session.unwitnessed() is not None,
            engine_away=self.facts.engine.state in ("gone", "failed"),
            turns=len(self.session.turns),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key is there, in the footer too, when it does something."""
        return not self.is_mounted or possible(action, self.situation())

    def _refresh_keys(self) -> None:
        """Have the footer drawn again, but only if it has something else to say: it is slow."""
        now = all_possible(self.situation())
        if now != self._possible:
            self._possible = now
            self.refresh_bindings()

    def watch_bottom(self, bottom: str) -> None:
        self.query_one(ContentSwitcher).current = bottom
        self.transcript.pinned = bottom != "composer"

    def action_select(self, step: int) -> None:
        self.transcript.select(step)
        self.transcript.focus()

    def action_scroll_talk(self, pages: int) -> None:
        move = self.transcript.scroll_page_up if pages < 0 else self.transcript.scroll_page_down
        move(animate=False)

    def action_follow(self) -> None:
        self.transcript.anchor()

    def action_write(self) -> None:
        self.composer.focus()

    @work(group="copy", exit_on_error=False)
    async def action_copy(self) -> None:
        number = self.transcript.cursor
        if number is not None:
            text = as_text(self.session.turn(number))
            self.app.copy_to_clipboard(text)
            self.notice(await in_background(lambda: clipboard.copy_natively(text)))

    @on(DescendantFocus)
    def _focus_moved(self) -> None:
        if self.transcript.has_focus and self.transcript.cursor is None:
            self.transcript.select(-1)
        self._refresh_keys()

    @on(Transcript.EarlierAsked)
    def _show_earlier(self) -> None:
        self.transcript.show_earlier()
        self.refresh_turns()
