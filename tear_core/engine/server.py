"""The engine's HTTP: thin routes over `Service`, streams as JSON lines."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from tear_core.engine.messages import (
    AwarenessRequest,
    BehaviourRequest,
    EngineError,
    GateRequest,
    LearnRequest,
    Reply,
    ReworkRequest,
    SpeakRequest,
    SuitesRequest,
    SurpriseRequest,
)
from tear_core.engine.priority import step_back
from tear_core.engine.service import Service


class Activity:
    """When somebody last asked for something, and what wakes the learner."""

    def __init__(self) -> None:
        self.last = time.monotonic()
        self.changed = threading.Event()
        self.ending = threading.Event()

    def seen(self) -> None:
        self.last = time.monotonic()


def build(service: Service, activity: Activity, token: str = "") -> FastAPI:
    """The engine's application. With a `token`, every request must carry it."""
    app = FastAPI(title="tear-tui engine", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def guard(
        request: Request, proceed: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        given = request.headers.get("authorization", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return JSONResponse({"message": "this engine wants its token"}, 401)
        if request.url.path != "/status":
            activity.seen()
        return await proceed(request)

    @app.exception_handler(EngineError)
    async def explain(request: Request, error: EngineError) -> Response:
        body = {"message": str(error), "hint": error.hint, "kind": type(error).__name__}
        return JSONResponse(body, 409)

    @app.get("/status")
    def status() -> dict[str, Any]:
        return asdict(service.status())

    @app.post("/speak")
    async def speak(request: SpeakRequest) -> StreamingResponse:
        return _lines(
            lambda: service.speak(request),
            lambda: service.cancel(request.request_id),
            at_once=True,
        )

    @app.post("/cancel/{request_id}")
    def cancel(request_id: str) -> None:
        service.cancel(request_id)

    @app.post("/surprise")
    def surprise(request: SurpriseRequest) -> dict[str, Any]:
        return service.surprise(request)

    @app.post("/awareness")
    async def awareness(request: AwarenessRequest) -> StreamingResponse:
        return _lines(
            lambda: service.awareness(request), lambda: service.cancel(request.request_id)
        )

    @app.post("/suites")
    async def suites(request: SuitesRequest) -> StreamingResponse:
        return _lines(lambda: service.suites(request), lambda: service.cancel(request.request_id))

    @app.post("/gate")
    async def gate(request: GateRequest) -> StreamingResponse:
        return _lines(lambda: service.gate(request), lambda: service.cancel(request.request_id))

    @app.post("/behaviour")
    async def behaviour(request: BehaviourRequest) -> StreamingResponse:
        return _lines(
            lambda: service.behaviour(request), lambda: service.cancel(request.request_id)
        )

    @app.post("/rework")
    async def rework(request: ReworkRequest) -> StreamingResponse:
        return _lines(lambda: service.rework(request), lambda: service.cancel(request.request_id))

    @app.post("/learn")
    async def learn(request: LearnRequest) -> StreamingResponse:
        return _lines(lambda: service.learn(request), lambda: None)

    @app.post("/learn/stop")
    def stop_learning() -> None:
        service.stop_learning()

    @app.post("/learn/pause")
    def pause_learning() -> None:
        service.pause_learning()

    @app.post("/learn/resume")
    def resume_learning() -> None:
        service.resume_learning()
        activity.changed.set()

    @app.post("/settings")
    def reload_settings() -> None:
        service.reload_settings()
        activity.changed.set()

    @app.post("/poke")
    def poke() -> None:
        activity.changed.set()

    @app.post("/end")
    def end() -> None:
        activity.ending.set()

    return app


def _lines(
    make: Callable[[], Iterator[Reply]], gone: Callable[[], None], at_once: bool = False
) -> StreamingResponse:
    """Stream replies as JSON lines. `gone` is called when nobody listens any more.

    The replies are made in a thread of their own, start to end: a database connection and
    the locks of the model belong to the thread that took them. Unless they are wanted `at_once`
    it steps back behind those that are.
    """
    queue: asyncio.Queue[Reply | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def tell(reply: Reply | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: the engine is ending
            loop.call_soon_threadsafe(queue.put_nowait, reply)

    def work() -> None:
        if not at_once:
            step_back()
        try:
            for reply in make():
                tell(reply)
        except EngineError as error:
            kind = type(error).__name__
            tell({"event": "error", "message": str(error), "hint": error.hint, "kind": kind})
        except BaseException as error:
            tell({"event": "error", "message": f"the engine failed: {error!r}", "hint": ""})
            raise
        finally:
            tell(None)

    async def body() -> AsyncIterator[str]:
        threading.Thread(target=work, daemon=True, name="engine-stream").start()
        ended = False
        try:
            while (reply := await queue.get()) is not None:
                yield json.dumps(reply) + "\n"
            ended = True
        finally:
            if not ended:
                gone()

    return StreamingResponse(body(), media_type="application/x-ndjson")
