"""Copying out of a screen, by the first way that works."""

from __future__ import annotations

from pathlib import Path

from textual.app import App

from tear_tui.background import in_background
from tear_tui.tty import clipboard


async def copy_out(app: App[object], text: str, what: str, home: Path) -> str:
    """Copy a (safe) text; returns a sentence that says how, or where it was saved instead.

    The terminal is asked first, since that costs nothing; a program that answers is believed
    before it.
    """
    asked = not app.is_web and clipboard.hears_escapes(text)
    if asked:
        app.copy_to_clipboard(text)
    try:
        copied = await in_background(lambda: clipboard.copy(text, what, home, asked), "copy")
    except OSError as error:
        return f"{what} could not be copied, nor saved: {error}"
    return copied.told
