"""The engine process: `python -m tear_core.engine --home FOLDER`.

One engine to a home. It ends when asked to, on SIGTERM, or when nobody has needed it for
a while and nothing is left to learn.
"""

from __future__ import annotations

import argparse
import logging
import os
import threading
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

import uvicorn
from filelock import FileLock, Timeout

from tear_core import home as places
from tear_core.engine import address as addresses
from tear_core.engine.background import learn_in_background
from tear_core.engine.priority import step_back
from tear_core.engine.server import Activity, build
from tear_core.engine.service import Service
from tear_core.engine.troubles import EXPECTED
from tear_core.settings import SettingsError, load_settings
from tear_core.store import reconciling
from tear_core.store.database import StoreError, open_store

BUSY = 75
log = logging.getLogger("tear_core.engine")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tear_core.engine")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--idle-minutes", type=float, default=15.0)
    given = parser.parse_args()
    home = places.resolve_home(given.home)
    _log_to(places.logs_folder(home) / "engine.log")
    try:
        with FileLock(places.engine_lock(home), timeout=0, mode=0o600):
            code = serve(home, given.idle_minutes)
            logging.shutdown()
            os._exit(code)  # torch's own threads do not survive an orderly interpreter shutdown
    except Timeout:
        log.info("another engine serves this home")
        return BUSY
    except (SettingsError, StoreError, OSError) as error:
        log.error("%s", error)
        return 1


def serve(home: Path, idle_minutes: float) -> int:
    """Serve this home until the end. The caller holds the engine's lock."""
    service, activity = Service(home, load_settings()), Activity()
    with open_store(home) as store:
        report = reconciling.reconcile(store)
    log.info("reconciled: %s", report)
    addresses.withdraw(home)
    where = addresses.choose(home)
    config = uvicorn.Config(
        build(service, activity, where.token),
        uds=where.socket or None,
        host="127.0.0.1",
        port=where.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    for work in (
        lambda: _announce(server, home, where),
        lambda: _prepare(service),
        lambda: learn_in_background(service, activity),
        lambda: _end_when_idle(server, service, activity, idle_minutes * 60),
    ):
        threading.Thread(target=work, daemon=True).start()
    try:
        server.run()
    finally:
        addresses.withdraw(home)
        service.end(seconds=10)
    return 0


def _announce(server: uvicorn.Server, home: Path, where: addresses.Address) -> None:
    """Once it listens, say where."""
    while not server.started and not server.should_exit:
        time.sleep(0.01)
    if where.socket:
        Path(where.socket).chmod(0o600)
    addresses.publish(home, where)


def _prepare(service: Service) -> None:
    """Load the model before the first word is asked for, and make learning ready."""
    try:
        service.load()
        step_back()
        service.prepare()
    except EXPECTED as error:
        log.error("%s", error)  # the status says so too, and the next request tries again


def _end_when_idle(
    server: uvicorn.Server, service: Service, activity: Activity, seconds: float
) -> None:
    while not server.should_exit:
        if activity.ending.wait(timeout=1.0):
            server.should_exit = True
        at_work = service.floor.taken or service.judging
        busy = at_work or service.status().learning is not None
        if not busy and time.monotonic() - activity.last > seconds:
            log.info("nobody has asked for anything in a while")
            server.should_exit = True


def _log_to(path: Path) -> None:
    """What the engine does, never what anybody said. 0600."""
    os.close(os.open(path, os.O_CREAT | os.O_APPEND, 0o600))
    handler = RotatingFileHandler(path, maxBytes=1 << 20, backupCount=2)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


if __name__ == "__main__":
    raise SystemExit(main())
