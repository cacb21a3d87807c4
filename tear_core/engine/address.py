"""Where the engine of a home listens: a Unix socket, or loopback with a token where that fails.

Written to `engine.json` (mode 0600) by the engine, read by clients. No torch.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from tear_core import home as places

LONGEST_SOCKET_PATH = 100
"""Systems cut Unix socket paths at 104 (macOS) or 108 (Linux) bytes."""


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach an engine. Either `socket` is set, or `port` and `token` are."""

    pid: int
    socket: str = ""
    port: int = 0
    token: str = ""


def choose(home: Path) -> Address:
    """An address for this process's engine."""
    path = str(places.engine_socket(home))
    if hasattr(socket, "AF_UNIX") and len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return Address(os.getpid(), socket=path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return Address(os.getpid(), port=port, token=secrets.token_urlsafe(32))


def publish(home: Path, address: Address) -> None:
    """Write the address where clients look, whole or not at all."""
    path = _file(home)
    partial = path.with_suffix(".tmp")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(address), file)
    partial.replace(path)


def read(home: Path) -> Address | None:
    """The last published address, if its process is alive."""
    try:
        address = Address(**json.loads(_file(home).read_text()))
        os.kill(address.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return address


def withdraw(home: Path) -> None:
    """The engine ends: nobody shall look for it any more."""
    _file(home).unlink(missing_ok=True)
    places.engine_socket(home).unlink(missing_ok=True)


def _file(home: Path) -> Path:
    return home / "engine.json"
