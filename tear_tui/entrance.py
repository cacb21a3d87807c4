"""How the app is entered from a shell: settings read, home opened, the terminal taken."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tear_core.engine import client as engine
from tear_core.engine.client import EngineClient
from tear_core.home import logs_folder, resolve_home
from tear_core.settings import Settings, SettingsError, load_settings
from tear_core.store import StoreError, open_store
from tear_core.turn import NotNow
from tear_tui.app import TearApp, open_log
from tear_tui.conversing.tour import is_first_time, remember
from tear_tui.places import CONVERSE
from tear_tui.tty.terminal import own_terminal


def run(  # noqa: PLR0913 - what the app is opened with, all named
    home: Path | None = None,
    *,
    session: str | None = None,
    new: bool = False,
    settings: Settings | None = None,
    connect: Callable[[Path], EngineClient | None] = engine.connect,
    start: Callable[[Path], None] = engine.start,
    at: str = CONVERSE,
    may_start: bool = True,
    tour: bool | None = None,
) -> int:
    """Open the app on a home and stay until it is left; returns the exit code.

    `tour`: with the tour or without; None: with it where nobody has said anything yet.
    """
    try:
        where = resolve_home(home)
        chosen = settings or load_settings()
        _check_keys(chosen)
        store = open_store(where)
        log = open_log(store, session, new or bool(tour))
        if tour is None:
            tour = at == CONVERSE and log.session_id is None and is_first_time(where)
        if tour:
            remember(where)
    except (StoreError, SettingsError, NotNow, OSError) as error:
        print(f"tear-tui: {error} {getattr(error, 'hint', '')}".rstrip(), file=sys.stderr)
        return 1
    with store, own_terminal(logs_folder(where) / "app.log"):
        app = TearApp(
            where,
            chosen,
            log,
            connect=connect,
            start=start,
            at=at,
            may_start=may_start,
            tour=tour,
        )
        app.run()
        app.leave()  # however it ended: a browser's tab is closed without asking
        return app.return_code or 0


def _check_keys(settings: Settings) -> None:
    """Hold a person's own keys against all there are, for which every screen is imported.

    Raises:
        SettingsError: some of them cannot be.
    """
    if settings.keymap:
        from tear_tui.preferences.keymap import refusals

        if wrong := refusals(settings):
            raise SettingsError(wrong)
