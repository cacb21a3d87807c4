"""Where the time of an update goes is written down; what can be done before it is done before."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core.engine import priority
from tear_core.engine.messages import EngineError, LearnRequest, Reply
from tear_core.engine.service import Service
from tear_core.learn import gating
from tear_core.learn.stages import Stages
from tear_core.settings import load_settings
from tear_core.store import learning_log, triples
from tear_core.store.database import open_store
from tear_core.triples import Triple
from tests.tiny import save_tiny

ORDER = ["taken up", "standing", "gave way", "scored", "gate before", "steps", "scored after"]
ORDER += ["gate after", "published"]


@pytest.fixture
def service(tmp_path: Path) -> Service:
    torch.set_num_threads(1)
    given = {"base": str(save_tiny(tmp_path / "model")), "epochs": 2, "rank": 4, "gate": "off"}
    return Service(tmp_path / "home", load_settings(given))


def add(service: Service, count: int) -> None:
    with open_store(service.home) as store:
        for i in range(count):
            triple = Triple(f"hello {i}", f"I am {i}", f"He walked {i} times.")
            triples.add(store, triple, source="test", status="pending")


def learned(service: Service) -> tuple[Reply, learning_log.LearningRun]:
    *_, last = service.learn(LearnRequest())
    with open_store(service.home) as store:
        return last, learning_log.runs(store)[0]


def test_an_update_says_where_its_time_went_and_that_is_kept(service: Service) -> None:
    add(service, 3)
    last, run = learned(service)
    assert list(last["stages"]) == ORDER == list(run.stages)
    assert run.stages == last["stages"] and all(each >= 0 for each in run.stages.values())
    assert sum(run.stages.values()) == pytest.approx(last["seconds"], rel=0.5, abs=0.5)
    assert learned(service)[0]["stages"] == {}, "nothing was pending"


def test_time_in_which_it_gave_way_is_no_stage_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 5.0, 7.0, 7.5, 8.0])
    monkeypatch.setattr("tear_core.learn.stages.time.perf_counter", lambda: next(clock))
    stages = Stages()  # 0
    stages.apart(lambda: None)()  # 1 to 5
    stages.done("steps")  # 7
    stages.done("published")  # 7.5
    assert stages.seconds == {"gave way": 4.0, "steps": 3.0, "published": 0.5}
    assert stages.total == 8.0


def test_the_base_is_measured_before_the_first_scene_waits_for_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    real = gating.probe

    def probe(tree: Any, *given: Any) -> Any:
        asked.append(tree)
        return real(tree, *given)

    monkeypatch.setattr(gating, "probe", probe)
    service.settings = replace(service.settings, gate="on")
    service.prepare()
    assert len(asked) == 1
    add(service, 1)
    learned(service)
    assert len(asked) == 2, "only what was learned"


@pytest.mark.parametrize("off", [{"gate": "off"}, {"gate": "on", "learn_when": "off"}])
def test_nothing_is_measured_where_nothing_will_be_learned_or_held(
    service: Service, monkeypatch: pytest.MonkeyPatch, off: dict[str, str]
) -> None:
    monkeypatch.setattr(gating, "probe", lambda *_: pytest.fail("measured"))
    service.settings = replace(service.settings, **off)
    service.prepare()
    assert service.status().model == "ready"


def test_a_base_that_cannot_be_loaded_cannot_be_prepared(tmp_path: Path) -> None:
    service = Service(tmp_path / "home", load_settings({"base": str(tmp_path / "nowhere")}))
    with pytest.raises(EngineError, match="no model folder"):
        service.prepare()


@pytest.mark.skipif(sys.platform != "linux", reason="the niceness of a thread is Linux's")
def test_a_thread_steps_back_alone() -> None:
    def nice() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def work() -> None:
        priority.step_back()
        found.append(nice())
        child = threading.Thread(target=lambda: found.append(nice()))
        child.start()
        child.join()

    before, found = nice(), []  # type: int, list[int]
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [min(priority.NICEST, before + priority.PATIENCE)] * 2, "and what it starts"
    assert nice() == before


def test_a_reload_in_the_middle_of_an_update_is_for_the_next_one(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The gate is switched on while an update without one is under way."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEAR_GATE", "on")
    add(service, 2)

    def steps() -> Iterator[Reply]:
        for told in service.learn(LearnRequest()):
            if told["event"] == "step":
                service.reload_settings()
            yield told

    *_, last = steps()
    assert last["event"] == "published" and last["verdict"] == ""
