"""When the engine learns by itself: never, after so many new scenes, or when nobody needs it."""

from __future__ import annotations

import logging
import time

from tear_core.engine import pausing
from tear_core.engine.messages import EngineBusy, EngineError, LearnRequest
from tear_core.engine.priority import step_back
from tear_core.engine.server import Activity
from tear_core.engine.service import Service
from tear_core.settings import Settings
from tear_core.store import learning_log
from tear_core.store.database import open_store

LOOK = 1.0
"""Seconds between two looks at the clock while it waits for a quiet moment."""

BUSY_WAIT = 2.0
"""Seconds until it asks again while another process learns."""

log = logging.getLogger("tear_core.engine")


def until_due(settings: Settings, untried: int, idle: float) -> float | None:
    """Seconds until learning is due: 0 is now, None is not before something changes.

    Args:
        untried: how many new scenes wait (see `learning_log.untried`).
        idle: seconds in which nobody has asked for anything.
    """
    if not untried or settings.learn_when == "off":
        return None
    if settings.learn_when == "after":
        return 0.0 if untried >= settings.learn_after else None
    return max(0.0, settings.learn_idle_seconds - idle)


def learn_in_background(service: Service, activity: Activity) -> None:
    """Learn by the policy in force, for as long as the process lives. Looks when it is told
    that something changed, and now and then while a quiet moment is waited for."""
    step_back()
    while True:
        try:
            wait = _until_due(service, activity)
            if wait == 0.0:
                wait = _learn(service)
        except Exception:
            log.exception("learning failed")
            wait = None
        if wait != 0.0:
            activity.changed.wait(wait)
            activity.changed.clear()


def _until_due(service: Service, activity: Activity) -> float | None:
    """Seconds until it is worth looking again; 0: learn now."""
    if pausing.is_paused(service.home):
        return None
    if service.floor.taken:
        activity.seen()  # a long reply is no quiet moment
    with open_store(service.home) as store:
        untried = learning_log.untried(store, service.settings.base)
    due = until_due(service.settings, untried, time.monotonic() - activity.last)
    return due if due is None else min(due, LOOK)


def _learn(service: Service) -> float | None:
    """One update. Returns how long to wait until the next is thought of (see `until_due`)."""
    try:
        *_, last = service.learn(LearnRequest())
    except EngineBusy:
        return BUSY_WAIT
    except EngineError as error:
        log.error("%s", error)
        return None
    if last["event"] == "published":
        return 0.0
    log.warning("learning ended: %s", last.get("message", last["event"]))
    return None
