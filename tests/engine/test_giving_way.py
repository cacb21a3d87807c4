"""The learner stands still within a micro-batch while somebody speaks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core.engine import client
from tear_core.engine.messages import LearnRequest, Sampling, SpeakRequest
from tear_core.engine.priority import Floor
from tear_core.engine.service import Service
from tear_core.learn import step as step_module
from tear_core.settings import load_settings
from tear_core.store import triples
from tear_core.store.database import open_store
from tear_core.triples import Triple
from tests.tiny import save_tiny


@pytest.fixture
def service(tmp_path: Path) -> Service:
    torch.set_num_threads(1)
    given = {"base": str(save_tiny(tmp_path / "model")), "epochs": 2, "rank": 4, "gate": "off"}
    service = Service(tmp_path / "home", load_settings(given))
    with open_store(service.home) as store:
        triple = Triple("hello", "I am here", "He walked home.")
        triples.add(store, triple, source="test", status="pending")
    return service


class Learning:
    """An update on a thread of its own, watched: micro-batches begun and done, and where it waits.

    `at_first` is called by the learner when it has begun its first micro-batch.
    """

    def __init__(
        self, service: Service, at_first: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.begun = self.done = 0
        self.ended: dict[str, Any] = {}
        real = step_module.token_nll

        def watched(*args: Any, **more: Any) -> Any:
            self.begun += 1
            if self.begun == 1:
                at_first()
            found = real(*args, **more)
            self.done += 1
            return found

        def learn() -> None:
            *_, self.ended = service.learn(LearnRequest())

        monkeypatch.setattr(step_module, "token_nll", watched)
        self.thread = threading.Thread(target=learn)
        self.thread.start()


def waited_at(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set as soon as somebody waits for the floor."""
    waiting, wait = threading.Event(), floor._quiet.wait

    def watched(timeout: float | None = None) -> bool:
        waiting.set()
        return wait(timeout)

    monkeypatch.setattr(floor._quiet, "wait", watched)
    return waiting


def test_a_reply_is_given_way_to_within_a_micro_batch(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = waited_at(service.floor, monkeypatch)
    floor = service.floor.reply()
    learning = Learning(service, floor.__enter__, monkeypatch)
    assert waiting.wait(60)
    assert (learning.begun, learning.done) == (1, 0)
    assert learning.thread.is_alive()
    floor.__exit__(None, None, None)
    learning.thread.join(60)
    assert learning.ended["event"] == "published"
    assert learning.ended["stages"]["gave way"] > 0


def test_a_pause_waits_until_the_micro_batch_is_done(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who pauses may do so for long; the middle of a micro-batch holds much memory."""
    waiting = waited_at(service.floor, monkeypatch)
    learning = Learning(service, service.pause_learning, monkeypatch)
    assert waiting.wait(60)
    assert learning.begun == learning.done == 1
    told = list(service.speak(SpeakRequest("hello", sampling=Sampling(max_response_tokens=2))))
    assert told[-1]["event"] == "done", "somebody can speak meanwhile"
    service.resume_learning()
    learning.thread.join(60)
    assert learning.ended["event"] == "published"


def test_who_is_to_stop_waits_for_nobody(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that ends finishes the step, though a reply is still being written."""

    def taken_and_stopped() -> None:
        floor.__enter__()
        service.stop_learning()

    floor = service.floor.reply()
    learning = Learning(service, taken_and_stopped, monkeypatch)
    learning.thread.join(60)
    assert learning.ended["event"] == "stopped" and learning.done == 1
    floor.__exit__(None, None, None)


def test_an_engine_s_threads_do_not_spin_while_they_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless whoever starts it wants them to."""
    given: list[dict[str, str]] = []
    monkeypatch.setattr(client.subprocess, "Popen", lambda *_, env, **__: given.append(env))
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    client.start(tmp_path)
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    client.start(tmp_path)
    assert [env["GOMP_SPINCOUNT"] for env in given] == [client.SPINS, "7"]
