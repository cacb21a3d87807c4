"""When the engine learns by itself, and that it can be paused, resumed and stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core.engine import pausing
from tear_core.engine.background import learn_in_background, until_due
from tear_core.engine.client import HttpClient, connect, start
from tear_core.engine.messages import EngineError, LearnRequest
from tear_core.engine.recording import recorded
from tear_core.engine.server import Activity
from tear_core.engine.service import Service
from tear_core.learn import step
from tear_core.settings import Settings, load_settings
from tear_core.store import Store, generations, learning_log, triples
from tear_core.store.database import open_store
from tear_core.triples import Triple
from tests.engine.test_process import wait_for
from tests.tiny import save_tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return save_tiny(tmp_path_factory.mktemp("model"))


@pytest.fixture
def make(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Service]:
    """Make a service, its settings in the environment, where `reload_settings` finds them too."""
    monkeypatch.chdir(tmp_path)

    def make(**settings: Any) -> Service:
        usual = {"base": model, "learning_rate": 0.01, "epochs": 6, "rank": 4, "gate": "off"}
        for name, value in {**usual, **settings}.items():
            monkeypatch.setenv(f"TEAR_{name.upper()}", str(value))
        return Service(tmp_path / "home", load_settings())

    return make


def add(service: Service, count: int, start: int = 0) -> list[str]:
    with open_store(service.home) as store:
        return [
            triples.add(
                store,
                Triple(f"hello {i}", f"I am {i}", f"He walked {i} times."),
                source="test",
                status="pending",
            )[0].id
            for i in range(start, start + count)
        ]


@contextmanager
def background(service: Service) -> Iterator[Activity]:
    """The loop of the engine that learns by itself, and what wakes it. It ends with the test:
    the thread is a daemon, and off is the last thing it hears."""
    activity = Activity()
    threading.Thread(target=learn_in_background, args=(service, activity), daemon=True).start()
    try:
        yield activity
    finally:
        pausing.resume(service.home)
        service.end(30)
        service.settings = replace(service.settings, learn_when="off")
        activity.changed.set()


def outcomes(service: Service) -> list[str]:
    with open_store(service.home) as store:
        return [run.outcome for run in learning_log.runs(store)]


def live(service: Service) -> int:
    with open_store(service.home) as store:
        return generations.live(store, service.settings.base)


# --- the rule


def test_learning_is_due_as_the_policy_says() -> None:
    off = Settings(learn_when="off")
    three = Settings(learn_when="after", learn_after=3)
    idle = Settings(learn_when="idle", learn_idle_seconds=20)
    assert until_due(off, 9, 1000) is None
    assert [until_due(three, n, 0) for n in (0, 2, 3, 4)] == [None, None, 0.0, 0.0]
    assert until_due(idle, 0, 1000) is None
    assert until_due(idle, 1, 5) == 15.0
    assert until_due(idle, 1, 21) == 0.0


# --- by itself


def test_after_so_many_scenes_it_learns_them_all(make: Callable[..., Service]) -> None:
    service = make(learn_after=3)
    add(service, 2)
    with background(service) as activity:
        service.load()
        add(service, 1, start=2)
        activity.changed.set()
        wait_for(lambda: live(service) == 1)
    with open_store(service.home) as store:
        assert triples.counts(store)["learned"] == 3


def test_off_is_off_until_the_settings_are_read_again(
    make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make(learn_when="off")
    add(service, 2)
    with background(service) as activity:
        service.load()
        assert service.status().learn_when == "off" and outcomes(service) == []
        monkeypatch.setenv("TEAR_LEARN_WHEN", "idle")
        monkeypatch.setenv("TEAR_LEARN_IDLE_SECONDS", "0.2")
        service.reload_settings()
        activity.changed.set()
        wait_for(lambda: live(service) == 1)
        now = service.status()
    assert (now.learn_when, now.learn_idle_seconds) == ("idle", 0.2)


def test_a_reply_is_no_quiet_moment(make: Callable[..., Service]) -> None:
    service = make(learn_when="idle", learn_idle_seconds=0.3)
    service.load()
    with service.floor.reply(), background(service) as activity:
        add(service, 1)
        activity.changed.set()
        before = activity.last
        wait_for(lambda: activity.last > before)  # it has looked, and somebody was speaking
        assert outcomes(service) == []


def test_settings_that_cannot_be_used_leave_those_before_in_force(
    make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make(learn_after=2)
    monkeypatch.setenv("TEAR_LEARN_AFTER", "none")
    with pytest.raises(EngineError, match="learn_after"):
        service.reload_settings()
    assert service.settings.learn_after == 2


def test_a_loaded_base_stays_and_its_plan_follows_the_settings(
    make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service = make()
    add(service, 2)
    base = service.load().name
    monkeypatch.setenv("TEAR_BASE", str(tmp_path / "another"))
    monkeypatch.setenv("TEAR_EPOCHS", "2")
    service.reload_settings()
    *_, last = service.learn(LearnRequest())
    assert service.settings.base == base
    assert last["steps"] == 2


def test_a_base_is_loaded_with_the_threads_of_the_settings_read_last(
    make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, before = make(threads=2), torch.get_num_threads()
    monkeypatch.setenv("TEAR_THREADS", "3")
    service.reload_settings()
    try:
        service.load()
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


# --- what came to nothing


def test_an_update_that_came_to_nothing_waits_for_something_new(
    make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not finite: nothing is published, and the same triples are left alone until one is new."""
    real = step.token_nll
    monkeypatch.setattr(step, "token_nll", lambda *a, **k: real(*a, **k) * float("nan"))
    service = make()
    add(service, 2)
    with background(service) as activity:
        wait_for(lambda: outcomes(service) == ["failed"] and service.status().learning is None)
        activity.changed.set()
        wait_for(lambda: not activity.changed.is_set())
        with open_store(service.home) as store:
            assert learning_log.untried(store, service.settings.base) == 0
        assert outcomes(service) == ["failed"]
        add(service, 1, start=2)
        activity.changed.set()
        wait_for(lambda: len(outcomes(service)) == 2)


