"""The half of the talk that is written: boxes that lose nothing, earlier words, an editor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from textual import on, work
from textual.app import SuspendNotSupported

from tear_core.store import Store, StoreError, open_store, recall
from tear_core.store.recall import Earlier
from tear_core.turn import Turn
from tear_tui.background import in_background
from tear_tui.conversing.boxes import Boxes
from tear_tui.conversing.recalling import Walk, begin
from tear_tui.screens.reading import ReadingScreen
from tear_tui.widgets.composer import Composer
from tear_tui.widgets.panels import AuthorPanel, EditPanel
from tear_tui.widgets.text_box import TextBox

Read = Callable[[Store], Sequence[Earlier]]


class WritingScreen(ReadingScreen):
    """What every box can do. A box goes by a name, under which its text is kept."""

    boxes: Boxes
    composer: Composer
    author: AuthorPanel
    edit: EditPanel
    authoring: Turn | None = None
    """The turn whose consequence is being written."""

    @property
    def box(self) -> TextBox | None:
        """The box that somebody writes in."""
        return self.focused if isinstance(self.focused, TextBox) else None

    def name_of(self, box: TextBox) -> str:
        """The name of a box, which says of which turn it speaks."""
        if box is self.composer:
            return "prompt"
        turn = self.authoring if box is self.author.box else self.talk.turn
        kind = "consequence" if box is self.author.box else "edit"
        return f"{kind}:{turn.number if turn is not None else 0}"

    @on(TextBox.Typed)
    def _typed(self, event: TextBox.Typed) -> None:
        self.typed_at = time.monotonic()
        self.call_after_refresh(self.key_drawn)
        self.refresh_keys()
        if not event.box.has_focus:
            return
        self.boxes.keep(self.name_of(event.box), event.box.words)
        if event.box is self.author.box and not event.box.text:
            self.started_from(None)

    def action_unfold(self) -> None:
        """Show a folded paste in full."""
        if self.box is not None:
            self.notice(self.box.unfold())

    # --- what was written before

    @on(TextBox.Left)
    def _left(self, event: TextBox.Left) -> None:
        box = event.box
        if box is self.edit.box:
            return
        walk = self.boxes.walk(self.name_of(box))
        if walk is not None and (walk.at >= 0 or event.back < 0):
            self._stand(box, walk.step(event.back, box.words))
        elif event.back > 0:
            look = recall.prompts if box is self.composer else recall.scenes
            self._begin(box, lambda store: look(store))

    def action_earlier(self) -> None:
        """Earlier scenes as a start, those after responses like this one first."""
        box, turn = self.author.box, self.authoring
        walk = self.boxes.walk(self.name_of(box))
        if walk is not None and walk.at >= 0:
            self._stand(box, walk.onward(box.words))
        elif turn is not None and turn.said is not None:
            response = turn.said.words
            self._begin(box, lambda store: recall.scenes_like(store, response))

    def action_recall(self) -> None:
        """Search what was written before in this kind of box."""
        from tear_tui.screens.pick import PickScreen

        box = self.box
        if box is None or box is self.edit.box:
            return
        look = recall.prompts if box is self.composer else recall.scenes
        title = "what you said before" if box is self.composer else "scenes you wrote before"

        async def search(words: str) -> Sequence[Earlier]:
            return await self._look_up(lambda store: look(store, words))

        def picked(chosen: tuple[Sequence[Earlier], int] | None) -> None:
            if chosen is not None:
                self._stand(box, self._walk(box, *chosen))

        self.app.push_screen(PickScreen(title, search), picked)

    @work(group="recall", exclusive=True, exit_on_error=False)
    async def _begin(self, box: TextBox, read: Read) -> None:
        entries = await self._look_up(read)
        if not entries:
            self.notice("Nothing was written before.")
        elif box is self.box:
            self._stand(box, self._walk(box, entries, 0))

    async def _look_up(self, read: Read) -> Sequence[Earlier]:
        home = self.session.store.home

        def ask() -> Sequence[Earlier]:
            with open_store(home) as store:
                return read(store)

        try:
            return await in_background(ask, "recall")
        except StoreError as error:
            self.notice(f"Not found: {error}")
            return ()

    def _walk(self, box: TextBox, entries: Sequence[Earlier], at: int) -> Walk:
        begun = self.started if box is self.author.box else None
        return begin(entries, at, self.boxes.walk(self.name_of(box)), box.words, begun)

    def _stand(self, box: TextBox, walk: Walk) -> None:
        """Have what stands at this place of a walk in the box."""
        self.boxes.stand(self.name_of(box), walk)
        self.boxes.keep(self.name_of(box), walk.text)
        box.replace_words(walk.text)
        if box is self.author.box:
            self.started_from(walk.triple)
            of = f"earlier scene {walk.at + 1} of {len(walk.entries)}" if walk.at >= 0 else ""
            self.author.say_start(of)
        elif walk.at >= 0:
            self.notice(f"{walk.at + 1} of {len(walk.entries)} that you said; ↓ leads back.")
        else:
            self.notice("")

    # --- the scene that this one was begun with

    @property
    def started(self) -> str | None:
        """The triple whose scene stood in the author's box first."""
        return self.boxes.kept(self._started_name) or None

    def started_from(self, triple: str | None) -> None:
        """Note whose scene stands in the author's box; None: it is begun with nothing."""
        if triple != self.started:
            self.boxes.keep(self._started_name, triple or "")
        if triple is None:
            self.author.say_start("")

    @property
    def _started_name(self) -> str:
        return f"started:{self.authoring.number if self.authoring is not None else 0}"

    # --- the person's own editor

    def action_outside(self) -> None:
        """Open what stands in the box in the person's own editor."""
        from tear_tui.tty import editor

        box = self.box
        if box is None:
            return
        try:
            with self.app.suspend():
                written = editor.edit(box.words, self.session.store.home)
        except SuspendNotSupported:
            self.toggle_class("-tall")
            return self.notice("No editor can be opened here; the box is as tall as it can be.")
        except editor.EditorError as error:
            return self.notice(str(error))
        finally:
            self.app.refresh()
        if written != box.words:
            box.replace_words(written)
