"""The half of the talk that is read: moving, finding, copying, and where a turn comes from."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work

from tear_core.turn import Candidate, Turn
from tear_tui.background import in_background
from tear_tui.conversing import finding
from tear_tui.conversing.finding import Find
from tear_tui.screens.speaking import SpeakingScreen
from tear_tui.text.marks import mark_ahead
from tear_tui.text.windowing import STEP
from tear_tui.widgets.find_line import FindLine
from tear_tui.widgets.transcript import Transcript
from tear_tui.widgets.turn_view import Aids

if TYPE_CHECKING:
    from tear_tui.screens.provenance import Wish


class ReadingScreen(SpeakingScreen):
    """What can be done with turns that are there. The subclass puts the widgets on the screen."""

    transcript: Transcript
    find_line: FindLine
    found = Find()
    marks = True
    """Whether what the anti-judge finds in a response is marked."""
    judging = False
    """The anti-judge's patterns have been read: until then nothing is marked."""

    @property
    def aids(self) -> Aids:
        """What helps to read the turns now."""
        return Aids(self.found.words, self.found.here, self.marks and self.judging)

    @work(group="judge", exit_on_error=False)
    async def get_judging(self) -> None:
        """Read the patterns once the conversation is on the screen, and mark it then."""
        words = [turn.said.words for turn in self.session.turns[-STEP:] if turn.said is not None]
        await in_background(partial(mark_ahead, words), "judge")
        self.judging = True
        self.refresh_turns()

    @property
    def at(self) -> Turn | None:
        """The turn under the cursor."""
        number = self.transcript.cursor
        return None if number is None else self.session.turn(number)

    def candidate_at(self) -> tuple[Turn, int, Candidate] | None:
        """The turn under the cursor and what was said in it, or what would be."""
        turn = self.at
        if turn is None:
            return None
        index = turn.taken if turn.taken is not None else self.talk.choice.chosen
        return (turn, index, turn.candidates[index]) if index < len(turn.candidates) else None

    # --- moving

    def action_select(self, step: int) -> None:
        self.transcript.select(step)
        self.transcript.focus()

    def action_scroll_talk(self, pages: int) -> None:
        transcript = self.transcript
        edge = 0 if pages < 0 else transcript.max_scroll_y
        if round(transcript.scroll_y) == edge:
            return self._show_more(Transcript.MoreAsked(earlier=pages < 0))
        move = transcript.scroll_page_up if pages < 0 else transcript.scroll_page_down
        move(animate=False)

    def action_follow(self) -> None:
        self.transcript.follow()
        self.refresh_turns()

    @on(Transcript.MoreAsked)
    def _show_more(self, event: Transcript.MoreAsked) -> None:
        self.transcript.show_more(event.earlier)
        self.refresh_turns()

    def go_to_turn(self, number: int) -> None:
        """Stand on a turn, wherever in the conversation it is."""
        if self.transcript.bring(number):
            self.refresh_turns()
            self.transcript.look_at(number)
            self.transcript.focus()

    # --- finding

    def action_find(self) -> None:
        self.find_line.display = True
        self.find_line.open(self.found.words)

    @on(FindLine.Sought)
    def _sought(self, event: FindLine.Sought) -> None:
        self._look_for(event.words if event.words.strip() else "")

    @work(group="find", exclusive=True, exit_on_error=False)
    async def _look_for(self, words: str) -> None:
        """Long conversations are looked through on a thread: typing goes on meanwhile."""
        turns, near = self.session.turns, self.transcript.cursor
        chosen = None if self.talk.busy else self.talk.choice.chosen
        look = partial(finding.find, turns, words, near, chosen)
        self._show_found(await in_background(look, "find"))

    def action_find_step(self, step: int) -> None:
        self._show_found(self.found.step(step))

    def _show_found(self, found: Find) -> None:
        self.found = found
        here = found.here
        if here is not None:
            self.transcript.bring(here.turn)
        self.refresh_turns()
        if here is not None:
            self.transcript.look_at(here.turn, here)
        self.find_line.say(found.told() if found.words else "")
        if not self.find_line.display:
            self._say_found()

    def _say_found(self) -> None:
        """How the search went, where the line that says it is not on the screen."""
        told = self.found.told() if self.found.words else ""
        if told:
            self.notice(f"“{self.found.words}”: {told}" if self.found.places else told)

    @on(FindLine.Done)
    def _found_enough(self) -> None:
        if self.found.places:
            self.find_line.display = False
            self._say_found()
            self.transcript.focus()

    def action_find_end(self) -> None:
        """No search any more; the turn that was found stays under the cursor."""
        self.find_line.display = False
        self.found = Find()
        self.notice("")
        self.refresh_turns()
        self.transcript.focus()

    # --- copying

    def action_copy(self) -> None:
        from tear_tui.screens.choose import ChooseScreen
        from tear_tui.tty.copying import copies

        turn = self.at
        if turn is None:
            return
        choice = None if self.talk.busy and turn is self.talk.turn else self.talk.choice
        triple = None
        if turn.consequence is not None and turn.landing is not None:
            triple = self.session.triple(turn.number, turn.consequence, turn.landing)
        offered = {each.letter: each for each in copies(turn, choice, triple)}

        def chosen(letter: str | None) -> None:
            if letter is not None:
                self.copy(offered[letter].text, offered[letter].name)

        answers = [(each.letter, each.name) for each in offered.values()]
        self.app.push_screen(ChooseScreen(f"copy of turn {turn.number}", (), answers), chosen)

    @work(group="copy", exit_on_error=False)
    async def copy(self, text: str, what: str) -> None:
        """Copy a safe text, and say how that went."""
        from tear_tui.screens.copy_out import copy_out

        self.notice(await copy_out(self.app, text, what, self.session.store.home))

    # --- where a response comes from, and what else it might have led to

    def action_provenance(self) -> None:
        from tear_tui.conversing import provenance
        from tear_tui.screens.provenance import ProvenanceScreen, as_text

        at = self.candidate_at()
        if at is None:
            return
        turn, _, candidate = at
        known = self.attempt(
            "Not told", lambda: provenance.gather(self.session.store, turn, candidate)
        )
        if known is None:
            return
        lines = provenance.told(turn, candidate, known)
        generation = provenance.writer(candidate)

        def chosen(wish: Wish | None) -> None:
            if wish == "generations":
                self.post_message(self.GoTo("generations", {"generation": generation}))
            elif wish == "replay":
                self.replay(turn.number)
            elif wish == "copy":
                self.copy(as_text(lines), "its provenance")

        title = f"turn {turn.number}: where it comes from"
        self.app.push_screen(ProvenanceScreen(title, lines, generation), chosen)

    def action_replay(self) -> None:
        if self.transcript.cursor is not None:
            self.replay(self.transcript.cursor)

    def replay(self, number: int | None, session: str | None = None) -> None:
        """Go and see a session (this one) happen again, from a turn on."""
        what = {"session": session or self.session.session_id, "turn": number}
        self.post_message(
            self.GoTo("replay", {name: value for name, value in what.items() if value is not None})
        )

    def action_samples(self) -> None:
        from tear_tui.conversing.more_scenes import MoreScenes
        from tear_tui.screens.samples import SamplesScreen

        at = self.candidate_at()
        if at is not None:
            turn, index, _ = at
            more = MoreScenes(self.session, turn.number, index, self.talk.sampling)
            screen = SamplesScreen(more, lambda: self.link.client)
            self.app.push_screen(screen, lambda _: self.refresh_turns())

    def forget_found(self) -> None:
        """Another conversation: what was found in the last one is nowhere here."""
        self.found = replace(self.found, words="", places=(), at=0)
        self.find_line.display = False
