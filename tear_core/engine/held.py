"""What an engine holds for all of its work: one base, the plan, the tree that answers, the floor.

The model is loaded by the first call that needs it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch

from tear_core.engine.live import Live
from tear_core.engine.messages import EngineError
from tear_core.engine.priority import Floor
from tear_core.engine.troubles import Stopped
from tear_core.learn.plan import Plan, plan_for
from tear_core.model.base import Base
from tear_core.model.families import UnsupportedBase
from tear_core.model.load import load_base
from tear_core.settings import Settings, SettingsError, load_settings
from tear_core.store.database import StoreError, open_store
from tear_core.store.fitting import settle

OF_THE_BASE = ("base", "revision", "dtype", "quantize", "delimiters", "threads")
"""Settings that a loaded base was loaded with: others of them wait for the next engine."""


class Held:
    """The engine's possessions for one home. Used from many threads.

    Attributes:
        base, plan, live: what was loaded; None, a usual plan and None until then.
        cancelled: ids of requests whose answer nobody wants any more.
        ending: the process is about to end.
        message, failed: what there is to say about loading, and that it did not work.
    """

    def __init__(self, home: Path, settings: Settings, tell: Callable[[str], None]) -> None:
        self.home = home
        self.settings = settings
        self.floor = Floor()
        self.base: Base | None = None
        self.plan = Plan()
        self.live: Live | None = None
        self.cancelled: set[str] = set()
        self.ending = False
        self.message = ""
        self.failed = False
        self._tell = tell
        self._told_at = 0.0
        self._loading = threading.Lock()
        self._usual_threads = torch.get_num_threads()

    def load(self) -> Base:
        """The base, loaded at most once. Whoever works with it begins here: its thread of the
        process gets the engine's number of threads, whatever a reply has set for its own.

        Raises:
            EngineError: it cannot be loaded; says why and what to do.
        """
        torch.get_num_threads()  # settles what a new thread would else find out in the middle
        torch.set_num_threads(self.settings.threads or self._usual_threads)
        with self._loading:
            if self.base is not None:
                return self.base
            chosen = self.settings
            self.message = f"loading {chosen.base}"
            try:
                base = load_base(
                    chosen.base,
                    revision=chosen.revision,
                    dtype=chosen.dtype,
                    quantize=chosen.quantize,
                    delimiters=chosen.delimiters,
                    progress=self._downloading,
                )
            except (OSError, UnsupportedBase, ValueError) as error:
                self.failed, self.message = True, str(error)
                raise EngineError(str(error), "`tear-tui doctor` says what works here") from error
            self.plan = plan_for(base, chosen)
            self.live = Live(base, self.plan.shape)
            self._settle(base)
            self.base, self.failed, self.message = base, False, ""
            return base

    def _settle(self, base: Base) -> None:
        """Have the base answer for what does not fit its weights."""
        with suppress(StoreError), open_store(self.home) as store:  # busy: a reply looks again
            settle(store, base.name, base.fingerprint)

    def _downloading(self, what: str, done: int, total: int) -> None:
        share = f" of {total / 1e9:.2f}" if total else ""
        self.message = f"{what}: {done / 1e9:.2f}{share} GB"
        if time.monotonic() - self._told_at > 1 or done == total:
            self._told_at = time.monotonic()
            self._tell(self.message)

    def reload_settings(self) -> None:
        """Take the settings as they are written now, from the next request on.

        Raises:
            EngineError: they cannot be used; those before stay in force.
        """
        try:
            fresh = load_settings()
        except SettingsError as error:
            raise EngineError(str(error), "the settings before stay in force") from error
        with self._loading:
            if self.base is not None:
                kept = {name: getattr(self.settings, name) for name in OF_THE_BASE}
                fresh = replace(fresh, **kept)
                self.plan = plan_for(self.base, fresh)
            self.settings = fresh

    def give_way_or_end(self, mine: str) -> None:
        """Between two packs: wait while somebody speaks.

        Raises:
            Stopped: nobody wants the answer to request `mine` any more.
        """

        def unwanted() -> bool:
            return self.ending or mine in self.cancelled

        self.floor.give_way(unwanted)
        if unwanted():
            raise Stopped
