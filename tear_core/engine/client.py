"""How the app and the command line reach the engine. Imports no torch.

`connect(home)` gives the running engine of this home, or None; `start(home)` starts one
and returns at once; `in_process(home)` does the work in this process and pays for torch
only when the first request needs it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from tear_core import home as places
from tear_core.engine import address as addresses
from tear_core.engine.address import Address
from tear_core.engine.messages import (
    AwarenessRequest,
    BehaviourRequest,
    EngineBusy,
    EngineError,
    EngineGone,
    EngineStatus,
    GateRequest,
    LearnRequest,
    Reply,
    ReworkRequest,
    SpeakRequest,
    SuitesRequest,
    SurpriseRequest,
)

if TYPE_CHECKING:
    from tear_core.settings import Settings
    from tear_core.study.design import Design

__all__ = [
    "EngineBusy",
    "EngineClient",
    "EngineError",
    "EngineGone",
    "HttpClient",
    "connect",
    "in_process",
    "start",
    "study",
]

SPINS = "1000"
"""How often an engine's threads look, before they sleep, whether the others have done their part
of a sum (GNU's OpenMP, which torch brings along on Linux). By itself it is 300,000 times: where
something else has one of the cores, nearly all of a reply's time."""


class EngineClient(Protocol):
    """What every way to reach an engine can do. All calls block; call them from threads."""

    def status(self) -> EngineStatus: ...

    def speak(self, request: SpeakRequest) -> Iterator[Reply]:
        """Stream a candidate. Closing the iterator, or `cancel`, stops the model within a token."""
        ...

    def cancel(self, request_id: str) -> None: ...

    def surprise(self, request: SurpriseRequest) -> dict[str, Any]: ...

    def awareness(self, request: AwarenessRequest) -> Iterator[Reply]:
        """Measure consequence awareness, streaming. Closing the iterator stops it.

        Raises:
            EngineBusy: another measurement runs.
        """
        ...

    def suites(self, request: SuitesRequest) -> Iterator[Reply]:
        """Run suites, streaming. Closing the iterator stops it.

        Raises:
            EngineBusy: another measurement runs.
        """
        ...

    def gate(self, request: GateRequest) -> Iterator[Reply]:
        """Run the full gate on a generation, streaming. Closing the iterator stops it.

        Raises:
            EngineBusy: another measurement runs.
        """
        ...

    def behaviour(self, request: BehaviourRequest) -> Iterator[Reply]:
        """What generations measure and answer, streaming. Closing the iterator stops it.

        Raises:
            EngineBusy: another measurement runs.
        """
        ...

    def rework(self, request: ReworkRequest) -> Iterator[Reply]:
        """Make a generation out of others, streaming. Closing the iterator stops it.

        Raises:
            EngineBusy: a learner is at work.
        """
        ...

    def learn(self, request: LearnRequest) -> Iterator[Reply]:
        """Learn what is pending, streaming steps.

        Raises:
            EngineBusy: another learner runs.
        """
        ...

    def stop_learning(self) -> None:
        """Ask the learner to stop after this step and publish nothing."""
        ...

    def pause_learning(self) -> None:
        """Have whoever learns in this home stand still at the next micro-batch, until resumed."""
        ...

    def resume_learning(self) -> None: ...

    def reload_settings(self) -> None:
        """Have the engine read the settings again. Another base waits for the next engine.

        Raises:
            EngineError: they cannot be used; those before stay in force.
        """
        ...

    def poke(self) -> None:
        """Say that the database changed: there may be new pending triples."""
        ...

    def end(self) -> None:
        """Ask the engine to end once what it does is done."""
        ...


class HttpClient:
    """The engine of another process, over its Unix socket or loopback port."""

    def __init__(self, address: Address) -> None:
        import httpx

        transport = httpx.HTTPTransport(uds=address.socket) if address.socket else None
        headers = {"Authorization": f"Bearer {address.token}"} if address.token else {}
        where = "http://engine" if address.socket else f"http://127.0.0.1:{address.port}"
        self._http = httpx.Client(
            transport=transport,
            base_url=where,
            headers=headers,
            timeout=httpx.Timeout(None, connect=5.0),
            trust_env=False,
        )
        self._lost = (httpx.TransportError, httpx.StreamError)

    def status(self) -> EngineStatus:
        return EngineStatus(**self._ask("GET", "/status", timeout=10.0))

    def speak(self, request: SpeakRequest) -> Iterator[Reply]:
        request = request if request.request_id else replace(request, request_id=uuid4().hex)
        yield from self._cancellable("/speak", request)

    def awareness(self, request: AwarenessRequest) -> Iterator[Reply]:
        request = request if request.request_id else replace(request, request_id=uuid4().hex)
        yield from self._cancellable("/awareness", request)

    def suites(self, request: SuitesRequest) -> Iterator[Reply]:
        request = request if request.request_id else replace(request, request_id=uuid4().hex)
        yield from self._cancellable("/suites", request)

    def gate(self, request: GateRequest) -> Iterator[Reply]:
        request = request if request.request_id else replace(request, request_id=uuid4().hex)
        yield from self._cancellable("/gate", request)

    def behaviour(self, request: BehaviourRequest) -> Iterator[Reply]:
        request = request if request.request_id else replace(request, request_id=uuid4().hex)
        yield from self._cancellable("/behaviour", request)

    def rework(self, request: ReworkRequest) -> Iterator[Reply]:
        request = request if request.request_id else replace(request, request_id=uuid4().hex)
        yield from self._cancellable("/rework", request)

    def cancel(self, request_id: str) -> None:
        self._ask("POST", f"/cancel/{request_id}", timeout=10.0)

    def surprise(self, request: SurpriseRequest) -> dict[str, Any]:
        scores: dict[str, Any] = self._ask("POST", "/surprise", asdict(request))
        return scores

    def learn(self, request: LearnRequest) -> Iterator[Reply]:
        yield from self._stream("/learn", asdict(request))

    def stop_learning(self) -> None:
        self._ask("POST", "/learn/stop", timeout=10.0)

    def pause_learning(self) -> None:
        self._ask("POST", "/learn/pause", timeout=10.0)

    def resume_learning(self) -> None:
        self._ask("POST", "/learn/resume", timeout=10.0)

    def reload_settings(self) -> None:
        self._ask("POST", "/settings", timeout=10.0)

    def poke(self) -> None:
        self._ask("POST", "/poke", timeout=10.0)

    def end(self) -> None:
        """Ask the engine process to end."""
        self._ask("POST", "/end", timeout=10.0)

    def _ask(self, method: str, path: str, body: Any = None, timeout: float | None = None) -> Any:
        try:
            answer = self._http.request(method, path, json=body, timeout=timeout)
        except self._lost as error:
            raise _gone() from error
        return _checked(answer.status_code, answer.content)

    def _cancellable(
        self,
        path: str,
        request: SpeakRequest
        | AwarenessRequest
        | BehaviourRequest
        | GateRequest
        | ReworkRequest
        | SuitesRequest,
    ) -> Iterator[Reply]:
        """A stream that stops the engine's work when nobody reads on."""
        ended = False
        try:
            yield from self._stream(path, asdict(request))
            ended = True
        finally:
            if not ended:
                with suppress(EngineError):
                    self.cancel(request.request_id)

    def _stream(self, path: str, body: Any) -> Iterator[Reply]:
        try:
            with self._http.stream("POST", path, json=body) as answer:
                if answer.status_code != 200:
                    _checked(answer.status_code, answer.read())
                for line in answer.iter_lines():
                    reply: Reply = json.loads(line)
                    if reply["event"] == "error" and reply.get("kind") == "EngineBusy":
                        raise EngineBusy(reply["message"], reply["hint"])
                    yield reply
        except self._lost as error:
            raise _gone() from error


def _checked(code: int, body: bytes) -> Any:
    if code == 200:
        return json.loads(body)
    try:
        told = json.loads(body)
        kind = EngineBusy if told.get("kind") == "EngineBusy" else EngineError
        raise kind(str(told.get("message", told)), str(told.get("hint", "")))
    except ValueError:
        raise EngineError(f"the engine answered {code}", "see logs/engine.log") from None


def _gone() -> EngineGone:
    return EngineGone("the engine does not answer any more", "start it again; nothing is lost")


def connect(home: Path) -> HttpClient | None:
    """The running engine of this home, or None."""
    address = addresses.read(home)
    if address is None:
        return None
    client = HttpClient(address)
    try:
        client.status()
    except EngineGone:
        return None
    return client


def start(home: Path) -> None:
    """Start an engine for this home and return at once; `connect` says when it is there.

    It outlives its starter. If one is running already the new one ends by itself.
    """
    log = places.logs_folder(home) / "engine.out"
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        subprocess.Popen(
            [sys.executable, "-m", "tear_core.engine", "--home", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            start_new_session=True,
            env={"GOMP_SPINCOUNT": SPINS, **os.environ},
        )
    finally:
        os.close(handle)


def in_process(home: Path, tell: Callable[[str], None] = lambda _: None) -> EngineClient:
    """The engine's work in this process, for a command when no engine runs.

    `tell` hears what takes long: downloads, in words.
    """
    from tear_core.engine.in_process import InProcess

    return InProcess(home, tell)


def study(home: Path, design: Design, settings: Settings) -> Iterator[Reply]:
    """Run a study in this process, telling what is done (see `study.running.run`)."""
    from tear_core.study.running import run

    yield from run(home, design, settings)
