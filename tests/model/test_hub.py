"""Downloads, against a small Hub of our own on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import save_tiny

COMMIT = "a" * 40

FETCH = """
import json, sys
from tear_core.model.hub import fetch
told = []
try:
    path, revision = fetch("someone/tiny", None, lambda *each: told.append(each))
    names = sorted(p.name for p in path.iterdir())
    print(json.dumps({"revision": revision, "names": names, "told": told[-1:], "path": str(path)}))
except OSError as error:
    print(json.dumps({"error": str(error)}))
"""


def etag(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub's protocol as a download needs."""

    folder: Path
    asked: list[str]
    sent: dict[str, int]
    gated = False
    breaks: set[str]  # files whose first sending is cut off half way

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        kind = type(self)
        kind.asked.append(f"{self.command} {self.path}")
        if self.path.startswith("/api/models/someone/tiny"):
            if kind.gated:
                self.send_response(403)
                self.send_header("X-Error-Code", "GatedRepo")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            files = sorted(kind.folder.iterdir())
            told: Any = {
                "id": "someone/tiny",
                "sha": COMMIT,
                "siblings": [{"rfilename": path.name} for path in files],
            }
            if "/tree/" in self.path:
                told = [
                    {"type": "file", "path": p.name, "size": len(p.read_bytes()), "oid": etag(p)}
                    for p in files
                ]
            self._send(json.dumps(told).encode(), body, {"Content-Type": "application/json"})
        elif "/resolve/" in self.path:
            path = kind.folder / self.path.rsplit("/", 1)[-1].split("?")[0]
            headers = {"ETag": f'"{etag(path)}"', "X-Repo-Commit": COMMIT}
            self._send(path.read_bytes(), body, headers)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send(self, data: bytes, body: bool, headers: dict[str, str]) -> None:
        start = 0
        if asked := self.headers.get("Range"):
            start = int(asked.removeprefix("bytes=").split("-")[0])
        self.send_response(206 if start else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if body:
            kind, name = type(self), self.path.rsplit("/", 1)[-1]
            end = len(data)
            if name in kind.breaks:
                kind.breaks.remove(name)
                end = (start + end) // 2
                self.close_connection = True
            self.wfile.write(data[start:end])
            kind.sent[name] = kind.sent.get(name, 0) + end - start


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[type[Hub], dict[str, str]]]:
    folder = save_tiny(tmp_path / "remote")
    (folder / "pytorch_model.bin").write_bytes(b"pickled: must never be asked for")
    (folder / "modeling_evil.py").write_text("raise SystemExit")

    class Ours(Hub):
        pass

    Ours.folder, Ours.asked, Ours.sent, Ours.breaks = folder, [], {}, set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ours)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield (
        Ours,
        {
            "HF_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}",
            "HF_HOME": str(tmp_path / "cache"),
            "HF_HUB_DISABLE_XET": "1",
        },
    )
    server.shutdown()


def fetched(extra: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", FETCH],
        env={**os.environ, **extra},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_a_download_is_told_pinned_and_free_of_pickles_and_code(
    hub: tuple[type[Hub], dict[str, str]],
) -> None:
    server, env = hub
    got = fetched(env)
    assert got["revision"] == COMMIT
    assert "model.safetensors" in got["names"] and "config.json" in got["names"]
    assert not [n for n in got["names"] if n.endswith((".bin", ".py"))]
    assert not [path for path in server.asked if ".bin" in path or ".py" in path]
    ((_, done, total),) = got["told"]
    assert done == total > 0


def test_what_is_cached_is_used_without_asking(hub: tuple[type[Hub], dict[str, str]]) -> None:
    server, env = hub
    first = fetched(env)
    server.asked.clear()
    assert fetched({**env, "HF_HUB_OFFLINE": "1"})["path"] == first["path"]
    assert fetched(env)["path"] == first["path"]
    assert server.asked == []


def test_offline_and_not_cached_is_one_sentence(hub: tuple[type[Hub], dict[str, str]]) -> None:
    _, env = hub
    told = fetched({**env, "HF_HUB_OFFLINE": "1"})
    assert "not on this machine and the Hub cannot be reached" in told["error"]
    refused = fetched({**env, "HF_ENDPOINT": "http://127.0.0.1:9"})
    assert "not on this machine and the Hub cannot be reached" in refused["error"]


def test_a_gated_model_says_how_to_be_let_in(hub: tuple[type[Hub], dict[str, str]]) -> None:
    server, env = hub
    server.gated = True
    assert "accept its terms" in fetched(env)["error"]


def test_a_connection_that_breaks_goes_on_where_it_broke(
    hub: tuple[type[Hub], dict[str, str]],
) -> None:
    server, env = hub
    weights = server.folder / "more.safetensors"
    weights.write_bytes(os.urandom(1 << 20) * 24)  # the Hub's client keeps what comes by 10 MB
    server.breaks = {weights.name}
    got = fetched(env)
    assert (Path(got["path"]) / weights.name).read_bytes() == weights.read_bytes()
    assert server.sent[weights.name] < 1.25 * weights.stat().st_size, "it began anew"
    assert not server.breaks


def test_files_that_came_whole_before_an_end_are_not_fetched_again(
    hub: tuple[type[Hub], dict[str, str]],
) -> None:
    server, env = hub
    first = fetched(env)
    (Path(first["path"]) / "config.json").unlink()  # as if it had never come
    server.sent.clear()
    assert "config.json" in fetched(env)["names"]
    assert "model.safetensors" not in server.sent
