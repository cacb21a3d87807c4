"""Replay: a session as it happened, at any speed, and each of its scenes beside one of today."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import reactive
from textual.widgets import ContentSwitcher

from tear_core.store import StoreError, open_store, sessions
from tear_tui.background import in_background
from tear_tui.places import CONVERSE, Shared
from tear_tui.replays import comparing, replaying
from tear_tui.replays.replaying import Recording, frame, record
from tear_tui.replays.scrubbing import happening_in
from tear_tui.replays.timeline import duration
from tear_tui.screens.ask_turn import AskTurn
from tear_tui.screens.base import Offer
from tear_tui.screens.replay_keys import BESIDE, CHOOSE, FILM, KEYS, OFFERS, WHERE
from tear_tui.screens.then_beside_now import ComparingScreen
from tear_tui.text.pacing import next_flush
from tear_tui.widgets.film import Film
from tear_tui.widgets.scrubber import Scrubber
from tear_tui.widgets.session_chooser import SessionChooser
from tear_tui.widgets.then_now import ThenNow
from tear_tui.widgets.transcript import Transcript

NUDGE = 5.0
"""Seconds that one press of an arrow goes, in a replay that is not very long."""
LISTED = 500
"""Sessions that are listed at once; older ones are found by their words."""
QUIET_BEAT = 0.25
"""Seconds between two looks at the clock while nothing is being written."""


class ReplayScreen(ComparingScreen):
    """Three views: the sessions, the film of one of them, then beside now."""

    NAME = "replay"
    CSS_PATH = ["converse.tcss", "replay.tcss"]  # noqa: RUF012
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    OFFERS: ClassVar[tuple[Offer, ...]] = OFFERS

    view: reactive[str] = reactive(CHOOSE, bindings=True)
    playing: reactive[bool] = reactive(False, bindings=True)

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.at = 0.0
        self.speed = 1.0
        self._looked = 0.0
        self._drawing = False
        self._loading = ""

    def content(self) -> ComposeResult:
        with ContentSwitcher(initial=CHOOSE, id="replay-views"):
            yield SessionChooser(id=CHOOSE)
            yield Film(id=FILM)
            yield ThenNow(id=BESIDE)

    @property
    def film(self) -> Film:
        return self.query_one(Film)

    @property
    def turn_in_view(self) -> int:
        """The turn under the cursor, or else the one in which something happens."""
        cursor = self.film.pages.cursor
        if self.view == BESIDE and self.compared is not None:
            return self.compared.turn
        if cursor is not None or self.recording is None:
            return cursor or 0
        return happening_in(self.recording, frame(self.recording, self.at))

    # --- which session

    def on_screen_resume(self) -> None:
        self._looked = time.monotonic()
        if self.playing:
            self._tick()
        if self.view == CHOOSE and not self._loading:
            self.query_one(SessionChooser).take_keys()
            self._list(self.query_one(SessionChooser).words)
        elif self.recording is not None and not self._loading:
            self._load(self.recording.session, None)

    def arrive(self, **what: Any) -> None:
        """`session`: which to replay, from `turn` on; without one, whatever was here."""
        if what.get("session") is not None:
            self.open(what["session"], what.get("turn"))

    def open(self, session: str, turn: int | None = None) -> None:
        """Replay a session from a turn on."""
        self.playing = False
        self._loading = session
        self._load(session, turn or 1)

    @work(group="load", exclusive=True, exit_on_error=False)
    async def _load(self, session: str, turn: int | None) -> None:
        """Read a session; `turn` None: only to see whether it has grown."""
        home, known = self.shared.home, self.recording
        try:
            found = await in_background(partial(_read, home, session), "replay")
        except (StoreError, OSError) as error:
            self._loading = ""
            what = "opened" if turn is not None else "read again"
            self.notice(f"Not {what}: {error}. {getattr(error, 'hint', '')}")
            return
        self._loading = ""
        if turn is None and (known is None or known.final == found.final):
            return
        self.recording = found
        if turn is not None:
            self._begin(found, turn)
        self.refresh_bindings()
        self.draw()

    def _begin(self, found: Recording, turn: int) -> None:
        self.stop_asking()
        self.film.pages.clear()
        self.view = FILM
        self.seek(found.starts(turn))
        left_out = f"{duration(found.left_out)} of waiting left out" if found.left_out >= 1 else ""
        told = [found.broken or left_out, found.title or "Untitled"]
        self.notice(" · ".join(each for each in told if each))
        self.action_play()

    @on(SessionChooser.Wanted)
    def _wanted(self, event: SessionChooser.Wanted) -> None:
        self._list(event.words)

    @work(group="list", exclusive=True, exit_on_error=False)
    async def _list(self, words: str) -> None:
        try:
            found = await in_background(partial(_sessions, self.shared.home, words), "sessions")
        except (StoreError, OSError) as error:
            return self.notice(f"The sessions cannot be read: {error}")
        self.query_one(SessionChooser).show(found)

    @on(SessionChooser.Chosen)
    def _chosen(self, event: SessionChooser.Chosen) -> None:
        self.open(event.session.id)

    # --- the clock

    def seek(self, at: float) -> None:
        """Be at a moment of the replay; the newest turn is in view again."""
        if self.recording is None:
            return
        self.at = min(max(at, 0.0), self.recording.seconds)
        self._looked = time.monotonic()
        self.film.pages.cursor = None
        self.film.pages.follow()
        if not self._drawing:  # many may come at once: the mouse is quick
            self._drawing = True
            self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Show this moment."""
        self._drawing = False
        if self.recording is not None and self.is_mounted:
            shown = frame(self.recording, self.at)
            self.film.show(self.recording, shown, self.speed, self.playing)

    def _tick(self) -> None:
        """Go on by as much as the clock has since the last time."""
        now = time.monotonic()
        if not self.playing or self.recording is None or not self.is_active:
            return
        self.at = min(self.at + (now - self._looked) * self.speed, self.recording.seconds)
        self._looked = now
        self.draw()
        if self.at >= self.recording.seconds:
            self.playing = False
            return
        spent = time.monotonic() - now
        writing = self.recording.writing(self.at) is not None
        self.set_timer(max(next_flush(spent), 0.0 if writing else self._wait()), self._tick)

    def _wait(self) -> float:
        """Until something begins to happen, but never so long that the clock seems to stand."""
        assert self.recording is not None
        coming = self.recording.beats[self.recording.done(self.at) :][:1]
        seconds = coming[0].begins - self.at if coming else 0.0
        return min(QUIET_BEAT, max(seconds / self.speed, 0.0))

    def watch_playing(self, playing: bool) -> None:
        self._looked = time.monotonic()
        if playing:
            self._tick()
        else:
            self.draw()

    # --- the keys of the film

    def action_play(self) -> None:
        if self.recording is None:
            return
        if self.at >= self.recording.seconds > 0:
            self.seek(0.0)
        self.playing = self.recording.seconds > 0

    def action_pause(self) -> None:
        self.playing = False

    def action_scrub(self, step: int) -> None:
        if self.recording is not None:
            self.seek(self.at + step * max(NUDGE, self.recording.seconds / 60))

    def action_start(self) -> None:
        self.seek(0.0)

    def action_end(self) -> None:
        if self.recording is not None:
            self.seek(self.recording.seconds)

    def action_step(self, step: int) -> None:
        """One event; what goes by itself would run away from under the key."""
        if self.recording is not None:
            self.playing = False
            self.seek(replaying.stepped(self.recording, self.at, step))

    def action_turn(self, step: int) -> None:
        if self.recording is not None:
            self.seek(replaying.turned(self.recording, self.at, step))

    def action_mark(self, step: int) -> None:
        if self.recording is not None:
            self.seek(replaying.marked(self.recording, self.at, step))

    def action_speed(self, step: int) -> None:
        self.speed = replaying.faster(self.speed, step)
        self.draw()

    def action_jump(self) -> None:
        if self.recording is not None and self.recording.final.turns:
            self.app.push_screen(AskTurn(len(self.recording.final.turns)), self._jump)

    def _jump(self, turn: int | None) -> None:
        if turn is not None and self.recording is not None:
            self.seek(self.recording.starts(turn))

    def action_select(self, step: int) -> None:
        self.film.pages.select(step)

    def action_scroll_pages(self, step: int) -> None:
        where = self.query_one(ThenNow) if self.view == BESIDE else self.film.pages
        (where.scroll_page_up if step < 0 else where.scroll_page_down)(animate=False)

    @on(Scrubber.Sought)
    def _sought(self, event: Scrubber.Sought) -> None:
        self.seek(event.at)

    @on(Transcript.MoreAsked)
    def _show_more(self, event: Transcript.MoreAsked) -> None:
        self.film.pages.show_more(event.earlier)
        self.draw()

    # --- the keys of then beside now

    def action_compare(self) -> None:
        self.playing = False
        if self.compare(self.turn_in_view):
            self.view = BESIDE

    def action_compare_turn(self, step: int) -> None:
        """The next turn in that direction of which there is something to compare."""
        assert self.recording is not None
        number = self.turn_in_view + step
        while 0 < number <= len(self.recording.final.turns):
            if not isinstance(comparing.then(self.recording, number), str):
                self.compare(number)
                return
            number += step
        self.notice("There is no other turn with something to compare.")

    def action_ask(self, step: int) -> None:
        names = comparing.choices(self.shared.store, self.base)
        self.ask(comparing.beside(self.now.asked, names, step))

    def action_ask_named(self, name: str) -> None:
        self.ask(name)

    def action_start_engine(self) -> None:
        self.notice("Starting the engine…")
        self.shared.link.start_again()

    # --- elsewhere

    def action_open(self) -> None:
        """Go to the conversation at this turn."""
        if self.recording is not None:
            what = {"session": self.recording.session, "turn": self.turn_in_view or None}
            self.playing = False
            self.post_message(self.GoTo(CONVERSE, what))

    @work(group="fork", exclusive=True, exit_on_error=False)
    async def action_fork(self) -> None:
        """A new session that begins with the turns up to this one, and the conversation in it."""
        if self.recording is None or not self.turn_in_view:
            return
        self.playing = False
        fork = partial(_fork, self.shared.home, self.recording.session, self.turn_in_view)
        try:
            made = await in_background(fork, "fork")
        except (StoreError, OSError) as error:
            return self.notice(f"Not forked: {error}. {getattr(error, 'hint', '')}")
        self.post_message(self.GoTo(CONVERSE, {"session": made.id}))

    def action_sessions(self) -> None:
        self.playing = False
        self.stop_asking()
        self.view = CHOOSE
        self._list(self.query_one(SessionChooser).words)

    def action_back(self) -> None:
        """One view back; from the film to the conversation."""
        if self.view == BESIDE:
            self.stop_asking()
            self.view = FILM
        elif self.view == CHOOSE and self.recording is not None:
            self.view = FILM
        else:
            super().action_back()

    def leave(self) -> None:
        self.playing = False
        self.stop_asking()

    def watch_view(self, view: str) -> None:
        if not self.is_mounted:
            return
        self.query_one(ContentSwitcher).current = view
        if view == CHOOSE:
            self.query_one(SessionChooser).take_keys()
        else:
            self.set_focus(None)
            self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key is there, in the footer too, when it does something."""
        if action in WHERE and (self.view not in WHERE[action] or self.recording is None):
            return False
        if action in ("play", "pause"):
            return self.playing == (action == "pause")
        if action == "sessions":
            return self.view == FILM
        if action == "start_engine":
            return self.shared.link.view.state in ("gone", "failed")
        return True


def _read(home: Path, session: str) -> Recording:
    """Read a session and fold it; slow where it is long."""
    with open_store(home) as store:
        found = sessions.get(store, session)
        return record(found.id, found.title, sessions.events(store, found.id))


def _sessions(home: Path, words: str) -> list[sessions.Session]:
    with open_store(home) as store:
        return sessions.list_sessions(store, LISTED, words)


def _fork(home: Path, session: str, turn: int) -> sessions.Session:
    with open_store(home) as store:
        return sessions.fork(store, session, turn)
