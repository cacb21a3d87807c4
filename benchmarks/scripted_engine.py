"""An engine that writes made-up words at a steady pace, where the app looks for the real one.

    python scripted_engine.py HOME... --pace 60

Answers on the home's socket as `tear_core.engine` does, over HTTP, in a process of its own: so the
app's part of a reply can be measured alone, always with the same words. It ends with its parent.
"""

from __future__ import annotations

import argparse
import json
import os
import socketserver
import threading
import time
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tear_core.engine import address
from tear_core.engine.messages import EngineStatus

SYLLABLES = ("the", " kettle", " was", " qui", "et", " and", " she", " laugh", "ed", ",", " then")
"""As long as a tokenizer's pieces are: about four letters."""


class Handler(BaseHTTPRequestHandler):
    """One request. `draft` tokens come at once; those of the scene at the pace."""

    pace = 60.0
    draft = 30
    cancelled = threading.Event()

    def do_GET(self) -> None:
        self._answer(asdict(EngineStatus(model="ready", base="nano", live=0, pending=0)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/speak":
            self._speak()
        elif self.path == "/surprise":
            many = len(json.loads(body)["triples"])
            each = [{"nats_per_token": 3.0, "tokens": 9}] * many
            whole = {"nats_per_token": 3.0, "tokens": 9, "generation": 0}
            self._answer({**whole, "triples": many, "each": each})
        else:
            if self.path.startswith("/cancel/"):
                self.cancelled.set()
            self._answer({})

    def _speak(self) -> None:
        self.send_response(200)
        self.end_headers()
        words = [SYLLABLES[number % len(SYLLABLES)] for number in range(self.draft)]
        for word in words:
            self._line(event="token", section="draft", text=word)
        self._line(event="draft", text="".join(words), **_facts(self.draft, "end"))
        self.cancelled.clear()
        words.clear()
        try:
            while not self.cancelled.wait(1 / self.pace):
                words.append(SYLLABLES[len(words) % len(SYLLABLES)])
                self._line(event="token", section="scene", text=words[-1])
            self._line(event="scene", text="".join(words), **_facts(len(words), "cancelled"))
            self._line(event="done", generation=0, seed=7)
        except OSError:
            return  # nobody listens any more

    def _line(self, **reply: Any) -> None:
        self.wfile.write(json.dumps(reply).encode() + b"\n")
        self.wfile.flush()

    def _answer(self, content: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def address_string(self) -> str:
        return "app"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is told."""


def _facts(tokens: int, stopped: str) -> dict[str, Any]:
    return {"tokens": tokens, "seconds": 0.1, "prefill_tokens": 1, "stopped": stopped}


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("homes", type=Path, nargs="+")
    parser.add_argument("--pace", type=float, default=60.0, help="tokens a second")
    given = parser.parse_args()
    Handler.pace = given.pace
    for home in given.homes:
        where = address.choose(home)
        server = Server(where.socket, Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address.publish(home, where)
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)


if __name__ == "__main__":
    main()
