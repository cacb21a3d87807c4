"""The panel of the tour: a few words between the conversation and what one writes in."""

from __future__ import annotations

from collections.abc import Mapping

from tear_core.turn import Conversation
from tear_tui.conversing.tour import LAST, Step, step
from tear_tui.preferences.key_table import groups, pressed
from tear_tui.widgets.plain import Plain


class TourPanel(Plain):
    """Has rows of its own, so that it covers nothing of what it speaks of."""

    DEFAULT_CSS = """
    TourPanel {
        height: auto; margin: 0 1; padding: 0 1; background: $panel;
        border: round $accent; border-title-color: $accent; border-subtitle-color: $text-muted;
    }
    """

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__(id="tour")
        bound = (each for group in groups() for each in group.bindings)
        self._keys = {each.id: pressed(each, keymap).split(", ")[0] for each in bound if each.id}
        self._session: str | None = None
        self._begun: int | None = None
        self._step: Step | None = None

    def follow(self, session: str | None, conversation: Conversation, busy: bool) -> None:
        """Say what comes next; a session that was gone to is begun where it stands."""
        moved = self._session is not None and session != self._session
        if self._begun is None or moved or len(conversation.turns) < self._begun:
            self._begun = _begun(conversation)
        self._session = session
        now = step(conversation, self._begun, busy, lambda id: self._keys.get(id, "?"))
        if now != self._step:
            self._step = now
            ends = "esc ends it" if now.free else "ctrl+p: end the tour"
            self.frame(f"a first minute: {now.number} of {LAST}", ends)
            self.show((now.title, "bold"), ". ", now.text)


def _begun(conversation: Conversation) -> int:
    """The number of turns that lie behind: all but an open one."""
    current = conversation.current
    is_open = current is not None and current.phase in ("sent", "drafted", "previewed")
    return len(conversation.turns) - int(is_open)
