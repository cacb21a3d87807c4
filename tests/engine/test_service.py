"""The engine's work, in this process: live generations, priorities, errors a person can act on."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core import home as places
from tear_core.engine.client import EngineBusy, EngineError
from tear_core.engine.messages import (
    LearnRequest,
    ReworkRequest,
    Sampling,
    SpeakRequest,
    SurpriseRequest,
    TripleText,
)
from tear_core.engine.priority import Floor
from tear_core.engine.service import Service
from tear_core.generate.one_thread import one_thread
from tear_core.learn.lock import learner_lock
from tear_core.settings import load_settings
from tear_core.store import generations, triples
from tear_core.store.database import open_store
from tear_core.triples import Triple
from tests.tiny import save_tiny

SHORT = Sampling(max_response_tokens=8, max_scene_tokens=8)
LONG = Sampling(max_response_tokens=100, max_scene_tokens=8)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    torch.set_num_threads(1)
    folder = save_tiny(tmp_path / "model")
    settings = load_settings({"base": str(folder), "learning_rate": 0.01, "epochs": 6, "rank": 4})
    return Service(tmp_path / "home", settings)


def add(service: Service, count: int, start: int = 0) -> None:
    with open_store(service.home) as store:
        for i in range(start, start + count):
            triple = Triple(f"hello {i}", f"I am {i}", f"He walked {i} times.")
            triples.add(store, triple, source="test", status="pending")


def learn(service: Service) -> dict[str, Any]:
    *_, last = service.learn(LearnRequest())
    return last


def use(service: Service, number: int) -> None:
    with open_store(service.home) as store:
        generations.use(store, service.load().name, number, "test")


def surprise(service: Service, generation: str = "live") -> float:
    one = TripleText("hello 0", "I am 0", "He walked 0 times.")
    score: float = service.surprise(SurpriseRequest((one,), generation))["nats_per_token"]
    return score


def spoken_by(service: Service) -> int:
    *_, done = service.speak(SpeakRequest("hello", sampling=SHORT, seed=1))
    number: int = done["generation"]
    return number


def test_who_begins_while_a_token_is_written_works_with_all_threads(
    service: Service, tmp_path: Path
) -> None:
    """A reply sets one thread for itself; a new thread of the process would inherit that."""
    settings = load_settings({"base": service.settings.base, "threads": 2})
    many = Service(tmp_path / "many", settings)
    many.load()
    found = []

    def measure() -> None:
        many.load()
        found.append(torch.get_num_threads())

    with one_thread():
        measuring = threading.Thread(target=measure)
        measuring.start()
        measuring.join()
    torch.set_num_threads(1)
    assert found == [2]


def test_going_back_to_the_base_gives_back_the_base_exactly(service: Service) -> None:
    base = surprise(service)
    add(service, 4)
    assert learn(service)["generation"] == 1
    learned = surprise(service)
    assert learned < base
    use(service, 0)
    assert surprise(service) == base
    use(service, 1)
    assert surprise(service) == learned
    assert surprise(service, "base") == base
    assert surprise(service, "1") == learned


def test_a_new_generation_answers_the_next_reply(service: Service) -> None:
    assert spoken_by(service) == 0
    add(service, 2)
    learn(service)
    assert spoken_by(service) == 1


def test_a_broken_generation_falls_back_and_says_so(service: Service) -> None:
    add(service, 2)
    learn(service)
    fresh = Service(service.home, service.settings)
    for file in places.generations_folder(service.home).glob("*/adapter_model.safetensors"):
        file.write_bytes(b"torn")
    assert spoken_by(fresh) == 0
    assert "base answers" in fresh.status().message
    add(fresh, 1, start=2)
    learn(fresh)
    assert spoken_by(fresh) > 0 and fresh.status().message == "", "another one answers"


def test_an_adapter_of_other_weights_is_not_used(service: Service, tmp_path: Path) -> None:
    add(service, 2)
    learn(service)
    other = load_settings({"base": service.settings.base, "delimiters": "text", "rank": 4})
    fresh = Service(service.home, other)
    assert (fresh.status().unfit, fresh.status().fingerprint) == (0, ""), "nobody has looked yet"
    base = fresh.load()
    assert (fresh.status().live, fresh.status().unfit) == (0, 1), "known before a word is said"
    assert fresh.status().fingerprint == base.fingerprint
    assert spoken_by(fresh) == 0
    assert "other weights" in fresh.status().message
    with open_store(fresh.home) as store:
        generations.use(store, base.name, generations.BASE, "chosen")
    assert fresh.status().message == "", "somebody has chosen"
    with open_store(fresh.home) as store:
        generations.use(store, base.name, 1, "chosen")
    again = Service(service.home, service.settings)
    assert spoken_by(again) == 1, "its weights are there"
    assert again.status().unfit == 0


def test_what_waits_can_be_learned_though_what_was_live_does_not_fit(
    service: Service, tmp_path: Path
) -> None:
    add(service, 2)
    learn(service)
    add(service, 1, start=2)
    other = load_settings({"base": service.settings.base, "delimiters": "text", "rank": 4})
    fresh = Service(service.home, other)
    told = learn(fresh)
    assert told["event"] == "published" and told["generation"] == 2
    assert (fresh.status().live, fresh.status().unfit) == (2, 0)


def test_one_of_other_weights_that_is_rebuilt_answers_again(service: Service) -> None:
    add(service, 2)
    learn(service)
    add(service, 1, start=2)
    learn(service)
    other = load_settings({"base": service.settings.base, "delimiters": "text", "rank": 4})
    fresh = Service(service.home, other)
    assert spoken_by(fresh) == 0
    told = list(fresh.rework(ReworkRequest("rebuild", (2,))))
    said = [each["message"] for each in told if each["event"] == "notice"]
    assert len(said) == 2 and all("other weights" in each for each in said)
    assert told[-1]["generation"] == told[-1]["live"] == 4 and told[-1]["left_out"] == []
    assert spoken_by(fresh) == 4 and fresh.status().unfit == 0
    with open_store(fresh.home) as store:
        made = generations.get(store, 4)
        assert made is not None and (made.parent, made.sources) == (3, (2,))
        assert made.base_fingerprint == fresh.load().fingerprint


def test_an_unknown_generation_is_a_sentence(service: Service) -> None:
    with pytest.raises(EngineError, match="no generation"):
        surprise(service, "99")
    with pytest.raises(EngineError, match="is no generation"):
        surprise(service, "yesterday")


def test_a_base_that_cannot_be_loaded_is_said_and_tried_again(tmp_path: Path) -> None:
    service = Service(tmp_path / "home", load_settings({"base": str(tmp_path / "nowhere")}))
    (told,) = service.speak(SpeakRequest("hello"))
    assert told["event"] == "error" and "no model folder" in told["message"]
    assert service.status().model == "failed"
    save_tiny(tmp_path / "nowhere")
    assert spoken_by(service) == 0
    assert service.status().model == "ready"


def test_a_second_learner_is_told_who_is_at_work(service: Service) -> None:
    add(service, 1)
    with (
        learner_lock(places.learner_lock(service.home)),
        pytest.raises(EngineBusy, match="process"),
    ):
        learn(service)
    assert learn(service)["generation"] == 1


def test_a_reply_goes_before_learning_and_waits_for_one_micro_batch_at_most(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody speaks the learner stands still; it goes on afterwards."""
    from tear_core.learn import step as step_module

    add(service, 12)
    real, order = step_module.token_nll, []
    started = threading.Event()

    def watched(*args: Any, **more: Any) -> Any:
        order.append("batch")
        started.set()
        return real(*args, **more)

    monkeypatch.setattr(step_module, "token_nll", watched)
    rows: list[dict[str, Any]] = []
    learner = threading.Thread(target=lambda: rows.append(learn(service)))
    learner.start()
    assert started.wait(60)
    with service.floor.reply():
        time.sleep(0.2)  # the batch in hand ends
        before = len(order)
        time.sleep(0.5)
        assert len(order) - before == 0, "learning went on while somebody spoke"
        assert not rows
    learner.join(120)
    assert rows[0]["generation"] == 1


