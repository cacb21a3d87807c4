"""The app in a browser: on this machine only, for whoever has the key, and nothing from outside."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer
from typer.testing import CliRunner

from tear_tui.cli import app as cli
from tear_tui.cli.web import command_line
from tear_tui.web.server import AppServer

STUB = "import sys; sys.stdout.buffer.write(b'__GANGLION__\\n' + b'D\\x00\\x00\\x00\\x05hello'); " \
    "sys.stdout.flush(); sys.stdin.buffer.read(1)"  # fmt: skip
"""Speaks to textual-serve as an app does, and ends when it is told anything."""


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[TestClient, AppServer]]:
    """A server whose app is a stub, and a browser's requests to it."""
    server = AppServer(shlex.join([sys.executable, "-c", STUB]), "127.0.0.1", 8000)
    server.console.quiet = True
    async with TestClient(TestServer(await server._make_app())) as client:
        yield client, server


async def test_the_address_lets_in_and_takes_the_key_out_of_the_address_bar() -> None:
    async with serving() as (client, server):
        assert server.address == f"http://127.0.0.1:8000/?key={server.key}"
        answer = await client.get(f"/?key={server.key}", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (302, "/")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        page = await client.get("/")
        assert page.status == 200 and "data-session-websocket-url" in await page.text()
        assert (await client.get("/static/js/textual.js")).status == 200


async def test_nobody_comes_in_without_the_key() -> None:
    async with serving() as (client, server):
        for path in ("/", "/?key=", "/?key=wrong", "/ws", "/static/js/textual.js", "/download/x"):
            answer = await client.get(path, allow_redirects=False)
            assert answer.status == 403, path
            assert "tear-tui web" in await answer.text()
        assert server.key not in await (await client.get("/")).text()


async def test_a_foreign_name_or_a_foreign_page_is_refused_even_with_the_key() -> None:
    async with serving() as (client, server):
        good = f"/?key={server.key}"
        for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""):
            answer = await client.get(good, headers={"Host": host}, allow_redirects=False)
            assert answer.status == 403, host
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
            answer = await client.get(good, headers={"Origin": origin}, allow_redirects=False)
            assert answer.status == 403, origin
        for host in ("localhost:9000", "127.0.0.1:9000", "[::1]:9000"):  # through ssh -L
            answer = await client.get(good, headers={"Host": host}, allow_redirects=False)
            assert answer.status == 302, host


async def test_the_websocket_is_for_the_page_alone() -> None:
    async with serving() as (client, server):
        await client.get(f"/?key={server.key}")
        own = f"http://{client.host}:{client.port}"
        with pytest.raises(WSServerHandshakeError) as caught:
            await client.ws_connect("/ws", headers={"Origin": "http://evil.example"})
        assert caught.value.status == 403
        async with client.ws_connect("/ws", headers={"Origin": own}) as socket:
            message = await socket.receive(timeout=20)
            assert (message.type, message.data) == (WSMsgType.BINARY, b"hello")
            await socket.send_json(["stdin", "q"])
            while not socket.closed:
                await socket.receive(timeout=20)


async def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    async with serving() as (client, server):
        await client.get(f"/?key={server.key}")
        answer = await client.get("/")
        page = await answer.text()
        own = f"{client.host}:{client.port}"
        assert set(re.findall(r"\b(?:https?|wss?)://([^/\"]+)", page)) == {own}
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and f"connect-src 'self' ws://{own}" in policy
        named = re.findall(r"(?:href|src)=\"(/[^\"]+)\"|url\(\"(/[^\"]+)\"\)", page)
        for path in (one or other for one, other in named):
            if path != "/":
                assert (await client.get(path)).status == 200, path


def test_other_hosts_are_refused_with_the_reason_and_a_way(home: Path) -> None:
    for host in ("0.0.0.0", "192.168.0.4", "example.org"):
        result = CliRunner().invoke(cli, ["web", "--host", host])
        assert result.exit_code == 1
        assert "whoever reaches it reads every session" in result.stderr
        assert "ssh -L" in result.stderr


def test_a_port_that_is_taken_is_said(home: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(cli, ["web", "--port", str(port)])
    assert result.exit_code == 1 and f"127.0.0.1:{port} cannot be listened on" in result.stderr


def test_each_tab_opens_this_home_whatever_it_is_called() -> None:
    home = Path("/tmp/a home; rm -rf 'x'")
    assert shlex.split(command_line(home))[-2:] == ["--home", str(home)]


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
async def test_a_word_typed_in_a_real_browser_is_in_the_database(
    home: Path, tmp_path: Path
) -> None:
    from tests.app.browser import Browser, serve

    assert CHROMIUM is not None
    async with serve(home) as address, Browser(CHROMIUM) as browser:
        await browser.open(address)
        await browser.until("document.body.classList.contains('-first-byte')")
        assert await browser.value("location.search") == ""
        await browser.type("Hello from a browser.")
        await browser.press_enter()
        await browser.until_said(home, "Hello from a browser.")
        await browser.picture(tmp_path / "browser.png")
        assert browser.asked_elsewhere(address) == []
    assert (tmp_path / "browser.png").stat().st_size > 5_000
