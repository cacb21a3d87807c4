"""What has just happened, in a line; an error that has more to say gets the rows it needs."""

from __future__ import annotations

from textual.timer import Timer

from tear_tui.text.safe_text import safe_line
from tear_tui.widgets.plain import Plain

SECONDS = 12.0
"""How long a notice stays."""


class Notice(Plain):
    """Goes by itself, or when there is something newer."""

    DEFAULT_CSS = """
    Notice { height: auto; min-height: 1; max-height: 3; padding: 0 2; color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__(id="notice")
        self._timer: Timer | None = None

    def say(self, text: str) -> None:
        """Show a sentence or two; an empty text takes back what stands there."""
        self.show(safe_line(text))
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SECONDS, lambda: self.say("")) if text else None
