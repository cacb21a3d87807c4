"""What really happened, and the researcher's own words: the two panels that are written in."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from textual import on
from textual.reactive import reactive

from tear_core.triples import LANDINGS, Landing
from tear_core.turn import Turn
from tear_tui.conversing import measuring
from tear_tui.screens.writing import WritingScreen
from tear_tui.widgets.landing import LandingRow


class AuthoringScreen(WritingScreen):
    """Opens the panels, and saves what is written in them."""

    bottom: reactive[str] = reactive("composer", bindings=True)
    """What stands below the conversation: the composer, or one of the panels."""

    def candidate_wanted(self) -> None:
        """Have the model write what is wanted now, and follow it."""
        raise NotImplementedError

    def action_back(self) -> None:
        """Close the panel, or come back from an earlier turn."""
        to_the_response = self.bottom == "edit"
        self.bottom = "composer"
        self.authoring = None
        (self.transcript if to_the_response else self.composer).focus()

    # --- what really happened

    def action_witness(self) -> None:
        if self.at is not None:
            self.open_author(self.at)

    def action_witness_latest(self) -> None:
        turn = self.session.unwitnessed()
        if turn is not None:
            if self.transcript.bring(turn.number):
                self.refresh_turns()
            self.open_author(turn)

    def open_author(self, turn: Turn) -> None:
        """Ask what happened after what was said in a turn."""
        self.authoring = turn
        marked = self.boxes.kept(f"landing:{turn.number}")
        landing = cast(Landing, marked) if marked in LANDINGS else turn.landing or "neutral"
        text = self.boxes.kept(f"consequence:{turn.number}") or turn.consequence or ""
        self.transcript.cursor = turn.number
        self.bottom = "author"
        self.author.open(turn.said.words if turn.said else "", text, landing)
        self.author.say_start("begun with an earlier scene" if self.started else "")

    def action_take_prediction(self) -> None:
        said = self.authoring.said if self.authoring is not None else None
        box = self.author.box
        if said is not None and said.scene:
            box.add(f"\n{said.scene}" if box.cursor_location[1] else said.scene)

    @on(LandingRow.Marked)
    def _marked(self, event: LandingRow.Marked) -> None:
        if self.authoring is not None:
            self.boxes.keep(f"landing:{self.authoring.number}", event.landing)

    def save(self) -> None:
        """Save what happened: it is in the database when this returns."""
        if self.authoring is None:
            return
        number, text = self.authoring.number, self.author.box.words
        landing, begun = self.author.row.landing, self.started
        if not text.strip():
            return self.notice("Write what happened first; esc leaves it for later.")
        saved = self.attempt(
            "Not saved", lambda: self.session.witness(number, text, landing, begun)
        )
        if saved is None:
            return  # the text stays where it is
        self.boxes.forget(f"consequence:{number}", f"landing:{number}", f"started:{number}")
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

    def foresee(self) -> None:
        """Keep the words in the box as a new candidate, and have its scene foreseen."""
        turn, text = self.talk.turn, self.edit.box.words
        if turn is None or not text.strip():
            return self.notice("There are no words to foresee a scene for.")
        if self.attempt("Not kept", lambda: self.talk.edited(text)) is None:
            return
        self.boxes.forget(f"edit:{turn.number}")
        self.action_back()
        self.candidate_wanted()
