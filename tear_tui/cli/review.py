"""`tear-tui triples review`: unreviewed triples one at a time, a key for each decision."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from tear_core.store import Store, StoreError, changes, edits
from tear_core.store import triples as stored_triples
from tear_core.store.edits import Edit
from tear_core.store.triples import StoredTriple
from tear_core.triples import LANDINGS
from tear_tui.cli.deciding import ask_editor
from tear_tui.cli.listing import Who, in_full
from tear_tui.cli.output import CommandError, emit_text, narrate
from tear_tui.cli.root import store_of, tell_engine

KEYS = "a accept   x reject   s skip   u undo   e edit   1 healed   2 neutral   3 hurt   q quit"
LAST_KEYS = "u undo   q quit"

_LANDING_KEYS = dict(zip("123", LANDINGS, strict=True))


def review(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only from there.", show_default=False)] = None,
    who: Who = "",
) -> None:
    """Review what waits, oldest first: accept, reject, skip, undo, edit, mark how it landed."""
    if not is_terminal():
        raise CommandError(
            "a review needs a terminal to ask in",
            "Scripts decide with `triples accept` and `triples reject`.",
        )
    with store_of(ctx) as store:
        waiting = stored_triples.list_triples(store, status="unreviewed", source=source)[::-1]
        if not waiting:
            emit_text("Nothing waits for a review.")
            return
        decided = _Review(store, who, [each.id for each in waiting]).run()
    tell_engine(ctx)
    emit_text(decided)


class _Review:
    """A walk through the queue. What was decided in it can be undone step by step."""

    def __init__(self, store: Store, who: str, queue: list[str]) -> None:
        self._store, self._who, self._queue = store, who, queue
        self._at = 0
        self._done: list[tuple[int, str, str | None]] = []
        self._keys: dict[str, Callable[[StoredTriple], None]] = {
            "a": self._accept,
            "x": self._reject,
            "s": self._skip,
            "e": self._edit,
        }

    def run(self) -> str:
        """Ask until the queue or the person is done; returns what came of it."""
        while True:
            here = None
            if self._at < len(self._queue):
                here = stored_triples.get(self._store, self._queue[self._at])
                emit_text(f"\n{self._at + 1} of {len(self._queue)}\n{in_full(here)}\n{KEYS}")
            else:
                emit_text(f"\nThat was the last one.\n{LAST_KEYS}")
            key = ask_key()
            if key in ("q", "\x03", "\x04", "") or (here is None and key != "u"):
                break
            try:
                self._press(key, here)
            except (StoreError, CommandError) as error:
                narrate(f"{error} {error.hint}".strip())
        kinds = [kind for _, kind, _ in self._done]
        left = len(self._queue) - self._at
        return (
            f"accepted {kinds.count('accepted')}, rejected {kinds.count('rejected')},"
            f" edited {kinds.count('edited')}; {left} not looked at"
        )

    def _press(self, key: str, here: StoredTriple | None) -> None:
        if key == "u" or here is None:
            self._undo()
        elif key in _LANDING_KEYS:
            self._change(here, Edit(landing=_LANDING_KEYS[key]))
        elif key in self._keys:
            self._keys[key](here)
        else:
            narrate("That is none of the keys.")

    def _accept(self, here: StoredTriple) -> None:
        changes.accept(self._store, [here.id], "accepted in review", self._who)
        self._decided("accepted")
        self._at += 1

    def _reject(self, here: StoredTriple) -> None:
        why = typer.prompt("Why", default="", show_default=False, err=True).strip()
        if not why:
            narrate("Not rejected: a reason is needed.")
            return
        changes.reject(self._store, [here.id], why, self._who)
        self._decided("rejected")
        self._at += 1

    def _skip(self, here: StoredTriple) -> None:
        self._at += 1

    def _undo(self) -> None:
        if not self._done:
            narrate("Nothing was decided yet.")
            return
        at, _, change = self._done[-1]
        changes.undo(self._store, self._who, change=change)
        self._done.pop()
        self._at = at

    def _edit(self, here: StoredTriple) -> None:
        self._change(here, ask_editor(here))

    def _change(self, here: StoredTriple, wanted: Edit) -> None:
        after = edits.edit(self._store, here.id, wanted, "edited in review", self._who)
        if after != here:
            self._queue[self._at] = after.id
            self._decided("edited")

    def _decided(self, kind: str) -> None:
        change = changes.last_change(self._store, self._queue[self._at])
        self._done.append((self._at, kind, change))


def is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_key() -> str:
    """One key from the terminal, without Enter. Keys that were pressed ahead are not lost."""
    try:
        import termios
        import tty
    except ImportError:  # Windows
        return str(typer.getchar()).lower()
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSADRAIN)
        key = os.read(terminal, 1)
        while key[:1] == b"\x1b" and select.select([terminal], [], [], 0)[0]:
            key += os.read(terminal, 16)  # an arrow or the like is one key of several bytes
    except KeyboardInterrupt:
        return ""
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
    return key.decode("utf-8", "replace").lower()
