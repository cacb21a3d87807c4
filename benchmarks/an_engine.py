"""A real engine process for a benchmark: a home that has learned something, started and ended.

The home is a folder of its own, with nothing of the user's settings in force.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from bases import as_base_name

from tear_core.corpus.dataset import read_triples
from tear_core.engine.client import HttpClient, connect, start
from tear_core.engine.messages import LearnRequest
from tear_core.engine.service import Service
from tear_core.settings import load_settings
from tear_core.store import triples
from tear_core.store.database import open_store
from tear_core.triples import Triple

DATA = Path(__file__).parent.parent / "data"
PATIENCE = 600.0

T = TypeVar("T")


def words(*names: str) -> list[Triple]:
    """The train triples of these datasets, without those that stand in two of them."""
    files = [DATA / name / "train.jsonl" for name in names]
    return list(dict.fromkeys(triple for file in files for triple in read_triples(file)))


def settings_for(base: str, device: str, threads: int, **more: str) -> None:
    """Put settings in force for this process and the engines that it starts."""
    for name in [n for n in os.environ if n.startswith("TEAR_") and n != "TEAR_BENCH_CACHE"]:
        del os.environ[name]  # whoever runs this may have settings of their own there
    os.environ |= {"TEAR_BASE": as_base_name(base), "TEAR_THREADS": str(threads)}
    os.environ |= {f"TEAR_{name.upper()}": value for name, value in more.items()}
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the engine takes a GPU where it finds one
    os.chdir(tempfile.gettempdir())  # no tear.toml of a project, no config.toml of the user
    os.environ["XDG_CONFIG_HOME"] = str(Path(tempfile.gettempdir()) / "tear-bench")


def pend(home: Path, wanted: list[Triple]) -> None:
    """Save triples that wait to be learned."""
    with open_store(home) as store:
        for triple in wanted:
            triples.add(store, triple, source="benchmark", status="pending")


def learn_before(home: Path, wanted: list[Triple]) -> None:
    """Have these triples learned, quickly and whatever comes of it: they are there for replay."""
    pend(home, wanted)
    settings = load_settings({"gate": "off", "epochs": 1})
    *_, last = Service(home, settings).learn(LearnRequest())
    if last["event"] != "published":
        raise SystemExit(f"the home could not be made: {last}")


@contextmanager
def running(home: Path, on_answer: Callable[[], None] = lambda: None) -> Iterator[HttpClient]:
    """An engine of this home whose model is ready; it is ended afterwards.

    `on_answer` is called once it answers, before its model is ready.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # it would outlive a benchmark's end
    start(home)
    client = wait_for(lambda: connect(home), "the engine to answer")
    on_answer()
    try:
        wait_for(lambda: client.status().model == "ready", "the model to be ready")
        yield client
    finally:
        pid = client.status().pid
        client.end()
        wait_for(lambda: not Path(f"/proc/{pid}").exists() or _ended(pid), "the engine to end")


def _ended(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1] in "ZX"


def wait_for(what: Callable[[], T], name: str, every: float = 0.02) -> T:
    """Wait until something is true, and give it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {PATIENCE:.0f} s for {name}")
        time.sleep(every)
    return found


def processor_seconds(pid: int) -> float:
    """What a process has used of all cores so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
