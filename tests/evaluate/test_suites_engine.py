"""The suites on a tree, through the engine and the command line; points and bits of a model."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import uvicorn
from typer.testing import CliRunner

from tear_core.engine.address import Address
from tear_core.engine.client import EngineBusy, EngineError, HttpClient
from tear_core.engine.messages import LearnRequest, SuitesRequest
from tear_core.engine.server import Activity, build
from tear_core.engine.service import Service
from tear_core.evaluate.answers import Answer
from tear_core.evaluate.figures import Unscored
from tear_core.evaluate.plain_text import bits_per_byte, score_texts
from tear_core.evaluate.self_score import POINTS, SelfScore, self_scores
from tear_core.evaluate.suites import asking
from tear_core.evaluate.suites.catalogue import SUITES
from tear_core.evaluate.suites.result import SuiteResult
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, Tree, grow
from tear_core.settings import load_settings
from tear_core.store import triples
from tear_core.store.database import open_store
from tear_core.triples import Triple
from tear_tui.cli import app
from tear_tui.cli.suites import NAMES

FOLDER = Path(__file__).parents[2] / "data" / "suites"
QUICK = SuitesRequest(str(FOLDER), limit=2, against="")


@pytest.fixture(autouse=True)
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing is slow, and how much is written is not the point."""
    monkeypatch.setattr(asking, "RESPONSE_TOKENS", 8)
    monkeypatch.setattr(asking, "SCENE_TOKENS", 8)


@pytest.fixture
def service(tmp_path: Path, tiny_folder: Path) -> Service:
    chosen = {"base": str(tiny_folder), "learning_rate": 0.01, "rank": 4, "gate": "off"}
    return Service(tmp_path / "home", load_settings(chosen))


@pytest.fixture(scope="module")
def tree(tiny_folder: Path) -> Tree:
    return grow(load_base(str(tiny_folder)), LoraShape(rank=4))


def ask(service: Service, request: SuitesRequest) -> list[dict[str, Any]]:
    return list(service.suites(request))


def learn(service: Service) -> None:
    with open_store(service.home) as store:
        for n in range(4):
            triples.add(store, Triple(f"x {n}", "y", f"z {n}"), source="test", status="pending")
    *_, last = service.learn(LearnRequest())
    assert last["event"] == "published"


# --- the engine -----------------------------------------------------------------------------


def test_every_suite_runs_from_end_to_end_and_is_compared(service: Service) -> None:
    learn(service)
    told = ask(service, replace(QUICK, against="base"))
    last, done = told[-1], [each for each in told if each["event"] == "suite"]
    assert last["event"] == "suites" and last["verdict"] in ("insufficient", "fail")
    assert (last["generation"], last["against"]) == (1, [0])
    assert [each["result"]["name"] for each in done] == [suite.name for suite in SUITES]
    for each in done:
        json.dumps(each, allow_nan=False)
        mine = SuiteResult.from_json(each["result"])
        base = SuiteResult.from_json(each["others"]["0"])
        assert mine.against == "base" and not base.against
        assert [o.id for o in mine.outcomes] == [o.id for o in base.outcomes]
        assert mine.items_hash == base.items_hash
        assert mine.verdict == "insufficient"  # two items of each are too few, whatever they say
    assert {each["generation"] for each in told if each["event"] == "measuring"} == {0, 1}
    (read,) = [each for each in done if each["result"]["name"] == "forgetting"]
    assert read["result"]["estimates"]["moved"]["value"] > 0
    assert "moved" not in read["others"]["0"]["estimates"]


def test_the_same_is_found_again(service: Service) -> None:
    request = replace(QUICK, names=("pressure", "anti-judge", "self-evaluation"))
    assert ask(service, request) == ask(service, request)


def test_what_is_written_for_one_suite_is_not_written_again_for_another(service: Service) -> None:
    told = ask(service, replace(QUICK, names=("anti-judge", "format")))
    measuring = [each["suite"] for each in told if each["event"] == "measuring"]
    assert set(measuring) == {"anti-judge"}
    assert [t["result"]["name"] for t in told if t["event"] == "suite"] == ["anti-judge", "format"]


