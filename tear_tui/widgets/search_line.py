"""A line of words to look for."""

from __future__ import annotations

from tear_tui.widgets.line_box import LineBox


class SearchLine(LineBox):
    """What enter does is up to what stands around it, and so it is in the footer."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The base would take enter for itself."""
        return action != "submit"
