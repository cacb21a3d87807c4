"""Learning in the engine: one learner to a home, which stands still while somebody speaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from tear_core import home as places
from tear_core.engine import pausing
from tear_core.engine.held import Held
from tear_core.engine.messages import EngineBusy, LearnRequest, Reply, ReworkRequest
from tear_core.engine.recording import recorded
from tear_core.engine.trackers import mirrored
from tear_core.engine.troubles import EXPECTED, Stopped, as_reply
from tear_core.engine.versioning import rework
from tear_core.learn.learner import Asked, Learner
from tear_core.learn.lock import LearnerBusy, learner_lock
from tear_core.store.database import open_store


class Learning:
    """The learner and what it is told.

    Attributes:
        now: the last reply of the update in hand; None: nothing is learned.
    """

    def __init__(self, held: Held) -> None:
        self.now: Reply | None = None
        self._held = held
        self._learner: Learner | None = None
        self._stop = threading.Event()
        self._making = threading.Lock()

    def learn(self, request: LearnRequest) -> Iterator[Reply]:
        """Learn what is pending, streaming (see `engine.messages.Reply`).

        Raises:
            EngineBusy: another learner is at work, here or in another process.
        """
        held = self._held
        if pausing.is_paused(held.home):
            yield {"event": "notice", "message": "learning is paused until somebody resumes it"}
        try:
            with learner_lock(places.learner_lock(held.home)):
                self._stop.clear()
                learner = self._ready()
                with open_store(held.home) as store:
                    told = learner.learn(
                        store, _asked(request), self._give_way, self._stop.is_set, self._midway
                    )
                    if request.report_to:
                        folder = places.logs_folder(held.home) / "trackers"
                        told = mirrored(told, request.report_to, folder)
                    for reply in recorded(store, told, lambda: held.ending):
                        self.now = reply
                        yield reply
        except LearnerBusy as error:
            raise EngineBusy(str(error), "wait for it, or stop it") from error
        except EXPECTED as error:
            yield as_reply(error, "the triples are still pending")
        finally:
            self.now = None

    def rework(self, request: ReworkRequest) -> Iterator[Reply]:
        """Make a generation out of others, streaming (see `engine.messages.Reply`).

        Raises:
            EngineBusy: a learner is at work, here or in another process.
        """
        held, mine = self._held, request.request_id
        try:
            with learner_lock(places.learner_lock(held.home)):
                base = held.load()
                with open_store(held.home) as store:
                    yield from rework(
                        base, held.plan, store, request, lambda: held.give_way_or_end(mine)
                    )
        except Stopped:
            return
        except LearnerBusy as error:
            raise EngineBusy(str(error), "wait for it, or stop it") from error
        except EXPECTED as error:
            yield as_reply(error)
        finally:
            held.cancelled.discard(mine)

    def stop(self) -> None:
        """After this step; nothing is published."""
        self._stop.set()
        self._held.floor.look_again()

    def pause(self) -> None:
        """At the next micro-batch, until resumed: also by another engine of this home."""
        pausing.pause(self._held.home)

    def resume(self) -> None:
        pausing.resume(self._held.home)
        self._held.floor.look_again()

    def end(self, seconds: float) -> None:
        """Stop learning, and wait this long for it: a generation being written is finished."""
        self.stop()
        deadline = time.monotonic() + seconds
        while self.now is not None and time.monotonic() < deadline:
            time.sleep(0.02)

    def prepare(self) -> None:
        """Do now what the first update would wait for. Gives way like learning itself.

        Raises:
            EngineError: the base cannot be loaded.
        """
        learner = self._ready()
        if self._held.settings.learn_when != "off":
            learner.prepare(self._held.home, self._give_way)

    def _ready(self) -> Learner:
        base = self._held.load()
        with self._making:
            if self._learner is None:
                self._learner = Learner(base, self._held.plan)
        self._learner.plan = self._held.plan  # the settings may have changed since
        return self._learner

    def _give_way(self) -> None:
        """Between two micro-batches: stand still while somebody speaks, or while it is paused."""
        home = self._held.home
        self._held.floor.give_way(self._stop.is_set, lambda: pausing.is_paused(home))

    def _midway(self) -> None:
        """Within a micro-batch: a reply is soon over, a pause may be long."""
        self._held.floor.give_way(self._stop.is_set)


def _asked(request: LearnRequest) -> Asked:
    return Asked(
        limit=request.limit,
        lambda_=request.lambda_,
        epochs=request.epochs,
        seed=request.seed,
        ids=tuple(request.ids),
        note=request.note,
    )
