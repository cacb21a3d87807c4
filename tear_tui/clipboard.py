"""Copying out of the app, over ssh and in tmux too. Text is made safe on the way."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Mapping

NATIVE = (
    ("WAYLAND_DISPLAY", ["wl-copy"]),
    ("DISPLAY", ["xclip", "-selection", "clipboard"]),
    ("", ["pbcopy"]),
)
LIMIT = 2.0
"""Seconds that a clipboard program may take."""


def escape_sequences(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """What asks the terminal itself to copy `text` (OSC 52), also through tmux."""
    coded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    plain = f"\x1b]52;c;{coded}\x07"
    if not environment.get("TMUX"):
        return plain
    return plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def copy_natively(text: str) -> str:
    """Copy with the desktop's own program if there is one; blocks. Returns how, for people."""
    for variable, command in NATIVE:
        if (variable and not os.environ.get(variable)) or not shutil.which(command[0]):
            continue
        try:
            subprocess.run(
                command,
                input=text.encode("utf-8", "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=LIMIT,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return f"Copied with {command[0]}."
    return "Copied through the terminal."
