"""Keeps what is being typed: boxes are written to the store twice a second, on a thread."""

from __future__ import annotations

import threading
from pathlib import Path

from tear_core.store import StoreError, drafts, open_store

INTERVAL = 0.5


class Autosave:
    """The texts of open boxes by slot, each on disk within `INTERVAL` of a key press.

    Saved at a steady beat while keys come in, not only after a pause: somebody who types
    without a pause for a minute loses half a second to a crash, not the minute.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._waiting: dict[str, tuple[str, str | None]] = {}
        self._writing: dict[str, tuple[str, str | None]] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self.problem: str = ""
        """Why the last save did not succeed; empty when it did."""
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._thread.start()

    def put(self, slot: str, text: str, session: str | None = None) -> None:
        """Have `text` saved under `slot`; an empty text clears it. Returns at once."""
        with self._lock:
            self._waiting[slot] = (text, session)
            self._idle.clear()
        self._wake.set()

    def unsaved(self, slot: str) -> str | None:
        """The text of a slot that is on its way to the disk; None if nothing is."""
        with self._lock:
            on_its_way = self._waiting.get(slot) or self._writing.get(slot)
        return None if on_its_way is None else on_its_way[0]

    def flush(self, timeout: float = 2.0) -> bool:
        """Wait until everything is on disk; False if that takes longer than `timeout` seconds."""
        self._closing.set()
        self._wake.set()
        settled = self._idle.wait(timeout)
        self._closing.clear()
        return settled

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            self._save_all()
            self._closing.wait(INTERVAL)

    def _save_all(self) -> None:
        with self._lock:
            texts, self._waiting = self._waiting, {}
            self._writing = texts
        failed, self.problem = dict(texts), ""
        try:
            with open_store(self._home) as store:
                for slot, (text, session) in texts.items():
                    try:
                        drafts.save(store, slot, text, session)
                        del failed[slot]
                    except drafts.SessionGone:  # deleted meanwhile, and its drafts with it
                        del failed[slot]
                    except StoreError as error:  # the others are to be saved all the same
                        self.problem = str(error)
        except (StoreError, OSError) as error:
            self.problem = str(error)
        with self._lock:
            self._waiting, self._writing = {**failed, **self._waiting}, {}
            if self._waiting:
                self._wake.set()  # try again at the next beat
            else:
                self._idle.set()
