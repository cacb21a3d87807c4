"""Serves the app to browsers on this machine, through textual-serve."""

from __future__ import annotations

import asyncio
import logging
import secrets
from pathlib import Path

import aiohttp_jinja2
import textual_serve
from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

from tear_tui.web.guard import KEY, guard

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The only hosts that may be listened on."""

STATIC = Path(textual_serve.__file__).parent / "static"


class AppServer(Server):
    """One page, one websocket to an app of its own for each tab, and the guard before both."""

    def __init__(self, command: str, host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        super().__init__(
            command,
            host=host,
            port=port,
            title="tear-tui",
            public_url=f"http://{shown}:{port}",
            statics_path=STATIC,
            templates_path=Path(__file__).parent,
        )
        self.key = secrets.token_urlsafe(24)

    @property
    def address(self) -> str:
        """What a person opens: with the key that lets them in."""
        return f"{self.public_url}/?{KEY}={self.key}"

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(guard(self.key))
        return app

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page. It asks the server by the name by which it was itself asked for."""
        about = {
            "font_size": to_int(request.query.get("fontsize", "16"), 16),
            "app_websocket_url": f"ws://{request.host}/ws",
            "config": {"static": {"url": "/static/"}},
            "application": {"name": self.title},
        }
        return aiohttp_jinja2.render_template("app_index.html", request, about)

    async def _process_messages(
        self, websocket: web.WebSocketResponse, app_service: AppService
    ) -> None:
        """Pass on what a tab sends, until it is closed or its app has ended, killed or not."""
        ended = asyncio.create_task(_close_after(app_service, websocket))
        try:
            await super()._process_messages(websocket, app_service)
        finally:
            ended.cancel()

    async def on_startup(self, app: web.Application) -> None:
        """Say where the app is, and nothing else."""
        self.console.print(f"The app is at {self.address}", highlight=False, soft_wrap=True)
        self.console.print("ctrl+c ends the server; what was said is kept.", highlight=False)

    def initialize_logging(self) -> None:
        """Only what goes wrong: a log of requests would have the key in it."""
        logging.basicConfig(level=logging.ERROR, format="%(message)s")


async def _close_after(app_service: AppService, websocket: web.WebSocketResponse) -> None:
    """Close the tab's line when nothing more comes from its app, so that the page says so."""
    if app_service._task is not None:
        await asyncio.wait([app_service._task])
        await websocket.close()
