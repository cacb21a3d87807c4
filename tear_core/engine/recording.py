"""How an update ended, written into the log: what is told to whoever asked is not kept else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from tear_core.engine.messages import Reply
from tear_core.store import learning_log
from tear_core.store.database import Store, StoreError
from tear_core.store.generation_rows import REFUSED
from tear_core.store.learning_log import Outcome


def recorded(store: Store, told: Iterator[Reply], ending: Callable[[], bool]) -> Iterator[Reply]:
    """The same replies; the row of their update says at the end what became of it.

    `ending`: the process is about to end, so an update that is stopped is only interrupted.
    """
    run, ended = "", False

    def end(
        outcome: Outcome,
        why: str = "",
        generation: int | None = None,
        stages: Mapping[str, float] | None = None,
    ) -> None:
        nonlocal ended
        if run and not ended:
            ended = True
            learning_log.end(store, run, outcome, why, generation, stages)

    try:
        for reply in told:
            run = str(reply.get("run", run))
            match reply["event"]:
                case "published":
                    refused = reply.get("verdict") in REFUSED
                    why = str(reply.get("why", "")) if refused else ""
                    outcome: Outcome = "refused" if refused else "published"
                    end(outcome, why, reply["generation"], reply.get("stages"))
                case "stopped":
                    end("interrupted" if ending() else "stopped")
                case "error":
                    end("failed", str(reply["message"]))
            yield reply
    except Exception as error:
        with suppress(StoreError):  # a full disk has its say in `error` already
            end("failed", str(error))
        raise
    except BaseException:  # nobody listens any more, or ctrl+c
        with suppress(StoreError):
            end("interrupted")
        raise
