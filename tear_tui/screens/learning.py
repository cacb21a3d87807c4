"""Learning: what is being learned and how it goes, live and afterwards, from the same log."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import DescendantFocus

from tear_core.engine.client import EngineClient, EngineError
from tear_core.engine.messages import EngineStatus, LearnRequest
from tear_core.home import pause_mark
from tear_core.settings import SettingsError
from tear_core.store import StoreError
from tear_tui.background import in_background
from tear_tui.engine_link import EngineView
from tear_tui.keys import key
from tear_tui.monitoring import base_surprise, learning_words, policy_file, reading_learning
from tear_tui.monitoring.learning import Learning, against_the_base
from tear_tui.monitoring.learning_words import Policy
from tear_tui.places import Shared
from tear_tui.screens.base import Offer
from tear_tui.screens.learning_policy import PolicyScreen
from tear_tui.screens.place import PlaceScreen
from tear_tui.text.chart_lines import Line
from tear_tui.widgets.chart import Chart
from tear_tui.widgets.plain import Plain
from tear_tui.widgets.row_list import RowList

LOOK = 1.0
"""Seconds between two looks at whether the database has changed."""


class LearningScreen(PlaceScreen):
    """Two charts, the triples of the latest step, and the updates so far."""

    NAME = "learning"
    CSS_PATH = "learning.tcss"
    AUTO_FOCUS = "#updates"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]  # noqa: RUF012
    """Two lists of sentences side by side want more room than elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("learning.learn", "l", "learn", "Learn now",
            "Learn what waits, whatever the policy says", shown=True),
        key("learning.pause", "p", "pause", "Pause", "Stand still at the next micro-batch",
            shown=True),
        key("learning.resume", "p", "resume", "Resume", "Let learning go on", shown=True),
        key("learning.stop", "s", "stop", "Stop", "Stop after this step; nothing is published",
            shown=True),
        key("learning.policy", "w", "policy", "When", "When the engine learns by itself",
            shown=True),
        key("learning.open", "enter,g", "open", "Generation",
            "Go to the generation that this update made", shown=True, display="⏎"),
        key("learning.triple", "enter,g", "open_triple", "Triple", "Go to this triple", shown=True,
            display="⏎"),
        key("learning.start", "f8", "start_engine", "Start engine", "Start the engine again",
            shown=True, display="F8"),
    ]  # fmt: skip

    OFFERS: ClassVar[tuple[Offer, ...]] = (
        ("learning: Now", "Learn what waits, whatever the policy says", "learn"),
        ("learning: Pause", "Stand still at the next micro-batch", "pause"),
        ("learning: Resume", "Let learning go on", "resume"),
        ("learning: Stop", "Stop after this step; nothing is published", "stop"),
        ("learning: When", "When the engine learns by itself", "policy"),
        ("engine: Start", "Start the engine again", "start_engine"),
    )

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.learning = Learning()
        self.chosen = ""
        """The update to look at; "" is whichever is the newest."""
        self._base: dict[str, float] = {}
        self._version = -1
        self._possible: tuple[bool, ...] = ()

    def content(self) -> ComposeResult:
        yield Plain(id="going-on")
        yield Plain(id="figures")
        yield Plain(id="policy")
        with Container(id="charts"):
            yield Chart("losses, nats per token", "No step has been taken yet.", "losses")
            yield Chart("surprise, nats per token", "No scene has been measured yet.", "surprise")
        with Container(id="below"):
            yield RowList("window", nothing="What is learned in a step stands here.")
            yield RowList("updates", "updates", "Nothing has been learned in this home yet.")

    def on_mount(self) -> None:
        self.look_every(LOOK, self._look)
        self._draw()
        self._look()

    def seen_again(self) -> None:
        self._read()

    # --- what there is to show

    @property
    def view(self) -> EngineView:
        return self.shared.link.view

    @property
    def status(self) -> EngineStatus | None:
        """What the engine says, if it is there."""
        return self.view.status if self.view.state in ("loading", "ready") else None

    @property
    def paused(self) -> bool:
        if self.status is not None:
            return self.status.paused
        return pause_mark(self.shared.home).exists()

    @property
    def policy(self) -> Policy:
        return Policy.of(self.status or self.shared.settings)

    def engine_news(self, view: EngineView) -> None:
        self._draw()
        self._read()

    def _look(self) -> None:
        """Read again if anybody has written, or if somebody learns or has just ended."""
        (version,) = self.shared.store.connection.execute("PRAGMA data_version").fetchone()
        if version != self._version or self.learning.at_work is not None:
            self._version = version
            self._read()

    @work(group="read", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        home, before, chosen = self.shared.home, self.learning, self.chosen
        base = self.status.base if self.status is not None else self.shared.settings.base
        try:
            now = await in_background(
                lambda: reading_learning.read(home, base, before, chosen), "learning"
            )
        except StoreError as error:
            return self.notice(f"The log cannot be read: {error}")
        self.learning = now
        self._draw()
        self._measure_base()

    @work(group="base", exit_on_error=False)
    async def _measure_base(self) -> None:
        """Have the base model's surprise at the same scenes measured, while nobody needs it."""
        client = self.shared.link.client
        wanted = base_surprise.wanted(self.learning, self.status, self._base)
        if client is None or not wanted or not self.is_current:
            return
        try:
            found = await in_background(
                lambda: base_surprise.measure(client, self.shared.home, wanted), "base"
            )
        except (EngineError, StoreError):
            return  # the line has a gap; the next news brings another chance
        self._base |= found
        self._draw()
        if found:
            self._measure_base()

    def _draw(self) -> None:
        now, view = self.learning, self.view
        memory = self.status.memory_bytes if self.status is not None else 0
        self.query_one("#going-on", Plain).show(
            *learning_words.headline(now, view, self.paused), layout=False
        )
        self.query_one("#figures", Plain).show(learning_words.figures(now, memory), layout=False)
        self.query_one("#policy", Plain).show(
            f"learns {learning_words.policy(self.policy)}", layout=False
        )
        self._draw_charts()
        self._draw_lists()
        possible = tuple(self._can(action) for action in _DEPENDING)
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()

    def _draw_charts(self) -> None:
        now = self.learning
        self.query_one("#losses", Chart).show_lines(
            [
                Line("consequence", [s.consequence_loss for s in now.steps], "$accent"),
                Line("response", [s.response_loss for s in now.steps], "$secondary", dotted=True),
            ],
            learning_words.count(len(now.steps), "step") if now.steps else "",
        )
        live, base = against_the_base(now.curve, self._base)
        self.query_one("#surprise", Chart).show_lines(
            [
                Line("as it was", live, "$accent"),
                Line("the base", base, "$secondary", dotted=True),
            ],
            learning_words.latest(len(now.curve)),
        )

    def _draw_lists(self) -> None:
        now = self.learning
        window, updates = self.query_one("#window", RowList), self.query_one("#updates", RowList)
        window.border_title = learning_words.window_title(now)
        window.show([row for row, _ in learning_words.window(now)])
        at = next((i for i, run in enumerate(now.runs) if now.shown and run.id == now.shown.id), 0)
        updates.show([learning_words.row(run, now) for run in now.runs], cursor=at)

    @on(RowList.Moved, "#updates")
    def _choose(self, event: RowList.Moved) -> None:
        runs = self.learning.runs
        if event.index < len(runs):
            self.chosen = "" if event.index == 0 else runs[event.index].id
            if self.learning.shown != runs[event.index]:
                self._read()

    # --- what can be done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.is_mounted or action not in _DEPENDING or self._can(action)

    def _can(self, action: str) -> bool:
        now, status = self.learning, self.status
        mine = now.at_work is not None and status is not None and now.at_work.pid == status.pid
        learning = mine or (status is not None and status.learning is not None)
        can = {
            "learn": status is not None and now.pending > 0 and now.at_work is None,
            "pause": not self.paused and (status is not None or now.at_work is not None),
            "resume": self.paused,
            "stop": learning,
            "policy": status is not None,
            "open": now.result is not None and not self._on_the_window,
            "open_triple": self._on_the_window and bool(self._triple),
            "start_engine": self.view.state in ("gone", "failed"),
        }
        return can[action]

    def action_learn(self) -> None:
        self._learn()

    @work(group="learn", exit_on_error=False)
    async def _learn(self) -> None:
        """Ask for an update, and be told only if it could not be had: the log tells the rest."""
        client = self.shared.link.client
        if client is None:
            return
        self.shared.link.nudge()
        try:
            *_, last = await in_background(lambda: list(client.learn(LearnRequest())), "learn")
        except EngineError as error:
            return self._report(error)
        if last["event"] == "error":
            self.notice(f"Nothing was published: {last['message']}. {last.get('hint', '')}")

    def action_pause(self) -> None:
        self._ask("pause_learning", "Learning stands still at the next micro-batch.")

    def action_resume(self) -> None:
        self._ask("resume_learning", "Learning goes on.")

    def action_stop(self) -> None:
        self._ask("stop_learning", "It stops after this step; what it was taught still waits.")

    @work(group="ask", exit_on_error=False)
    async def _ask(self, what: str, said: str) -> None:
        """Have the engine do something that it does at once."""
        client = self._someone()
        try:
            await in_background(getattr(client, what), what)
        except (EngineError, OSError) as error:
            return self._report(error)
        self.notice(said)
        self.shared.link.nudge()
        self._draw()

    def _someone(self) -> EngineClient:
        """The engine; where none runs, a pause is written down by this process."""
        from tear_core.engine.client import in_process

        return self.shared.link.client or in_process(self.shared.home)

    def _report(self, error: Exception) -> None:
        if isinstance(error, EngineError):
            self.shared.link.report(error)
        self.notice(f"{error}. {getattr(error, 'hint', '')}".rstrip())

    def action_policy(self) -> None:
        self.app.push_screen(PolicyScreen(self.policy), self._policy_chosen)

    def _policy_chosen(self, chosen: Policy | None) -> None:
        if chosen is not None and chosen != self.policy:
            self._save_policy(chosen)

    @work(group="policy", exclusive=True, exit_on_error=False)
    async def _save_policy(self, chosen: Policy) -> None:
        """Write the policy down where it was set before, and have the engine read it."""
        try:
            settings = await in_background(
                lambda: policy_file.write(chosen, self.policy, self.shared.settings), "policy"
            )
            self.shared.settings = settings
            await in_background(self._someone().reload_settings, "settings")
        except (SettingsError, EngineError, OSError) as error:
            return self._report(error)
        self.notice(f"The engine learns {learning_words.policy(chosen)}.")
        self.shared.link.nudge()
        self._draw()

    def action_open(self) -> None:
        if self.learning.result is not None:
            number = self.learning.result.number
            self.post_message(self.GoTo("generations", {"generation": number}))

    @property
    def _on_the_window(self) -> bool:
        return self.query_one("#window", RowList).has_focus

    @property
    def _triple(self) -> str:
        """The triple under the window's cursor; "": a finding of the gate."""
        rows, at = learning_words.window(self.learning), self.query_one("#window", RowList).cursor
        return rows[at][1] if at < len(rows) else ""

    @on(RowList.Moved, "#window")
    @on(DescendantFocus)
    def _other_keys(self) -> None:
        self.refresh_bindings()

    @on(RowList.Chosen)
    def _clicked(self) -> None:
        if self._can("open"):
            self.action_open()
        elif self._can("open_triple"):
            self.action_open_triple()

    def action_open_triple(self) -> None:
        self.post_message(self.GoTo("triples", {"triple": self._triple}))

    def action_start_engine(self) -> None:
        self.notice("Starting the engine…")
        self.shared.link.start_again()


_DEPENDING = (
    *("learn", "pause", "resume", "stop", "policy", "open", "open_triple", "start_engine"),
)
