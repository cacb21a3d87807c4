"""Whether what would answer fits the weights that are here, and how it is said if it does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tear_core.store import Store
from tear_core.store.fitting import fingerprint_of, unfit

if TYPE_CHECKING:
    from tear_core.settings import Settings


def misfit(store: Store, settings: Settings) -> int:
    """The generation that would answer, had it been learned on the weights here; 0: all is well.

    Of a base that is on the Hub only what an engine has found is known: which of its files would be
    loaded is not looked up.
    """
    return unfit(store, settings.base, fingerprint_here(settings))


def fingerprint_here(settings: Settings) -> str | None:
    """That of the base which the settings name, if it is the embedded one or a folder."""
    from tear_core.machine import EMBEDDED

    folder = EMBEDDED if settings.base == "nano" else Path(settings.base).expanduser()
    try:
        if not (folder / "config.json").is_file():
            return None
        return fingerprint_of(folder, settings.quantize, settings.delimiters)
    except OSError:
        return None


def said(number: int, base: str) -> str:
    """What is the matter, as a sentence without its full stop."""
    return f"generation {number} was learned on other weights of {base}, so the base answers"


def mended_by(number: int) -> str:
    """What helps, as a sentence without its full stop."""
    return f"`tear-tui generations rebuild {number}` learns it again on these"


def in_short(number: int, base: str) -> str:
    """Both, as two sentences."""
    told = said(number, base)
    return f"{told[0].upper()}{told[1:]}. {mended_by(number)}."
