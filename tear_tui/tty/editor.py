"""A text in the person's own editor: `$VISUAL`, `$EDITOR`, or what the system has."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

KNOWN = ("sensible-editor", "nano", "vim", "vi", "notepad.exe")
"""Looked for where nobody has said which editor they use."""


class EditorError(RuntimeError):
    """The editor could not be used, or said that it failed. Says what to do."""


def editor(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The command that opens an editor.

    Raises:
        EditorError: none is named, and none is found.
    """
    named = environment.get("VISUAL") or environment.get("EDITOR")
    if named:
        try:
            return shlex.split(named, posix=os.name != "nt")
        except ValueError as error:
            raise EditorError(f"EDITOR cannot be read ({error}): {named}") from None
    found = next((path for name in KNOWN if (path := shutil.which(name))), None)
    if found is None:
        raise EditorError("No editor was found. Name yours in EDITOR.")
    return [found]


def edit(text: str, folder: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Open an editor on `text` and wait; returns what was saved. The terminal must be free.

    The text stands in a file of `folder` meanwhile that only its owner can read.

    Raises:
        EditorError: there is no editor, it could not be started, or it failed; nothing is changed.
    """
    command = editor(environment)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix="editing-", suffix=".txt")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        with _interrupts_are_the_editors():
            ended = subprocess.run([*command, name], stderr=sys.__stderr__, check=False)
        if ended.returncode:
            raise EditorError(f"{command[0]} ended with code {ended.returncode}; nothing changed.")
        saved = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        why = error.strerror or str(error)
        raise EditorError(
            f"{command[0]} cannot be opened ({why}). Name another in EDITOR."
        ) from None
    finally:
        path.unlink(missing_ok=True)
    return saved[:-1] if saved.endswith("\n") and not text.endswith("\n") else saved


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    """Ctrl+c reaches everybody on the terminal; while the editor has it, we do not mind.

    A handler, not SIG_IGN: that would be handed down to the editor.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