def test_a_triple_that_is_changed_or_of_another_base_counts_as_new(store: Store) -> None:
    kept, _ = triples.add(store, Triple("a", "b", "c"), source="test", status="pending")
    assert learning_log.untried(store, "nano") == 1
    run = learning_log.begin(store, "nano", 0, [kept.id])
    learning_log.end(store, run, "refused", "consequence loss rose", 4)
    assert learning_log.untried(store, "nano") == 0
    assert learning_log.untried(store, "other") == 1
    triples.set_status(store, [kept.id], "rejected", "no")
    triples.set_status(store, [kept.id], "pending", "yes")
    assert learning_log.untried(store, "nano") == 1


@pytest.mark.parametrize("outcome", ["", "published", "interrupted"])
def test_an_update_that_was_cut_off_is_done_again(store: Store, outcome: Any) -> None:
    kept, _ = triples.add(store, Triple("a", "b", "c"), source="test", status="pending")
    run = learning_log.begin(store, "nano", 0, [kept.id])
    if outcome:
        learning_log.end(store, run, outcome)
    assert learning_log.untried(store, "nano") == 1


# --- the log of an update


def test_the_log_says_how_each_update_ended(store: Store) -> None:
    def told(*replies: dict[str, Any], ending: bool = False) -> learning_log.LearningRun:
        run = learning_log.begin(store, "nano", 0, ["t"])
        waiting = {"event": "waiting", "triples": 1, "run": run}
        list(recorded(store, iter([waiting, *replies]), lambda: ending))
        found = learning_log.get_run(store, run)
        assert found is not None and found.ended_at
        return found

    assert told({"event": "published", "generation": 3, "verdict": "pass"}).generation == 3
    refused = told({"event": "published", "generation": 4, "verdict": "fail", "why": "it rose"})
    assert (refused.outcome, refused.why, refused.generation) == ("refused", "it rose", 4)
    assert told({"event": "stopped", "triples": 1}).outcome == "stopped"
    assert told({"event": "stopped", "triples": 1}, ending=True).outcome == "interrupted"
    failed = told({"event": "error", "message": "not finite", "hint": ""})
    assert (failed.outcome, failed.why) == ("failed", "not finite")
    assert learning_log.runs(store)[-1].outcome == "published"


