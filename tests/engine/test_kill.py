"""kill -9, twenty times at random while it learns: nothing said is lost, nothing is half done."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tear_core import home as places
from tear_core.store import folders, generations, reconciling, triples
from tear_core.store.database import Store, open_store
from tear_core.triples import Triple
from tests.tiny import save_tiny

ROUNDS = 20


def learn_everything(home: Path, folder: Path) -> None:
    """In a process of its own: learn what is pending, as `train-pending` does."""
    import torch

    from tear_core.engine.messages import LearnRequest
    from tear_core.engine.service import Service
    from tear_core.settings import load_settings

    torch.set_num_threads(1)
    settings = load_settings({"base": str(folder), "rank": 4, "epochs": 4, "batch_triples": 2})
    for told in Service(home, settings).learn(LearnRequest()):
        if told["event"] == "error":
            raise SystemExit(told["message"])


def add(store: Store, start: int, count: int) -> None:
    for i in range(start, start + count):
        triple = Triple(f"hello {i}", f"I am {i}", f"He walked {i} times.")
        triples.add(store, triple, source="test", status="pending")


def assert_sound(home: Path, expected: int) -> None:
    """The database is whole, every generation loads, every triple is pending or learned."""
    from tear_core.learn.publish import read_state
    from tear_core.model.adapters import load_adapter

    with open_store(home) as store:
        assert store.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []
        reconciling.reconcile(store)
        numbers = set()
        for row in generations.list_generations(store):
            folder = places.generations_folder(home) / row.folder
            assert folders.verify_folder(folder)
            load_adapter(folder)
            read_state(folder)
            numbers.add(row.number)
        for stored in triples.list_triples(store):
            assert stored.status in ("pending", "learned")
            assert bool(stored.generations) == (stored.status == "learned")
            assert set(stored.generations) <= numbers
        assert sum(triples.counts(store).values()) == expected
        left = {path.name for path in places.generations_folder(home).iterdir()}
        assert left == {row.folder for row in generations.list_generations(store)}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_random_while_learning(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", save_tiny(tmp_path / "model")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tear_core.engine.service", "tests.tiny"])
    seed = int(os.environ.get("TEAR_TEST_SEED", "0"))
    draw = random.Random(seed)
    longest, killed, ended = 2.0, 0, 0
    for round_ in range(ROUNDS):
        with open_store(home) as store:
            add(store, round_ * 3, 3)
        child = context.Process(target=learn_everything, args=(home, folder))
        began = time.monotonic()
        child.start()
        child.join(timeout=draw.uniform(0, longest))
        if child.is_alive():
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            child.join()
            killed += 1
        else:
            ended += 1
            assert child.exitcode == 0
            longest = min(longest, (time.monotonic() - began) * 1.2)
        assert_sound(home, (round_ + 1) * 3)
    assert killed >= ROUNDS // 4, f"only {killed} of {ROUNDS} were caught alive (seed {seed})"
    child = context.Process(target=learn_everything, args=(home, folder))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert_sound(home, ROUNDS * 3)
    with open_store(home) as store:
        assert triples.counts(store).get("pending", 0) == 0
