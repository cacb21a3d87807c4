"""A real Chromium, driven over its debugging port; and `tear-tui web` in a process of its own."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession

from tear_core.engine.client import connect
from tear_core.store import open_store, sessions

PATIENCE = 90.0
POLL = 0.2
START = "from tear_tui.cli import main; main()"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-port=0",
    "--window-size=1000,640",
)


@asynccontextmanager
async def serve(home: Path) -> AsyncIterator[str]:
    """The address that `tear-tui web` prints. The engine that the app started is ended, too."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", START, "--home", str(home), "web", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, "COLUMNS": "200"}
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        yield line.decode().split()[-1]
    finally:
        await _end(process)
        client = await _until(lambda: _now(connect(home)))
        client.end()


class Browser:
    """One page of a Chromium of its own."""

    def __init__(self, program: str) -> None:
        self._program = program
        # A short path: Chromium keeps sockets in it.
        self._profile = Path(tempfile.mkdtemp(prefix="chromium-"))
        self._number = 0
        self.asked: list[str] = []

    async def __aenter__(self) -> Browser:
        flags = [*FLAGS, f"--user-data-dir={self._profile}", "about:blank"]
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            self._program, *flags, stdout=quiet, stderr=quiet
        )
        self._http = ClientSession()
        port = self._profile / "DevToolsActivePort"
        await _until(lambda: _now(port.exists() and port.read_text().strip()))
        page = await _until(lambda: self._page(port.read_text().splitlines()[0]))
        self._socket = await self._http.ws_connect(page, max_msg_size=0)
        await self._call("Network.enable")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._http.close()
        await _end(self._process)
        shutil.rmtree(self._profile, ignore_errors=True)

    async def open(self, address: str) -> None:
        await self._call("Page.navigate", url=address)

    async def value(self, expression: str) -> Any:
        """What some JavaScript gives."""
        answer = await self._call("Runtime.evaluate", expression=expression)
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until some JavaScript is true."""
        await _until(lambda: self.value(expression))

    async def type(self, text: str) -> None:
        await self.value("document.querySelector('.xterm-helper-textarea').focus()")
        await self._call("Input.insertText", text=text)

    async def press_enter(self) -> None:
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        await self._call("Input.dispatchKeyEvent", type="keyDown", **key)
        await self._call("Input.dispatchKeyEvent", type="keyUp", **key)

    async def until_said(self, home: Path, words: str) -> None:
        """Wait until these words have been said in a session of this home."""
        await _until(lambda: _now(_said(home, words)))

    async def picture(self, path: Path) -> None:
        answer = await self._call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(answer["data"]))

    def asked_elsewhere(self, address: str) -> list[str]:
        """What the page has asked of anybody but its server."""
        own = urlsplit(address).netloc
        return [each for each in self.asked if urlsplit(each).netloc not in (own, "")]

    async def _call(self, method: str, **given: Any) -> Any:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": given})
        while True:
            message = await self._socket.receive_json(timeout=PATIENCE)
            if message.get("method") == "Network.requestWillBeSent":
                self.asked.append(message["params"]["request"]["url"])
            if message.get("id") == self._number:
                return message["result"]

    async def _page(self, port: str) -> str | None:
        """Where the page that is open listens."""
        with suppress(ClientError):
            async with self._http.get(f"http://127.0.0.1:{port}/json") as answer:
                for each in await answer.json():
                    if each["type"] == "page":
                        return str(each["webSocketDebuggerUrl"])
        return None


async def _until(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + PATIENCE
    while not (found := await ask()):
        assert time.monotonic() < end, "it never came to be"
        await asyncio.sleep(POLL)
    return found


async def _now(found: Any) -> Any:
    return found


def _said(home: Path, words: str) -> bool:
    with open_store(home) as store:
        found = (sessions.conversation(store, each.id) for each in sessions.list_sessions(store))
        return any(turn.input == words for each in found for turn in each.turns)


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), 15)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