def test_a_learner_whose_listener_goes_away_is_interrupted(store: Store) -> None:
    run = learning_log.begin(store, "nano", 0, ["t"])
    replies = recorded(store, iter([{"event": "waiting", "run": run}] * 9), lambda: False)
    next(replies)
    replies.close()  # type: ignore[attr-defined]
    assert learning_log.runs(store)[0].outcome == "interrupted"


def test_steps_name_the_triples_of_their_window(make: Callable[..., Service]) -> None:
    service = make(epochs=1)
    first = add(service, 3)
    list(service.learn(LearnRequest()))
    second = add(service, 3, start=3)
    steps = [told for told in service.learn(LearnRequest()) if told["event"] == "step"]
    assert set(steps[0]["new_ids"]) == set(second)
    assert set(steps[0]["replayed_ids"]) == set(first)
    assert steps[0]["memory_bytes"] > 1e6
    with open_store(service.home) as store:
        (logged,) = learning_log.read(store, steps[0]["run"])
        assert set(logged.new_ids) == set(second) and set(logged.replayed_ids) == set(first)
        run = learning_log.get_run(store, steps[0]["run"])
    assert run is not None and (run.parent, run.generation) == (1, 2)


# --- pause, resume, stop


def test_paused_learning_stands_still_and_a_reply_does_not(make: Callable[..., Service]) -> None:
    service = make()
    add(service, 12)
    told: list[dict[str, Any]] = []
    learner = threading.Thread(
        target=lambda: [told.append(reply) for reply in service.learn(LearnRequest())]
    )
    service.pause_learning()
    learner.start()
    wait_for(lambda: any(each["event"] == "waiting" for each in told))
    assert "paused" in told[0]["message"]
    assert service.status().paused and learner.is_alive()
    with service.floor.reply():
        pass  # whoever speaks does not wait
    assert not [each for each in told if each["event"] == "step"]
    service.resume_learning()
    learner.join(120)
    assert told[-1]["event"] == "published"


def test_a_paused_update_can_be_stopped(make: Callable[..., Service]) -> None:
    service = make()
    add(service, 12)
    replies = service.learn(LearnRequest())
    told: list[str] = []
    for reply in replies:
        told.append(reply["event"])
        if reply["event"] == "step" and told.count("step") == 1:
            service.pause_learning()
            service.stop_learning()
    assert told.count("step") == 1 and told[-1] == "stopped"
    assert outcomes(service) == ["stopped"] and live(service) == 0


def test_a_pause_holds_for_the_next_engine_too(make: Callable[..., Service]) -> None:
    service = make()
    service.pause_learning()
    assert Service(service.home, service.settings).status().paused


def test_pause_policy_and_stop_over_http(
    make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real process: paused, an update is not begun; resumed, it is."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    service = make()
    home = service.home
    home.mkdir(mode=0o700, exist_ok=True)
    start(home)
    client: HttpClient = wait_for(lambda: connect(home))
    try:
        client.pause_learning()
        add(service, 2)
        client.poke()
        assert client.status().paused and client.status().learn_when == "after"
        client.reload_settings()
        assert outcomes(service) == []
        client.resume_learning()
        wait_for(lambda: client.status().live == 1)
        client.stop_learning()
        assert client.status().memory_bytes > 1e6
    finally:
        client.end()
        wait_for(lambda: connect(home) is None)
    assert outcomes(service) == ["published"]
