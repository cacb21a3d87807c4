"""Keeps what is being typed: boxes are written to the store twice a second, on a thread.

A text belongs to the copy of the app in which it is typed. What nobody writes any more, since its
copy has ended, belongs to the first that opens its box.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from tear_core.store import Store, StoreError, drafts, open_store
from tear_tui.copies import Copy, is_running

INTERVAL = 0.5


class Autosave:
    """The texts of open boxes by slot, each on disk within `INTERVAL` of a key press.

    Saved at a steady beat while keys come in, not only after a pause: somebody who types
    without a pause for a minute loses half a second to a crash, not the minute.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self.copy = Copy(home)
        self._waiting: dict[str, tuple[str, str | None]] = {}
        self._writing: dict[str, tuple[str, str | None]] = {}
        self._to_take: list[tuple[str, list[str], str | None]] = []
        """What could not be taken over at once: a box, whose words, and what stands between."""
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

    def kept(self, store: Store, slot: str, between: str | None = "\n\n") -> str:
        """What stands in a box of this copy, on the disk or on its way there.

        What nobody writes any more is taken over. Several texts follow each other with `between`
        in between; with None the newest counts.
        """
        with self._lock:
            on_its_way = self._waiting.get(slot) or self._writing.get(slot)
        if on_its_way is not None:
            return on_its_way[0]
        me, others = self.copy.name, drafts.owners(store, slot)
        left = [each for each in others if each != me and not self._is_written(each)]
        if left:
            self._hold()  # first: what is this one's is not to look as if nobody wrote it
            try:
                drafts.take(store, slot, me, left, between)
            except StoreError:  # busy: shown all the same, and taken over before anything is saved
                with self._lock:
                    self._to_take.append((slot, left, between))
                    self._idle.clear()
                self._wake.set()
        return drafts.load(store, slot, [me, *left], between) or ""

    def _is_written(self, owner: str) -> bool:
        return owner != "" and is_running(self._home, owner)

    def flush(self, timeout: float = 2.0) -> bool:
        """Wait until everything is on disk; False if that takes longer than `timeout` seconds."""
        self._closing.set()
        self._wake.set()
        settled = self._idle.wait(timeout)
        self._closing.clear()
        return settled

    def close(self, timeout: float = 2.0) -> None:
        """Save everything, and leave it to whoever opens these boxes next."""
        if self.flush(timeout):
            with suppress(StoreError, OSError), open_store(self._home) as store:
                drafts.release(store, self.copy.name)
        self.copy.let_go()

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
        if any(text for text, _ in texts.values()):
            self._hold()
        try:
            with open_store(self._home) as store:
                self._take(store)
                for slot, (text, session) in texts.items():
                    try:
                        drafts.save(store, slot, text, session, self.copy.name)
                        del failed[slot]
                    except drafts.SessionGone:  # deleted meanwhile, and its drafts with it
                        del failed[slot]
                    except StoreError as error:  # the others are to be saved all the same
                        self.problem = str(error)
        except (StoreError, OSError) as error:
            self.problem = str(error)
        with self._lock:
            self._waiting, self._writing = {**failed, **self._waiting}, {}
            if self._waiting or self._to_take:
                self._wake.set()  # try again at the next beat
            else:
                self._idle.set()

    def _hold(self) -> None:
        """Be seen to be running; where nothing can be locked, words are kept all the same."""
        with suppress(OSError, NotImplementedError):
            self.copy.hold()

    def _take(self, store: Store) -> None:
        """Take over what could not be: a box that is saved first would get the words again."""
        while self._to_take:
            slot, left, between = self._to_take[0]
            drafts.take(store, slot, self.copy.name, left, between)
            with self._lock:
                del self._to_take[0]
