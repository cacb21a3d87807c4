"""`tear-tui web`: the app in a browser on this machine."""

from __future__ import annotations

import shlex
import socket
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from tear_tui.cli.output import CommandError
from tear_tui.cli.root import home_of

START = "import sys; from tear_tui.cli import main; sys.argv[0] = 'tear-tui'; main()"


def web(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Listen on this port.")] = 8000,
    host: Annotated[str, typer.Option(help="Listen on this address of loopback.")] = "127.0.0.1",
) -> None:
    """Serve the app to a browser on this machine; prints the address to open.

    Each tab is an app of its own on the same home, and all share its engine. The address has a key
    in it: whoever does not know it is not let in.
    """
    from tear_tui.web.server import LOOPBACK, AppServer

    if host not in LOOPBACK:
        raise CommandError(
            f"the app is not served on {host}: whoever reaches it reads every session and"
            " uses this machine, and nothing on the way is encrypted",
            "From elsewhere: `ssh -L 8000:127.0.0.1:8000 THIS-MACHINE`, and open it over there.",
        )
    _check_free(host, port)
    AppServer(command_line(home_of(ctx)), host, port).serve()


def command_line(home: Path) -> str:
    """How each tab's app is started, for the shell."""
    return shlex.join([sys.executable, "-c", START, "--home", str(home)])


def _check_free(host: str, port: int) -> None:
    """Raise, in words, if the port cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"{host}:{port} cannot be listened on: {error.strerror}",
                f"Choose another port: --port {port + 1 if port < 65535 else port - 1}.",
            ) from None
