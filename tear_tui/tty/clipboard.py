"""Copying out of the app: with the desktop's program, through tmux, over ssh, or into a file.

The terminal's own clipboard (OSC 52) answers nothing, so it is relied on only where nothing
better is there, and never where it is known to be deaf to it.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tear_core.home import private_folder
from tear_core.store.ids import new_id

NATIVE = (
    ("WAYLAND_DISPLAY", ["wl-copy"]),
    ("DISPLAY", ["xclip", "-selection", "clipboard"]),
    ("DISPLAY", ["xsel", "--clipboard", "--input"]),
    ("WSL_DISTRO_NAME", ["clip.exe"]),
    ("", ["pbcopy"]),
)
TMUX = ["tmux", "load-buffer", "-w", "-"]
"""Into a tmux buffer, and from there (-w) to the terminal around it."""

LIMIT = 2.0
"""Seconds that a clipboard program may take."""

MOST_ESCAPED = 74_000
"""Longest text, in coded bytes, that terminals are known to take by OSC 52."""

SCREEN_PIECE = 700
"""GNU screen hands through strings of at most 768 bytes."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How a text was copied. `told` says it to a person."""

    way: str
    told: str


def copy(
    text: str, what: str, home: Path, by_escape: bool, environment: Mapping[str, str] = os.environ
) -> Copied:
    """Copy by the first way that works; blocks. The last one is a file that is named.

    Args:
        what: what it is called, e.g. "the response".
        by_escape: the terminal has been asked by `escape_sequences`, and may have obeyed.

    Raises:
        OSError: nothing worked, and no file could be written.
    """
    remote = bool(environment.get("SSH_TTY") or environment.get("SSH_CONNECTION"))
    for variable, command in () if remote else NATIVE:
        there = (not variable or environment.get(variable)) and shutil.which(command[0])
        if there and _run(command, text):
            return Copied(command[0], f"Copied {what} with {command[0]}.")
    if environment.get("TMUX") and shutil.which("tmux") and _run(TMUX, text):
        return Copied("tmux", f"Copied {what} into tmux and the terminal around it.")
    if by_escape:
        return Copied("terminal", f"Copied {what} by asking the terminal (OSC 52).")
    path = save(text, home)
    return Copied("file", f"No clipboard is within reach: {what} is in {path}")


def hears_escapes(text: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal can be expected to copy `text` when it is asked by OSC 52."""
    deaf = environment.get("TERM", "") in ("linux", "dumb", "") or "VTE_VERSION" in environment
    deaf = deaf or environment.get("TERM_PROGRAM") == "Apple_Terminal"
    return not deaf and len(text.encode("utf-8", "replace")) * 4 // 3 <= MOST_ESCAPED


def escape_sequences(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """What asks the terminal itself to copy `text` (OSC 52), through tmux and screen too."""
    coded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    plain = f"\x1b]52;c;{coded}\x07"
    if environment.get("TMUX"):
        return plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environment.get("STY"):
        pieces = [plain[at : at + SCREEN_PIECE] for at in range(0, len(plain), SCREEN_PIECE)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return plain


def save(text: str, home: Path) -> Path:
    """Write a text to a file of its own that only its owner can read."""
    path = private_folder(home / "copied") / f"{new_id()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return path


def _run(command: list[str], text: str) -> bool:
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
        return False
    return True
