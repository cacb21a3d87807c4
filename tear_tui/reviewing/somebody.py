"""Who is at the keyboard, for what is kept about their decisions."""

from __future__ import annotations

import getpass


def somebody() -> str:
    """Who is typing, as the system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "researcher"
