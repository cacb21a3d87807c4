"""The widget that shows text nobody vouches for: never markup, never a control character."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tear_tui.text.safe_text import safe_line, safe_text
from tear_tui.widgets.settled import Settled

Part = str | tuple[str, str]
"""Some text, or some text and its style."""


class Plain(Settled, Static):
    """Text as it is. Every string that reaches the terminal through it is made safe here."""

    def __init__(self, *parts: Part, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(content(*parts), markup=False, id=id, classes=classes)
        self._shows = parts

    def show(self, *parts: Part, layout: bool = True) -> None:
        """Replace the text; `layout=False` where its size cannot change.

        The same text again costs nothing, and one that takes as many rows as that before costs
        no layout: a screen of turns is laid out once a row, not once a word.
        """
        if parts != self._shows:
            self._shows = parts
            shown = content(*parts)
            self.update(shown, layout=layout and self._needs_other_room(shown))

    def on_resize(self) -> None:
        """A text that came while its widget was about to be as wide as it is now was measured for
        the width before: it is looked at again."""
        height = self.styles.height
        if height is not None and height.is_auto and self._needs_other_room(content(*self._shows)):
            self.refresh(layout=True)

    def _needs_other_room(self, shown: Content) -> bool:
        """Whether the widget, as it was laid out last, is too small or too large for a text."""
        width = self.styles.width
        room = self.outer_size - self.gutter.totals
        if not room.width or (width is not None and width.is_auto):
            return True
        return shown.get_height(self.styles.get_render_rules(), room.width) != room.height

    def rows_of(self, *parts: Part) -> int:
        """How many rows these parts take in the width that this widget has."""
        return content(*parts).get_height({}, max(1, self.content_size.width))

    def frame(self, title: str = "", subtitle: str = "") -> None:
        """Words on the upper and the lower border."""
        self.border_title = line(title)
        self.border_subtitle = line(subtitle)


def content(*parts: Part) -> Content:
    """Parts as one `Content`, each made safe; styles are ours, texts are anybody's."""
    return Content.assemble(*(_safe(each) for each in parts))


def line(text: str) -> Content:
    """One line of text as `Content`, for the places that would parse a plain string."""
    return Content(safe_line(text))


def _safe(part: Part) -> Part:
    return safe_text(part) if isinstance(part, str) else (safe_text(part[0]), part[1])
