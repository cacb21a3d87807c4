"""Generations: the tree of what was learned, and which of it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, VerticalScroll
from textual.reactive import reactive

from tear_core.engine.client import EngineError
from tear_core.store import StoreError, generations
from tear_tui.background import in_background
from tear_tui.engine_link import EngineView
from tear_tui.lineage import generation_words, reading_generations, reading_inputs
from tear_tui.lineage.duel import Asked
from tear_tui.lineage.families import Family, Lessons, Node, nodes
from tear_tui.places import Shared
from tear_tui.screens.base import Offer
from tear_tui.screens.choose import ChooseScreen
from tear_tui.screens.generations_compare import CompareScreen
from tear_tui.screens.generations_keys import KEYS, OFFERS, ROOMY
from tear_tui.screens.place import PlaceScreen
from tear_tui.widgets.ask_line import AskLine
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.line_box import LineBox
from tear_tui.widgets.notice import Notice
from tear_tui.widgets.place_bar import PlaceBar
from tear_tui.widgets.plain import Plain
from tear_tui.widgets.row_list import RowList

LOOK = 1.0
"""Seconds between two looks at whether the database has changed."""


class GenerationsScreen(PlaceScreen):
    """The tree on one side, everything about one of its rows on the other."""

    NAME = "generations"
    CSS_PATH = "generations.tcss"
    AUTO_FOCUS = "#tree"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    OFFERS: ClassVar[tuple[Offer, ...]] = OFFERS

    node: reactive[Node | None] = reactive(None, bindings=True)
    """The row that keys act on."""

    marked: reactive[tuple[str, int] | None] = reactive(None)
    """The base and number of the generation that others are compared with."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.families: list[Family] = []
        self._rows: list[Node] = []
        self._lessons: dict[int, Lessons] = {}
        self._wanted: int | None = None
        self._asked: Asked | None = None
        self._comparison: CompareScreen | None = None
        self._version = -1
        self._fingerprint = ""

    def compose(self) -> ComposeResult:
        yield PlaceBar(self.NAME)
        yield from self.content()
        yield AskLine()
        yield Notice()
        yield KeyFooter(ROOMY)

    def content(self) -> ComposeResult:
        with Container(id="family"):
            yield RowList("tree", generation_words.HEADER, "No generation yet: the base answers.")
            with VerticalScroll(id="about"):
                yield Plain(id="details")

    def on_mount(self) -> None:
        self.look_every(LOOK, self._look)
        self._look()

    def seen_again(self) -> None:
        self._lessons.clear()
        self._read()

    def arrive(self, **what: Any) -> None:
        """`generation`: the number to stand on. `session` and `turn`: words to compare it on."""
        if what.get("generation") is not None:
            self._wanted = int(what["generation"])
        if what.get("session") is not None:
            store, order = self.shared.store, self.shared.settings.order
            turn = int(what.get("turn") or 1)
            self._asked = self.attempt(
                "Not compared",
                lambda: reading_inputs.of_turn(store, what["session"], turn, order),
            )
        self._stand()

    def engine_news(self, view: EngineView) -> None:
        fresh = view.status.fingerprint if view.status is not None else ""
        if fresh != self._fingerprint:
            self._fingerprint = fresh
            self._read()
        self._look()
        self.refresh_bindings()
        if self._comparison is not None:
            self._comparison.engine_news(view)

    def leave(self) -> None:
        if self._comparison is not None:
            self._comparison.leave()

    # --- what there is

    @property
    def base(self) -> str:
        status = self.shared.link.view.status
        return status.base if status is not None else self.shared.settings.base

    @property
    def family(self) -> Family:
        """The one of the base in use."""
        return self.families[0] if self.families else Family(self.base, 0)

    def _look(self) -> None:
        """Read again if anybody has written, this screen among them."""
        (version,) = self.shared.store.connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self._read()

    @work(group="read", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        home, base, loaded = self.shared.home, self.base, self._fingerprint
        try:
            self.families = await in_background(
                lambda: reading_generations.read(home, base, loaded), "generations"
            )
        except StoreError as error:
            return self.notice(f"The generations cannot be read: {error}")
        self._rows = nodes(self.families)
        self._draw()
        self._stand()

    def _draw(self) -> None:
        rows = [
            generation_words.row(each, (each.family.base, each.number) == self.marked)
            for each in self._rows
        ]
        at = next((i for i, each in enumerate(self._rows) if _same(each, self.node)), None)
        if at is None and self.node is None:  # at first the keys are on what answers
            at = next((i for i, each in enumerate(self._rows) if each.is_live), 0)
        tree = self.query_one("#tree", RowList)
        tree.show(rows, cursor=at)
        self._moved(tree.cursor)

    def _stand(self) -> None:
        """Go to the generation that somebody came to see, and compare it if that was asked for."""
        for index, each in enumerate(self._rows):
            if self._wanted is not None and each.number == self._wanted:
                self._wanted = None
                self.query_one("#tree", RowList).cursor = index
                self._moved(index)
        if self._asked is not None and self.node is not None:
            asked, self._asked = self._asked, None
            self._open_comparison(blind=False, asked=asked)

    @on(RowList.Moved, "#tree")
    def _cursor_moved(self, event: RowList.Moved) -> None:
        self._moved(event.index)

    def _moved(self, index: int) -> None:
        self.node = self._rows[index] if index < len(self._rows) else None
        self._describe()

    @work(group="describe", exclusive=True, exit_on_error=False)
    async def _describe(self) -> None:
        node, home = self.node, self.shared.home
        if node is None:
            return
        about = self.query_one("#details", Plain)
        if node.number and node.number not in self._lessons:
            about.show(*generation_words.details(node, Lessons()))
            found = await in_background(
                lambda: reading_generations.taught(home, node.number), "lessons"
            )
            self._lessons[node.number] = found
        about.show(*generation_words.details(node, self._lessons.get(node.number, Lessons())))

    # --- what can be done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        can = _CAN.get(action)
        return not self.is_mounted or can is None or can(self)

    def action_use(self) -> None:
        node = self.node
        if node is None:
            return
        base, number, row = node.family.base, node.number, node.generation
        if row is None or not row.refused:
            return self._use(base, number, "chosen in the app")
        self.app.push_screen(
            ChooseScreen(
                f"make generation {number} live?",
                [f"The gate refused it. {generation_words.why_refused(row)}".rstrip()],
                [("k", "keep what is live"), ("o", "overrule the gate; that is kept on record")],
            ),
            lambda answer: self._use(base, number, "chosen in the app") if answer == "o" else None,
        )

    def action_roll_back(self) -> None:
        if self.family.before is not None:
            self._use(self.family.base, self.family.before, "rolled back in the app")

    def action_to_parent(self) -> None:
        if self.family.parent is not None:
            self._use(self.family.base, self.family.parent, "back to the parent, in the app")

    def _use(self, base: str, number: int, why: str) -> None:
        store = self.shared.store
        wanted = next((n for n in self._rows if (n.family.base, n.number) == (base, number)), None)
        if wanted is not None and not wanted.fits:
            return self.notice(generation_words.cannot_answer(wanted))

        def make_live() -> bool:
            generations.use(store, base, number, why)
            return True

        if self.attempt("Not made live", make_live):
            name = f"Generation {number}" if number else "The base"
            other = "" if base == self.base else f" for {base}, which is not in use"
            self.notice(f"{name} is live{other}.")
            self._told()

    def action_label(self) -> None:
        row = self.node.generation if self.node is not None else None
        if row is None:
            return
        ask = self.query_one(AskLine)
        ask.ask(f"What do you call generation {row.number}?", "A few words; empty takes it away")
        ask.query_one(LineBox).fill(row.label)

    @on(AskLine.Answered)
    def _labelled(self, event: AskLine.Answered) -> None:
        self.query_one("#tree", RowList).focus()
        row = self.node.generation if self.node is not None else None
        text, store = event.text, self.shared.store
        if text is not None and row is not None:
            self._change("Not labelled", lambda: generations.label(store, row.number, text))

    def action_pin(self) -> None:
        self._pin(True)

    def action_unpin(self) -> None:
        self._pin(False)

    def _pin(self, pinned: bool) -> None:
        number = self.node.number if self.node is not None else 0
        self._change("Not changed", lambda: generations.pin(self.shared.store, number, pinned))

    def action_mark(self) -> None:
        node = self.node
        if node is not None:
            here = (node.family.base, node.number)
            self.marked = None if self.marked == here else here
            self._draw()

    def action_delete(self) -> None:
        row = self.node.generation if self.node is not None else None
        if row is None or self.node is None:
            return
        grown = len(self.node.family.children(row.number))
        text = "Its row, its figures and what it has seen stay, and it can be rebuilt from that."
        if grown:
            text += f" {grown} grew from it; they have files of their own."
        self.app.push_screen(
            ChooseScreen(
                f"delete the files of generation {row.number}?",
                [text],
                [("k", "keep them"), ("d", "delete them")],
            ),
            lambda answer: self._delete(row.number) if answer == "d" else None,
        )

    def _delete(self, number: int) -> None:
        freed = self._change("Not deleted", lambda: generations.remove(self.shared.store, number))
        if freed is not None:
            self.notice(f"The files of generation {number} are gone: {freed / 1e6:.1f} MB.")

    def _change(self, failing: str, do: Callable[[], Any]) -> Any:
        done = self.attempt(failing, do)
        if done is not None:
            self._read()
        return done

    @work(group="told", exit_on_error=False)
    async def _told(self) -> None:
        """Read again, and tell the engine that another generation answers."""
        self._read()
        client = self.shared.link.client
        if client is not None:
            try:
                await in_background(client.poke, "poke")
            except EngineError as error:
                self.shared.link.report(error)
        self.shared.link.nudge()

    def action_compare(self) -> None:
        self._open_comparison(blind=False)

    def action_blind(self) -> None:
        self._open_comparison(blind=True)

    def _open_comparison(self, blind: bool, asked: Asked | None = None) -> None:
        node, other = self.node, self._opposite()
        if node is None or other is None or self._comparison is not None:
            return
        self._comparison = CompareScreen(self.shared, node.family, node.number, other, blind, asked)
        self.app.push_screen(self._comparison, self._compared)

    def _compared(self, _: None) -> None:
        self._comparison = None

    def _opposite(self) -> int | None:
        """What the row under the cursor is compared with; None: there is nothing to compare."""
        node = self.node
        if node is None or node.family.base != self.base:
            return None
        marked = self.marked[1] if self.marked and self.marked[0] == node.family.base else None
        parent = node.generation.parent or 0 if node.generation is not None else None
        return next(
            (n for n in (marked, node.family.live, parent) if n is not None and n != node.number),
            None,
        )

    def action_triples(self) -> None:
        if self.node is not None:
            self.post_message(self.GoTo("triples", {"generation": self.node.number}))

    def action_start_engine(self) -> None:
        self.notice("Starting the engine…")
        self.shared.link.start_again()


def _same(one: Node, other: Node | None) -> bool:
    return other is not None and (one.family.base, one.number) == (other.family.base, other.number)


def _row(screen: GenerationsScreen) -> Any:
    return screen.node.generation if screen.node is not None else None


def _can_be_live(screen: GenerationsScreen) -> bool:
    node = screen.node
    return node is not None and not node.is_live and not node.family.is_removed(node.number)


_CAN: dict[str, Callable[[GenerationsScreen], bool]] = {
    "use": _can_be_live,
    "roll_back": lambda s: s.family.before is not None,
    "to_parent": lambda s: s.family.parent is not None,
    "label": lambda s: _row(s) is not None,
    "pin": lambda s: _row(s) is not None and not _row(s).pinned and not _row(s).removed_at,
    "unpin": lambda s: _row(s) is not None and _row(s).pinned,
    "mark": lambda s: s.node is not None,
    "triples": lambda s: _row(s) is not None,
    "delete": lambda s: _row(s) is not None and not _row(s).removed_at,
    "compare": lambda s: s._opposite() is not None and s.shared.link.client is not None,
    "blind": lambda s: s._opposite() is not None and s.shared.link.client is not None,
    "start_engine": lambda s: s.shared.link.view.state in ("gone", "failed"),
}
