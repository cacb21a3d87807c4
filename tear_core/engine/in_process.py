"""The engine's work inside a command, when no engine runs. The first request pays for torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tear_core.engine import pausing
from tear_core.engine.messages import (
    AwarenessRequest,
    BehaviourRequest,
    EngineStatus,
    GateRequest,
    LearnRequest,
    Reply,
    ReworkRequest,
    SpeakRequest,
    SuitesRequest,
    SurpriseRequest,
)
from tear_core.settings import load_settings

if TYPE_CHECKING:
    from tear_core.engine.service import Service


class InProcess:
    """An `EngineClient` whose engine is this process."""

    def __init__(self, home: Path, tell: Callable[[str], None]) -> None:
        self._home, self._tell = home, tell

    @cached_property
    def _service(self) -> Service:
        from tear_core.engine.service import Service

        return Service(self._home, load_settings(), self._tell)

    def status(self) -> EngineStatus:
        return self._service.status()

    def speak(self, request: SpeakRequest) -> Iterator[Reply]:
        return self._service.speak(request)

    def cancel(self, request_id: str) -> None:
        self._service.cancel(request_id)

    def surprise(self, request: SurpriseRequest) -> dict[str, Any]:
        return self._service.surprise(request)

    def awareness(self, request: AwarenessRequest) -> Iterator[Reply]:
        return self._service.awareness(request)

    def suites(self, request: SuitesRequest) -> Iterator[Reply]:
        return self._service.suites(request)

    def gate(self, request: GateRequest) -> Iterator[Reply]:
        return self._service.gate(request)

    def behaviour(self, request: BehaviourRequest) -> Iterator[Reply]:
        return self._service.behaviour(request)

    def rework(self, request: ReworkRequest) -> Iterator[Reply]:
        return self._service.rework(request)

    def learn(self, request: LearnRequest) -> Iterator[Reply]:
        return self._service.learn(request)

    def stop_learning(self) -> None:
        self._service.stop_learning()

    def pause_learning(self) -> None:
        pausing.pause(self._home)

    def resume_learning(self) -> None:
        pausing.resume(self._home)

    def reload_settings(self) -> None:
        """A command reads the settings when it begins."""

    def poke(self) -> None:
        """Nobody learns in the background of a command."""

    def end(self) -> None:
        """It ends with this process."""
