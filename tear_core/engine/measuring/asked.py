"""Measurements that somebody asks for: one at a time, on trees of their own, after every reply."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from tear_core.engine.held import Held
from tear_core.engine.live import number_of
from tear_core.engine.measuring.awareness import judge
from tear_core.engine.measuring.full_gate import certify
from tear_core.engine.measuring.suites import suites
from tear_core.engine.messages import (
    AwarenessRequest,
    BehaviourRequest,
    EngineBusy,
    GateRequest,
    Reply,
    SuitesRequest,
)
from tear_core.engine.troubles import EXPECTED, Stopped, as_reply
from tear_core.engine.versioning import behaviour
from tear_core.model.base import Base
from tear_core.store import generations
from tear_core.store.database import Store, open_store

Work = Callable[[Base, Store, Callable[[], None]], Iterator[Reply]]


class Measuring:
    """What is measured about generations. Every call raises `EngineBusy` while another one runs."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._one = threading.Lock()

    @property
    def at_work(self) -> bool:
        return self._one.locked()

    def awareness(self, request: AwarenessRequest) -> Iterator[Reply]:
        """Measure consequence awareness, streaming (see `engine.messages.Reply`)."""
        names = (request.generation, *request.compare)
        return self._measured(
            request.request_id,
            lambda base, store, give_way: judge(
                *(base, self._held.plan, store, request, self._numbers(store, names)),
                give_way=give_way,
            ),
        )

    def suites(self, request: SuitesRequest) -> Iterator[Reply]:
        """Run suites, streaming (see `engine.messages.Reply`)."""
        names = (request.generation, *([request.against] if request.against else []))
        return self._measured(
            request.request_id,
            lambda base, store, give_way: suites(
                *(base, self._held.plan, store, request, self._numbers(store, names)),
                give_way=give_way,
            ),
        )

    def gate(self, request: GateRequest) -> Iterator[Reply]:
        """Run the full gate on a generation, streaming (see `engine.messages.Reply`)."""
        return self._measured(
            request.request_id,
            lambda base, store, give_way: certify(
                *(base, self._held.plan, store, request),
                self._numbers(store, (request.generation,))[0],
                give_way,
            ),
        )

    def behaviour(self, request: BehaviourRequest) -> Iterator[Reply]:
        """What generations measure and answer, streaming (see `engine.messages.Reply`)."""
        return self._measured(
            request.request_id,
            lambda base, store, give_way: behaviour(
                *(base, self._held.plan, store, request),
                self._numbers(store, request.generations),
                give_way=give_way,
            ),
        )

    def _numbers(self, store: Store, names: Sequence[str]) -> list[int]:
        """Each generation once, in the order in which it was named."""
        live = generations.live(store, self._held.load().name)
        return list(
            dict.fromkeys(live if name == "live" else number_of(store, name) for name in names)
        )

    def _measured(self, mine: str, work: Work) -> Iterator[Reply]:
        """A measurement that gives way to replies and ends with who asked for it."""
        if not self._one.acquire(blocking=False):
            raise EngineBusy("a measurement is running", "wait for it")
        held = self._held
        try:
            base = held.load()
            with open_store(held.home) as store:
                yield from work(base, store, lambda: held.give_way_or_end(mine))
        except Stopped:
            return
        except EXPECTED as error:
            yield as_reply(error)
        finally:
            self._one.release()
            held.cancelled.discard(mine)
