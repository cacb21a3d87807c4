"""Two generations side by side on the same words, openly or without knowing which is which."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.reactive import reactive

from tear_core.engine.manner import sampling_of
from tear_core.store import StoreError, comparisons
from tear_core.store.recall import Earlier
from tear_tui.background import in_background
from tear_tui.engine_link import EngineView
from tear_tui.keys import key
from tear_tui.lineage import generation_words, reading_generations, reading_inputs
from tear_tui.lineage.duel import SIDES, Asked, Duel, Side, as_comparison, drawn
from tear_tui.lineage.families import Family
from tear_tui.places import Shared
from tear_tui.screens.base import TearScreen
from tear_tui.screens.pick import PickScreen
from tear_tui.text.pacing import next_flush
from tear_tui.widgets.choice_row import ChoiceRow
from tear_tui.widgets.composer import Composer
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.notice import Notice
from tear_tui.widgets.plain import Plain
from tear_tui.widgets.side_view import SideView

ROOMY = ("compare.words", "composer.newline", "app.quit", "app.go", "compare.openly")
"""Keys that stand in the footer only where there is room."""

STOPPING = 1.0
"""Seconds that the engine has to stop before it is left to itself."""


class CompareScreen(TearScreen):
    """A box to ask both in, what each of them says, and where it is blind, which is better."""

    CSS_PATH = "generations_compare.tcss"
    AUTO_FOCUS = "#composer"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("compare.stop", "escape", "stop", "Stop", "Stop both; what they wrote is kept",
            shown=True, display="esc"),
        key("compare.back", "escape", "back", "Back", "Back to the tree", shown=True,
            display="esc"),
        key("compare.words", "ctrl+t", "words", "Words", "Take words from a turn or a triple",
            shown=True, display="^t"),
        key("compare.again", "ctrl+r", "again", "Again", "The same words, with another seed",
            shown=True, display="^r"),
        key("compare.blind", "f9", "blind", "Blind", "Do not say which is which, and count",
            shown=True, display="F9"),
        key("compare.openly", "f9", "openly", "Openly", "Say which is which", shown=True,
            display="F9"),
        key("compare.start", "f8", "start_engine", "Start engine", "Start the engine again",
            shown=True, display="F8"),
    ]  # fmt: skip

    OFFERS = (
        ("compare: Words", "Take words from a turn or a triple", "words"),
        ("compare: Again", "The same words, with another seed", "again"),
        ("compare: Blind", "Do not say which is which, and count", "blind"),
        ("compare: Openly", "Say which is which", "openly"),
        ("engine: Start", "Start the engine again", "start_engine"),
    )

    duel: reactive[Duel | None] = reactive(None, bindings=True)
    writing: reactive[bool] = reactive(False, bindings=True)
    blind: reactive[bool] = reactive(False, bindings=True)

    def __init__(
        self,
        shared: Shared,
        family: Family,
        one: int,
        other: int,
        blind: bool,
        asked: Asked | None = None,
    ) -> None:
        super().__init__()
        self.shared, self.family = shared, family
        self.pair = (one, other)
        self._first = asked
        self._drawn = False
        self.set_reactive(CompareScreen.blind, blind)

    def compose(self) -> ComposeResult:
        yield Plain(id="pair")
        yield Plain(id="tally")
        yield Plain(id="asked")
        with Container(id="sides"):
            for side in SIDES:
                yield SideView(side)
        yield ChoiceRow(id="choice")
        yield Composer("Say something to both…", id="composer")
        yield Notice()
        yield KeyFooter(ROOMY)

    def on_mount(self) -> None:
        self._draw()
        self._count()
        self._drawn = True
        self._ask_first()

    def notice(self, text: str) -> None:
        self.query_one(Notice).say(text)

    def engine_news(self, view: EngineView) -> None:
        self.refresh_bindings()
        self._ask_first()

    def leave(self) -> None:
        self._end()

    # --- both are asked

    @on(Composer.Sent)
    def _sent(self, event: Composer.Sent) -> None:
        if not event.text.strip():
            return
        if self.writing:
            return self.notice("Both are still at the last words; esc stops them.")
        self.query_one(Composer).fill("")
        self._ask(Asked(event.text, order=self.shared.settings.order))

    def action_again(self) -> None:
        if self.duel is not None:
            self._ask(self.duel.asked)

    def _ask_first(self) -> None:
        """Ask what somebody came here with, once there is an engine and a place to show it."""
        if self._drawn and self._first is not None and self.shared.link.client is not None:
            first, self._first = self._first, None
            self._ask(first)

    def _ask(self, asked: Asked) -> None:
        if self.shared.link.client is None:
            away = self.shared.link.view.state in ("gone", "failed")
            return self.notice(f"The engine is not there{'; F8 starts it' if away else ' yet'}.")
        self.remove_class("-choosing")
        self.duel = drawn(asked, *self.pair, self.blind)
        self.writing = True
        self.notice("")
        self._speak(self.duel)
        self.shared.link.nudge()
        self.set_timer(next_flush(0.0), self._flush)

    @work(group="speak", exclusive=True, exit_on_error=False)
    async def _speak(self, duel: Duel) -> None:
        """One after the other: the model says one thing at a time."""
        sampling = sampling_of(self.shared.settings)
        for side in SIDES:
            client = self.shared.link.client
            if client is None:
                break
            speech = duel.begin(side, sampling)
            try:
                await in_background(partial(speech.read, client), "speech")
            finally:
                speech.abandon()
            duel.drain()
            if not speech.ended or speech.error or speech.stopping:
                break
        self._written(duel)

    def _flush(self) -> None:
        began = time.perf_counter()
        if self.duel is None or not self.writing:
            return
        if self.duel.drain():
            self._draw()
        self.set_timer(next_flush(time.perf_counter() - began), self._flush)

    def _written(self, duel: Duel) -> None:
        self.writing = False
        error = duel.error
        if error is not None:
            self.shared.link.report(error)
            self.notice(f"{str(error).rstrip('.')}. {error.hint}".strip())
        elif duel.blind and duel.whole:
            self.add_class("-choosing")
            if self.query_one(Composer).text:
                self.notice("Both are there: tab goes to the choice.")
            else:
                self.query_one(ChoiceRow).open()
        self._draw()

    def action_stop(self) -> None:
        self.notice("Stopped; what was written is kept, and no choice is counted.")
        self._end()

    def _end(self) -> None:
        """Have whoever speaks stop within a token; an engine that does not hear is left alone."""
        for speech in self.duel.speeches.values() if self.duel is not None else ():
            if not speech.ended:
                speech.stopping = True
                client = self.shared.link.client
                if client is not None:
                    self.run_worker(
                        in_background(partial(speech.cancel, client), "cancel"),
                        group="cancel",
                        exit_on_error=False,
                    )
                self.set_timer(STOPPING, lambda each=speech: each.ended or each.give_up())

    # --- which is better

    @on(ChoiceRow.Kept)
    def _chosen(self, event: ChoiceRow.Kept) -> None:
        duel = self.duel
        if duel is None or duel.verdict is not None or not duel.whole:
            return
        duel.verdict = event.verdict
        try:
            comparisons.record(self.shared.store, as_comparison(duel, self.family.base))
        except StoreError as error:
            duel.verdict = None
            return self.notice(f"Not counted: {error}. {error.hint}".rstrip())
        self.remove_class("-choosing")
        self.query_one(Composer).focus()
        self.notice(generation_words.counted(duel.left, duel.right))
        self._draw()
        self._count()
        self.refresh_bindings()

    @work(group="count", exclusive=True, exit_on_error=False)
    async def _count(self) -> None:
        home, base, (one, other) = self.shared.home, self.family.base, self.pair
        try:
            found = await in_background(
                lambda: reading_generations.tally(home, base, one, other), "tally"
            )
        except StoreError as error:
            return self.notice(f"The choices cannot be read: {error}")
        self.query_one("#tally", Plain).show(generation_words.tally(found), layout=False)

    # --- what is shown

    def _draw(self) -> None:
        one, other = (generation_words.title(self.family, number) for number in self.pair)
        how = "blind, the sides by chance  ·  " if self.blind else ""
        self.query_one("#pair", Plain).show(
            how, (one, "bold"), " and ", (other, "bold"), layout=False
        )
        self._draw_asked()
        for side in SIDES:
            self._draw_side(side)

    def _draw_asked(self) -> None:
        duel = self.duel
        if duel is None:
            said: Sequence[str | tuple[str, str]] = [("Both will be asked the same.", "dim")]
        else:
            before = len(duel.asked.context)
            note = f"  (after {before} earlier turn{'' if before == 1 else 's'})" if before else ""
            said = [("you  ", "bold dim"), duel.asked.input, (note, "dim")]
        self.query_one("#asked", Plain).show(*said)

    def _draw_side(self, side: Side) -> None:
        view, duel = self.query_one(f"#{side}", SideView), self.duel
        number = self.pair[SIDES.index(side)] if duel is None else duel.number(side)
        named = not self.blind if duel is None else duel.named
        name = generation_words.title(self.family, number) if named else side
        speech = duel.speeches.get(side) if duel is not None else None
        busy = self.writing and speech is not None and not speech.ended
        better = duel is not None and duel.verdict == side
        view.name_it(f"✓ {name}" if better else name, "speaking…" if busy else "")
        view.set_class(better, "-better")
        words, scene = duel.text(side) if duel is not None else ("", "")
        waits = "gathering its words…" if busy else "waits for its turn…" if self.writing else ""
        view.say(words, scene, waits)

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        can = {
            "stop": self.writing,
            "back": not self.writing,
            "words": not self.writing,
            "again": self.duel is not None and not self.writing,
            "blind": not self.blind and not self.writing,
            "openly": self.blind and not self.writing,
            "start_engine": self.shared.link.view.state in ("gone", "failed"),
        }
        return can.get(action, True)

    def action_back(self) -> None:
        self.dismiss()

    def action_blind(self) -> None:
        self._turn(True)

    def action_openly(self) -> None:
        self._turn(False)

    def _turn(self, blind: bool) -> None:
        """Another way of comparing; what is on the screen belongs to the old one."""
        self.remove_class("-choosing")
        self.blind, self.duel = blind, None
        self.query_one(Composer).focus()
        self._draw()

    def action_words(self) -> None:
        home = self.shared.home

        async def search(words: str) -> Sequence[Earlier]:
            return await in_background(partial(reading_inputs.find, home, words), "words")

        self.app.push_screen(PickScreen("words to ask both with", search), self._picked)

    def _picked(self, picked: tuple[Sequence[Earlier], int] | None) -> None:
        if picked is None:
            return
        found, at = picked
        order = self.shared.settings.order
        try:
            triple = found[at].triple
            asked = (
                reading_inputs.of_triple(self.shared.home, triple, order)
                if triple is not None
                else Asked(found[at].text, order=order)
            )
        except StoreError as error:
            return self.notice(f"Not taken: {error}. {error.hint}".rstrip())
        self._ask(asked)

    def action_scroll_talk(self, pages: int) -> None:
        """Page up and down in the box move both sides."""
        for side in SIDES:
            view = self.query_one(f"#{side}", SideView)
            move = view.scroll_page_up if pages < 0 else view.scroll_page_down
            move(animate=False)

    def action_start_engine(self) -> None:
        self.notice("Starting the engine…")
        self.shared.link.start_again()
