"""A place of the app beside the conversation: its row on top, its keys to go elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from tear_core.store import StoreError
from tear_core.turn import NotNow
from tear_tui.keys import key
from tear_tui.places import CONVERSE, Shared
from tear_tui.screens.base import TearScreen
from tear_tui.widgets.footer import KeyFooter
from tear_tui.widgets.notice import Notice
from tear_tui.widgets.place_bar import PlaceBar

T = TypeVar("T")


class PlaceScreen(TearScreen):
    """The frame of a place. The subclass names it and fills the middle (`content`)."""

    BINDING_GROUP_TITLE = "in every place"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("place.back", "escape", "back", "Back", "Back to the conversation", shown=True,
            display="esc"),
        key("place.help", "question_mark", "app.help", "Help", "All keys"),
        *(Binding(str(number), f"app.go_number({number})", show=False) for number in range(1, 10)),
    ]  # fmt: skip

    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self.shared = shared
        self._looks: Timer | None = None

    def compose(self) -> ComposeResult:
        yield PlaceBar(self.NAME)
        yield from self.content()
        yield Notice()
        yield KeyFooter()

    def content(self) -> ComposeResult:
        """What stands between the row on top and the footer."""
        raise NotImplementedError

    def look_every(self, seconds: float, look: Callable[[], object]) -> None:
        """Have `look` called now and then while the place is in view."""
        self._looks = self.set_interval(seconds, look)

    def on_screen_suspend(self) -> None:
        if self._looks is not None:
            self._looks.pause()

    def on_screen_resume(self) -> None:
        if self._looks is not None:
            self._looks.resume()
            self.seen_again()

    def seen_again(self) -> None:
        """The place is in view again: what it shows may be outdated."""

    def notice(self, text: str) -> None:
        self.query_one(Notice).say(text)

    def attempt(self, failing: str, do: Callable[[], T]) -> T | None:
        """What `do` gives, or None after a notice that begins with `failing` and says why."""
        try:
            return do()
        except (NotNow, StoreError, ValueError) as error:
            self.notice(f"{failing}: {error}. {getattr(error, 'hint', '')}".rstrip())
            return None

    def action_back(self) -> None:
        self.post_message(self.GoTo(CONVERSE))
