"""Awareness through the engine and the command line: told as it goes, and replies go first."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from tear_core.engine.address import Address
from tear_core.engine.client import EngineBusy, EngineError, HttpClient
from tear_core.engine.messages import AwarenessRequest, LearnRequest, Sampling, SpeakRequest
from tear_core.engine.server import Activity, build
from tear_core.engine.service import Service
from tear_core.evaluate.awareness.measuring import Awareness
from tear_core.settings import load_settings
from tear_core.store import triples
from tear_core.store.database import open_store
from tear_core.triples import Triple
from tear_tui.cli import app

SHORT = Sampling(max_response_tokens=4, max_scene_tokens=4)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """gate.jsonl with 33 pairs, all ties, and what it needs beside it."""
    for name, first, count in (("gate", 0, 33), ("dev", 100, 12), ("train", 200, 30)):
        rows = [
            {
                "id": f"{n}-{side}", "pair": str(n), "input": f"hello {n}",
                "response": f"go {side}", "consequence": f"He walked {what} {n % 7} times.",
            }
            for n in range(first, first + count)
            for side, what in (("left", "home"), ("right", "away"))
        ]  # fmt: skip
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path / "gate.jsonl"


@pytest.fixture
def paraphrases(tmp_path: Path) -> Path:
    row = {
        "id": "a", "input": "hello", "response": "go", "consequence": "He walked.",
        "other_response": "stay", "other_consequence": "She sat.",
        "paraphrases": [{"input": "hi", "response": "do go"}],
        "reversing": {"response": "do not go", "consequence": "She stood."},
    }  # fmt: skip
    path = tmp_path / "paraphrases.jsonl"
    path.write_text(json.dumps(row))
    return path


@pytest.fixture
def service(tmp_path: Path, tiny_folder: Path) -> Service:
    settings = load_settings(
        {"base": str(tiny_folder), "learning_rate": 0.01, "rank": 4, "gate": "off"}
    )
    return Service(tmp_path / "home", settings)


def ask(service: Service, request: AwarenessRequest) -> dict[str, Any]:
    *_, last = service.awareness(request)
    return last


def learn(service: Service) -> None:
    with open_store(service.home) as store:
        for n in range(4):
            triples.add(store, Triple(f"x {n}", "y", f"z {n}"), source="test", status="pending")
    *_, last = service.learn(LearnRequest())
    assert last["event"] == "published"


def test_it_tells_as_it_goes_and_gives_everything_at_the_end(service: Service, files: Path) -> None:
    request = AwarenessRequest((str(files),))
    *told, last = service.awareness(request)
    assert {each["event"] for each in told} == {"measuring"}
    assert told[0]["what"] == "calibrating"
    assert told[-1]["done"] == told[-1]["of"]
    json.dumps(last, allow_nan=False)
    (arm,) = last["arms"]
    found = Awareness.from_json(arm["awareness"])
    assert len(found.items) == 33 and arm["calibration_items"] == 12
    assert found.surface["train_items"] == 30 and found.verdict == "measured"
    assert last["items_hash"] == found.items_hash
    assert ask(service, request) == last


def test_companions_are_measured_where_they_are_asked_for(
    service: Service, files: Path, paraphrases: Path
) -> None:
    request = AwarenessRequest(
        (str(files),), limit=3, ranking=True, swap=1, paraphrases=str(paraphrases)
    )
    (arm,) = ask(service, request)["arms"]
    assert len(arm["ranking"]["answers"]) == 6 and len(arm["swap"]["items"]) == 1
    assert arm["talk"]["items"] == 10 and arm["paraphrases"]["items"][0]["id"] == "a"
    json.dumps(arm, allow_nan=False)


def test_an_untrained_base_is_asked_in_plain_text_and_what_has_learned_in_its_own_format(
    service: Service, files: Path
) -> None:
    learn(service)
    last = ask(service, AwarenessRequest((str(files),), compare=("base", "live")))
    one, base = last["arms"]
    assert (one["generation"], base["generation"]) == (1, 0)
    assert one["scored_in"] == "witness format"
    assert base["scored_in"] in ("story", "told", "labelled")
    (difference,) = last["comparisons"]
    assert (difference["generation"], difference["against"]) == (1, 0)
    assert difference["verdict"] == "measured" and "value" in difference["cas"]


def test_somebody_may_speak_in_between(service: Service, files: Path) -> None:
    learn(service)
    asked = service.awareness(AwarenessRequest((str(files),), generation="base"))
    first = next(asked)
    *_, done = service.speak(SpeakRequest("hello", sampling=SHORT, seed=1))
    *_, last = asked
    assert first["generation"] == 0 and done["event"] == "done" and done["generation"] == 1
    assert last["event"] == "awareness"


def test_it_waits_while_somebody_speaks(service: Service, files: Path) -> None:
    service.load()
    told: list[dict[str, Any]] = []
    with service.floor.reply():
        asking = threading.Thread(
            target=lambda: told.extend(service.awareness(AwarenessRequest((str(files),))))
        )
        asking.start()
        wait_until(lambda: service.judging)
        asking.join(timeout=0.7)
        assert asking.is_alive() and not told
    asking.join(timeout=60)
    assert told[-1]["event"] == "awareness"


def test_it_can_be_stopped_and_asked_again(service: Service, files: Path) -> None:
    request = AwarenessRequest((str(files),), request_id="mine")
    asked = service.awareness(request)
    next(asked)
    with pytest.raises(EngineBusy, match="measurement"):
        next(service.awareness(request))
    service.cancel("mine")
    assert all(each["event"] == "measuring" for each in asked)
    assert ask(service, request)["event"] == "awareness"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"items": ("/nowhere/gate.jsonl",)}, "nowhere"),
        ({"generation": "9"}, "9"),
        ({"generation": "best"}, "best"),
        ({"paraphrases": "{train}"}, "line 1"),
    ],
)
def test_what_cannot_be_measured_is_said(
    service: Service, files: Path, changes: dict[str, Any], message: str
) -> None:
    given = {k: v.format(train=files.with_name("train.jsonl")) if isinstance(v, str) else v
             for k, v in changes.items()}  # fmt: skip
    last = ask(service, replace(AwarenessRequest((str(files),)), **given))
    assert last["event"] == "error" and message in last["message"]
    assert not service.judging


def test_a_file_without_pairs_is_no_measurement(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "alone.jsonl"
    path.write_text(json.dumps({"input": "a", "response": "b", "consequence": "c"}))
    last = ask(service, AwarenessRequest((str(path),)))
    assert last["event"] == "error" and "two responses" in last["message"] and last["hint"]


def test_a_limit_takes_the_same_items_every_time(service: Service, files: Path) -> None:
    found = [ask(service, AwarenessRequest((str(files),), limit=5)) for _ in range(2)]
    ids = [[i["id"] for i in each["arms"][0]["awareness"]["items"]] for each in found]
    assert len(ids[0]) == 5 and ids[0] == ids[1]
    assert found[0]["arms"][0]["awareness"]["verdict"] == "insufficient"


# --- over HTTP ------------------------------------------------------------------------------


def wait_until(what: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def client(service: Service, tmp_path: Path) -> Iterator[HttpClient]:
    socket = tmp_path / "s"
    config = uvicorn.Config(build(service, Activity()), uds=str(socket), log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield HttpClient(Address(0, socket=str(socket)))
    server.should_exit = True
    thread.join(timeout=20)


def test_over_http_it_is_the_same(client: HttpClient, service: Service, files: Path) -> None:
    request = AwarenessRequest((str(files),), limit=6)
    *_, there = client.awareness(request)
    assert there == ask(service, request)


def test_a_reader_who_goes_away_stops_it(client: HttpClient, service: Service, files: Path) -> None:
    asked = client.awareness(AwarenessRequest((str(files),), ranking=True, swap=20))
    next(asked)
    asked.close()  # type: ignore[attr-defined]
    wait_until(lambda: not service.judging)


def test_errors_come_over_http_too(client: HttpClient) -> None:
    *_, last = client.awareness(AwarenessRequest(("/nowhere/gate.jsonl",)))
    assert last["event"] == "error"


# --- the command ----------------------------------------------------------------------------


@pytest.fixture
def run(tiny_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("TEAR_BASE", str(tiny_folder))
    monkeypatch.setenv("TEAR_RANK", "4")
    return lambda *words: CliRunner().invoke(app, ["awareness", *words])


def test_the_command_prints_a_table_and_exits_with_0(run: Any, files: Path) -> None:
    done = run("--items", str(files))
    assert done.exit_code == 0, done.output
    for word in ("CAS", "group", "T 33", "chance", "measured"):
        assert word in done.stdout


def test_too_little_to_tell_is_3_and_says_why(run: Any, files: Path) -> None:
    done = run("--items", str(files), "--limit", "5")
    assert done.exit_code == 3 and "insufficient: CAS needs 30 inputs" in done.stdout
    told = run("--items", str(files), "--limit", "5", "--json")
    assert told.exit_code == 3
    arm = json.loads(told.stdout)["arms"][0]["awareness"]
    assert arm["cas"]["value"] == {"unscored": "no stratum has 30 clusters"}


def test_an_unknown_generation_is_1(run: Any, files: Path) -> None:
    done = run("--items", str(files), "--generation", "7")
    assert done.exit_code == 1 and "7" in done.output and "Traceback" not in done.output


def test_without_pairs_at_hand_a_file_has_to_be_named(run: Any) -> None:
    done = run()
    assert done.exit_code == 1 and "--items" in done.output


def test_a_file_that_is_not_there_is_2(run: Any) -> None:
    assert run("--items", "nowhere.jsonl").exit_code == 2


def test_an_engine_error_is_one() -> None:
    from tear_tui.cli.awareness import _measured

    with pytest.raises(EngineError, match="too long"):
        _measured(iter([{"event": "error", "message": "too long", "hint": ""}]))
    with pytest.raises(RuntimeError, match="stopped"):
        _measured(iter([]))
