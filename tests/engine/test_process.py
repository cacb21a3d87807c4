"""The engine as a process: one to a home, private, and no worse for a kill."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tear_core.engine import address as addresses
from tear_core.engine.client import EngineGone, HttpClient, connect, start
from tear_core.engine.messages import (
    LearnRequest,
    Sampling,
    SpeakRequest,
    SurpriseRequest,
    TripleText,
)
from tear_core.store import reconciling, triples
from tear_core.store.database import open_store
from tear_core.triples import Triple
from tests.tiny import save_tiny

SHORT = Sampling(max_response_tokens=8, max_scene_tokens=8)


def wait_for(what: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := what():
            return value
        time.sleep(0.05)
    raise AssertionError("it never happened")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = save_tiny(tmp_path / "model")
    monkeypatch.setenv("TEAR_BASE", str(folder))
    monkeypatch.setenv("TEAR_LEARNING_RATE", "0.01")
    monkeypatch.setenv("TEAR_RANK", "4")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "h"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture
def engine(home: Path) -> Iterator[HttpClient]:
    start(home)
    client = wait_for(lambda: connect(home))
    yield client
    pid = client.status().pid if connect(home) else 0
    if pid:
        client.end()
        wait_for(lambda: connect(home) is None)


def add(home: Path, count: int = 2, start_at: int = 0) -> None:
    with open_store(home) as store:
        for i in range(start_at, start_at + count):
            triple = Triple(f"hello {i}", f"I am {i}", f"He walked {i} times.")
            triples.add(store, triple, source="test", status="pending")


def test_everything_that_can_be_asked_of_it(engine: HttpClient, home: Path) -> None:
    assert engine.status().base == os.environ["TEAR_BASE"]
    events = [r["event"] for r in engine.speak(SpeakRequest("hello", seed=1, sampling=SHORT))]
    assert [e for e in events if e != "token"] == ["draft", "scene", "response", "done"]
    one = TripleText("hello 0", "I am 0", "He walked 0 times.")
    before = engine.surprise(SurpriseRequest((one,)))
    assert before["triples"] == 1 and before["tokens"] > 1
    add(home)
    engine.poke()  # it learns by itself
    wait_for(lambda: engine.status().live == 1 and engine.status().learning is None)
    assert engine.surprise(SurpriseRequest((one,)))["nats_per_token"] < before["nats_per_token"]
    assert engine.surprise(SurpriseRequest((one,), "base")) == before
    assert [r["generation"] for r in engine.learn(LearnRequest())] == [None]
    assert engine.status().model == "ready"


def test_its_socket_and_all_its_files_are_private(engine: HttpClient, home: Path) -> None:
    wait_for(lambda: addresses.read(home))
    for path in home.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, f"{path.name} is {mode:o}"


def test_nothing_that_was_said_is_in_its_log(engine: HttpClient, home: Path) -> None:
    list(engine.speak(SpeakRequest("a very private word", sampling=SHORT)))
    engine.surprise(SurpriseRequest((TripleText("private", "private", "private"),)))
    for log in (home / "logs").iterdir():
        assert "private" not in log.read_text()


def test_a_second_engine_for_the_same_home_ends_by_itself(engine: HttpClient, home: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "tear_core.engine", "--home", str(home)], check=False, timeout=90
    )
    assert second.returncode == 75
    assert engine.status().pid != 0


def test_a_killed_engine_is_missed_and_started_again(home: Path) -> None:
    start(home)
    client = wait_for(lambda: connect(home))
    add(home, 6)
    client.poke()
    os.kill(client.status().pid, signal.SIGKILL)
    with pytest.raises(EngineGone, match="does not answer"):
        for _ in range(50):
            client.status()
            time.sleep(0.02)
    start(home)
    again = wait_for(lambda: connect(home))
    wait_for(lambda: again.status().pending == 0)
    with open_store(home) as store:
        assert all(t.status == "learned" for t in triples.list_triples(store))
        report = reconciling.reconcile(store)
    assert not report.broken
    again.end()
    wait_for(lambda: connect(home) is None)


def test_a_reader_who_goes_away_stops_the_model(engine: HttpClient) -> None:
    request = SpeakRequest("hello", sampling=Sampling(max_response_tokens=90, max_scene_tokens=90))
    told = engine.speak(request)
    next(told)
    told.close()  # type: ignore[attr-defined]
    wait_for(lambda: not engine.status().speaking)


def test_a_path_too_long_for_a_socket_is_served_on_loopback_with_a_token(
    home: Path, tmp_path: Path
) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True, mode=0o700)
    start(deep)
    client = wait_for(lambda: connect(deep))
    address = addresses.read(deep)
    assert address is not None and address.port and len(address.token) > 30
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = httpx.get(
            f"http://127.0.0.1:{address.port}/status", headers=headers, trust_env=False
        )
        assert answer.status_code == 401
    client.end()
    wait_for(lambda: connect(deep) is None)


def test_a_stale_address_is_nobodys(home: Path) -> None:
    (home / "engine.json").write_text(json.dumps({"pid": 2**22 - 1, "socket": "gone"}))
    assert connect(home) is None
    (home / "engine.json").write_text("torn {")
    assert connect(home) is None
