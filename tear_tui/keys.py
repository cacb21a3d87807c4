"""How a key is written down: each has an id, a name for the footer and a sentence for help."""

from __future__ import annotations

from typing import Any, cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.binding import Binding

NAMES = {
    "less_than_sign": "<", "greater_than_sign": ">", "question_mark": "?", "slash": "/",
    "left_square_bracket": "[", "right_square_bracket": "]", "plus": "+", "minus": "-",
    "equals_sign": "=", "left_curly_bracket": "{", "right_curly_bracket": "}", "comma": ",",
    "full_stop": ".",
    "escape": "esc", "pageup": "page up", "pagedown": "page down", "up": "↑", "down": "↓",
    "left": "←", "right": "→",
}  # fmt: skip


def key(  # one binding is one line in the tables that use this
    id: str,
    keys: str,
    action: str,
    name: str,
    help: str,
    *,
    shown: bool = False,
    display: str | None = None,
) -> Binding:
    """A binding. `shown`: in the footer, as `display`.

    Never a priority binding: those are handled before the letters that were typed ahead of
    them have reached their box, and a save would miss the last word.
    """
    return Binding(
        keys,
        action,
        name,
        show=shown,
        key_display=display,
        id=id,
        tooltip=help,
    )


def name_of(key: str) -> str:
    """One key as a person calls it."""
    *held, last = key.split("+") if key != "+" else ["+"]
    last = NAMES.get(last, last.upper() if last[:1] == "f" and last[1:].isdigit() else last)
    return "+".join([*held, last])


def let_alt_numbers_through() -> None:
    """Have alt and a number be that, in every terminal.

    Textual 8.2.8 takes them for the signs that a Mac's keyboard writes with the option key. This
    can go when `"\x1b6"` is no sign to it any more.
    """
    sequences = cast("dict[str, Any]", ANSI_SEQUENCES_KEYS)
    for number in "0123456789":
        sequences.pop(f"\x1b{number}", None)
