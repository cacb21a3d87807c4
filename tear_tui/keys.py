"""How a key is written down: each has an id, a name for the footer and a sentence for help."""

from __future__ import annotations

from textual.binding import Binding


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