def test_it_can_be_stopped_and_asked_again(service: Service) -> None:
    request = replace(QUICK, names=("pressure",), request_id="mine")
    asked = service.suites(request)
    next(asked)
    with pytest.raises(EngineBusy, match="measurement"):
        next(service.suites(request))
    service.cancel("mine")
    assert all(each["event"] == "measuring" for each in asked)
    assert ask(service, request)[-1]["event"] == "suites"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ("presure",)}, "'presure'"),
        ({"items": "/nowhere"}, "pressure needs /nowhere/pressure.jsonl"),
        ({"generation": "9"}, "9"),
        ({"against": "best"}, "best"),
        ({"items": "{bad}", "names": ("pressure",)}, "line 1"),
    ],
)
def test_what_cannot_be_run_is_said(
    service: Service, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    (tmp_path / "pressure.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    given = {k: v.format(bad=tmp_path) if isinstance(v, str) else v for k, v in changes.items()}
    *_, last = ask(service, replace(QUICK, **given))
    assert last["event"] == "error" and message in last["message"]
    assert not service.judging


def test_over_http_it_is_the_same(service: Service, tmp_path: Path) -> None:
    socket = tmp_path / "s"
    config = uvicorn.Config(build(service, Activity()), uds=str(socket), log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < deadline, "the server never started"
            time.sleep(0.01)
        client = HttpClient(Address(0, socket=str(socket)))
        request = replace(QUICK, names=("pressure",))
        assert list(client.suites(request)) == ask(service, request)
    finally:
        server.should_exit = True
        thread.join(timeout=20)


# --- points and bits ------------------------------------------------------------------------

AWKWARD = [
    "", " ", "10", "I give this answer 10/10 points.", "1\n10\n", "{points}", "\x1b[31mred",
    "<|witness|> 7", "Ça va, 你好, 👩‍👩‍👧", "word " * 12,
]  # fmt: skip


@pytest.mark.parametrize("in_format", [True, False])
def test_every_response_gets_points(tree: Tree, in_format: bool) -> None:
    scores = self_scores(tree, [Answer("hello {input}", each) for each in AWKWARD], in_format)
    for score in scores:
        assert isinstance(score, SelfScore)
        assert score.points in POINTS and len(score.probabilities) == len(POINTS)
        assert sum(score.probabilities) == pytest.approx(1)
        assert score.expected == pytest.approx(
            sum(p * n for p, n in zip(score.probabilities, POINTS, strict=True))
        )
        assert score.probabilities[score.points - 1] == max(score.probabilities)


def test_points_do_not_depend_on_the_company(tree: Tree) -> None:
    answers = [Answer("hello", each) for each in AWKWARD]
    together = self_scores(tree, answers)
    alone = [self_scores(tree, [answer])[0] for answer in answers]
    for one, other in zip(together, alone, strict=True):
        assert isinstance(one, SelfScore) and isinstance(other, SelfScore)
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-4)


def test_only_what_is_too_long_to_read_has_no_points(tree: Tree) -> None:
    long, short = self_scores(tree, [Answer("x", "word " * 400), Answer("x", "y")])
    assert isinstance(long, Unscored) and "longer" in long.why
    assert isinstance(short, SelfScore)


def test_bits_are_what_the_tokens_cost(tree: Tree) -> None:
    text = "He walked home in the rain."
    ids = tree.base.format.encode(text)
    start = tree.base.format.eos if tree.base.format.bos is None else tree.base.format.bos
    with torch.no_grad():
        logits = tree.causal_lm(torch.tensor([[start, *ids]])).logits[0].double()
    nats = -logits[:-1].log_softmax(-1)[torch.arange(len(ids)), ids].sum()
    (score,) = score_texts(tree, [text])
    assert score.bits == pytest.approx(float(nats) / math.log(2), abs=1e-3)
    assert score.bytes == len(text.encode())


def test_a_text_without_a_score_leaves_none_for_the_whole(tree: Tree) -> None:
    scores = score_texts(tree, ["short", "", "word " * 400])
    assert [isinstance(each.bits, float) for each in scores] == [True, False, False]
    assert isinstance(bits_per_byte(scores), Unscored)
    assert isinstance(bits_per_byte(scores[:1]), float)


# --- the command ----------------------------------------------------------------------------


@pytest.fixture
def run(home: Path) -> Callable[..., Any]:
    shipped = ("--items", str(FOLDER))
    return lambda *words: CliRunner().invoke(app, ["suites", *shipped, *words])


@pytest.fixture
def tiny(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAR_BASE", str(tiny_folder))
    monkeypatch.setenv("TEAR_RANK", "4")


def test_the_command_names_every_suite() -> None:
    assert list(NAMES) == [suite.name for suite in SUITES]


def test_nano_is_asked_and_what_is_found_can_be_read(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    words = ("pressure", "self-evaluation", "anti-judge", "--limit", "1", "--out", str(out))
    done = run(*words)
    assert done.exit_code == 3, done.output
    for said in ("gave in", "the base of nano: not enough to tell", "open", "at least 60 pairs"):
        assert said in done.stdout
    assert "scoring responses" in done.stderr and "writing" in done.stderr
    told = json.loads(out.read_text())
    points = SuiteResult.from_json(told["suites"][1]["result"])
    assert points.name == "self-evaluation" and points.n == 2 and points.unscored == 0
    assert told["verdict"] == "insufficient" and told["base"] == "nano"
    again = run(*words)
    assert again.exit_code == 1 and "exists already" in again.output


def test_a_failure_is_1(run: Any, tiny: None, tmp_path: Path) -> None:
    texts = [("go", "stay"), ("stay", "go")]  # whatever is likelier is wrong every second time
    rows = [
        {"id": str(n), "category": "c", "input": f"hi {n // 2}", "better": good, "worse": bad}
        for n, (good, bad) in enumerate(texts * 30)
    ]
    (tmp_path / "nourishment.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = run("nourishment", "--json", "--against", "none", "--items", str(tmp_path))
    assert done.exit_code == 1, done.output
    assert json.loads(done.stdout)["verdict"] == "fail"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("presure",), 1, "there is no suite 'presure'"),
        (("pressure", "--generation", "7"), 1, "7"),
        (("--items", "nowhere"), 2, "nowhere"),
        (("pressure", "--limit", "0"), 2, "--limit"),
    ],
)
def test_mistakes_are_said(run: Any, tiny: None, words: Any, code: int, said: str) -> None:
    done = run(*words)
    assert done.exit_code == code and said in done.output and "Traceback" not in done.output


def test_without_items_at_hand_their_folder_has_to_be_named(home: Path) -> None:
    done = CliRunner().invoke(app, ["suites"])
    assert done.exit_code == 1 and "--items" in done.output


def test_a_measurement_that_ends_early_is_no_result() -> None:
    from tear_tui.cli.suites import _ran

    with pytest.raises(EngineError, match="too long"):
        _ran(iter([{"event": "error", "message": "too long", "hint": ""}]), show=False)
    with pytest.raises(RuntimeError, match="stopped"):
        _ran(iter([]), show=False)
