"""Several scenes for one draft, over the conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen

from tear_core.engine.client import EngineClient
from tear_tui.background import in_background
from tear_tui.conversing.more_scenes import SCENES, MoreScenes
from tear_tui.keys import key
from tear_tui.screens.copy_out import copy_out
from tear_tui.text.safe_text import safe_text
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.plain import Part, Plain, line

BEAT = 0.1
"""Seconds between two looks at the scenes that are being written."""


class SamplesScreen(ModalScreen[None]):
    """Draws scenes when it opens, and more at a key. Closing it stops those being written."""

    CSS_PATH = "over.tcss"

    BINDING_GROUP_TITLE = "among several scenes"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("samples.more", "s", "more", f"{SCENES} more", "Sample more scenes", shown=True),
        key("samples.copy", "y", "copy", "Copy", "Copy all of them", shown=True),
        key("samples.close", "escape,q", "close", "Close", "Stop and close; whole scenes are kept",
            shown=True, display="esc"),
    ]  # fmt: skip

    def __init__(self, more: MoreScenes, client: Callable[[], EngineClient | None]) -> None:
        super().__init__()
        self._more, self._client, self._home = more, client, more.log.store.home
        self._problem = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="over") as box:
            box.border_title = line("several scenes for one draft")
            box.border_subtitle = line("spread: 0 the same words, 1 none in common")
            yield Plain(id="told")
            with VerticalScroll() as scroll:
                scroll.can_focus = True
                yield Plain(id="scenes")
        yield KeyFooter()

    def on_mount(self) -> None:
        self._show()
        self._beat = self.set_interval(BEAT, self._tick, pause=True)
        if not self._more.candidate.samples:
            self.action_more()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "more" or self._more.left == 0

    def action_more(self) -> None:
        client = self._client()
        if client is None:
            self._problem = "The engine is not there: close this, and F8 starts it."
            return self._show()
        self._problem = ""
        self._draw(client)

    @work(group="samples", exclusive=True, exit_on_error=False)
    async def _draw(self, client: EngineClient) -> None:
        self._beat.resume()
        try:
            error = await self._more.draw(client, SCENES, self._show)
        finally:
            self._beat.pause()
        if error is not None:
            self._problem = f"{str(error).rstrip('.')}. {error.hint}".strip()
        self._show()

    def _tick(self) -> None:
        if self._more.take():
            self._show()

    def _show(self) -> None:
        if not self.is_attached:
            return
        writing = f" · {self._more.left} to come…" if self._more.left else ""
        told: list[Part] = [(f"{self._more.told()}{writing}", "bold")]
        if self._problem:
            told += ["\n", (self._problem, "italic")]
        self.query_one("#told", Plain).show(*told)
        self.query_one("#scenes", Plain).show(*self._listed())
        self.refresh_bindings()

    def _listed(self) -> list[Part]:
        parts: list[Part] = []
        for number, scene in enumerate(self._more.scenes(), start=1):
            parts += [(f"\n{number}  {scene.whose} · {scene.tokens} tokens\n", "dim")]
            parts.append(f"{scene.text}\n")
        if self._more.speech is not None:
            parts += [("\nforeseeing…\n", "dim")]
        return parts

    @work(group="copy", exit_on_error=False)
    async def action_copy(self) -> None:
        text = "\n\n".join(each.text for each in self._more.scenes())
        self._problem = await copy_out(self.app, safe_text(text), "all of them", self._home)
        self._show()

    async def action_close(self) -> None:
        rest = self._more.stop(self._client())
        self.dismiss()
        if rest is not None:
            await in_background(rest, "cancel")
