"""The one place that makes text safe for a terminal.

Whatever a model, a file or another person wrote may hold escape sequences that set the
window's title, write the clipboard or clear the screen, and neither Textual nor a plain
print removes them. The store keeps text raw; everything shown or copied passes here.

Apply it to accumulated text, never to chunks: a sequence may be split between two.
"""

from __future__ import annotations

import re

# An operating-system command (title, clipboard), a device control string and their kin run
# to a terminator. One that never ends is cut at the end of its line: a terminal would
# swallow everything after it, and a reader should not lose the rest of a scene to it.
_STRING = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c\r\n]*(?:\x07|\x1b\\|\x9c)?"
_CSI = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, cursor, modes; also cut short
_OTHER = r"\x1b[ -/]*[0-~]?"  # reset, character sets, a bare ESC
_SEQUENCE = re.compile(f"{_STRING}|{_CSI}|{_OTHER}")

_NEWLINE = re.compile(r"\r\n?")

# Controls that reorder or hide what is beside them, and the byte order mark. Joiners stay:
# emoji and several scripts need them.
_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]
_CONTROL = [code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"]
_DROPPED: dict[int, str | None] = dict.fromkeys([*_BIDI, *_CONTROL])
_DROPPED |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # half a pair cannot be printed


def safe_text(text: str) -> str:
    """Text without escape sequences, control characters (but newline and tab) and bidi controls.

    Carriage returns become newlines. Safe text stays as it is, so applying it twice is
    the same as once.
    """
    return _NEWLINE.sub("\n", _SEQUENCE.sub("", text)).translate(_DROPPED)


def safe_line(text: str) -> str:
    """The same on one line, for a cell of a table or a title: runs of white space are a space."""
    return " ".join(safe_text(text).split())