def test_words_come_while_it_learns(service: Service) -> None:
    add(service, 12)
    rows: list[dict[str, Any]] = []
    learner = threading.Thread(target=lambda: rows.append(learn(service)))
    learner.start()
    replies = [list(service.speak(SpeakRequest("hello", sampling=SHORT))) for _ in range(3)]
    learner.join(120)
    assert all(reply[-1]["event"] == "done" for reply in replies)
    assert rows[0]["generation"] == 1


def test_two_replies_at_once_take_turns(service: Service) -> None:
    replies: dict[int, list[str]] = {}

    def speak(seed: int) -> None:
        request = SpeakRequest("hello", seed=seed, sampling=SHORT)
        told = list(service.speak(request))
        replies[seed] = [t["text"] for t in told if t["event"] in ("draft", "scene")]

    speak(1)
    alone = replies.pop(1)
    threads = [threading.Thread(target=speak, args=(seed,)) for seed in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert replies[1] == alone
    assert len(replies) == 3


def test_the_floor_is_free_again_after_a_reply_that_failed() -> None:
    floor = Floor()
    with pytest.raises(RuntimeError), floor.reply():
        assert floor.taken
        raise RuntimeError
    assert not floor.taken
    floor.give_way()


def test_cancelling_a_reply_keeps_what_is_written(service: Service) -> None:
    request = SpeakRequest("hello", request_id="r1", sampling=LONG)
    told = service.speak(request)
    next(told)
    service.cancel("r1")
    rest = list(told)
    assert [r["stopped"] for r in rest if r["event"] == "draft"] == ["cancelled"]
    assert rest[-1]["event"] == "done"
