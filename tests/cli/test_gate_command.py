"""`tear-tui gate` from the outside: exit codes, what is written, what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from typer.testing import CliRunner, Result

from tear_core.engine.measuring import kept_suites
from tear_core.engine.measuring.benchmarks import benchmarks
from tear_core.engine.measuring.contamination import learned_items
from tear_core.engine.messages import EngineError
from tear_core.evaluate.awareness import load_items
from tear_core.evaluate.figures import Unscored
from tear_core.evaluate.suites import catalogue, pressure
from tear_core.store import generations, open_store
from tear_core.triples import Triple
from tear_tui.cli import app, gate
from tests.evaluate import worlds
from tests.store.made import generation
from tests.tiny import save_tiny

DATA = Path(__file__).parents[2] / "data"


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result


@pytest.fixture
def one(home: Path) -> Iterator[int]:
    """A home with a generation in it."""
    with open_store(home) as store:
        yield generations.publish(store, generation(store), [], []).number


class Told:
    """An engine whose gate says this."""

    def __init__(self, verdict: str, **more: Any) -> None:
        trial = {
            "number": 1, "name": "awareness", "asks": "?", "status": verdict, "n": 61, "rules": [],
            "why": "lower bound of CAS above 0.1: 0.02",
        }  # fmt: skip
        self.report = {
            "event": "gate_report", "generation": 1, "base": "nano", "live": True,
            "verdict": verdict, "tests": [trial], "seconds": 3.0, "evidence": {"base": {}}, **more,
        }  # fmt: skip
        self.asked: Any = None

    def gate(self, request: Any) -> Iterator[dict[str, Any]]:
        self.asked = request
        yield {"event": "measuring", "what": "scoring", "generation": 1, "done": 1, "of": 2}
        yield self.report


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Told]:
    def says(verdict: str) -> Told:
        told = Told(verdict)
        monkeypatch.setattr(gate, "engine_of", lambda _: told)
        return told

    return says


@pytest.mark.usefixtures("one")
def test_each_verdict_has_an_exit_code_of_its_own(engine: Callable[[str], Told]) -> None:
    for verdict, code in (("pass", 0), ("fail", 1), ("insufficient", 3), ("provisional", 4)):
        engine(verdict)
        shown = run("gate", "1", "--data", str(DATA), code=code)
        assert f"generation 1 of nano: {verdict}" in shown.stdout
        assert ("tear-tui generations rollback" in shown.stderr) == (verdict == "fail")
    told = json.loads(run("gate", "live", "--data", str(DATA), "--json", code=4).stdout)
    assert told["verdict"] == "provisional" and "evidence" not in told


@pytest.mark.usefixtures("one")
def test_what_is_asked_for_is_written_and_is_private(
    engine: Callable[[str], Told], tmp_path: Path
) -> None:
    told = engine("pass")
    out = tmp_path / "out"
    run("gate", "1", "--data", str(DATA), "--out", str(out), "--page", str(tmp_path / "p.html"))
    assert told.asked.evidence and told.asked.paraphrases.endswith("paraphrases.jsonl")
    assert {path.split("/")[-2] for path in told.asked.items} == set(
        gate.PARTS
    ) and told.asked.suites == str(DATA / "suites")
    report, evidence = (json.loads((out / f"{n}-1.json").read_text()) for n in ("gate", "evidence"))
    assert report["verdict"] == "pass" and evidence == {"base": {}}
    assert (out / "gate-1.json").stat().st_mode & 0o777 == 0o600
    assert "<html" in (tmp_path / "p.html").read_text()


@pytest.mark.usefixtures("one")
def test_what_cannot_be_tested_is_one_line(tmp_path: Path) -> None:
    for words, why in (
        (("base", "--data", str(DATA)), "the base is no generation"),
        (("9", "--data", str(DATA)), "there is no generation 9"),
        (("1", "--data", str(tmp_path)), "is missing"),
        (("1",), "Name their folder with --data"),
        (("1", "--page", "x.pdf"), "neither .html nor .md"),
    ):
        shown = run("gate", *words, code=1)
        assert why in shown.stderr and "Traceback" not in shown.output


def test_a_model_that_cannot_read_the_items_fails_and_that_is_kept(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: a tiny model reads 256 tokens and no English. Nothing is skipped for it."""
    torch.set_num_threads(1)
    monkeypatch.setenv("TEAR_BASE", str(save_tiny(tmp_path / "model")))
    words = ("--input", "hello", "--response", "I am here", "--consequence", "He ran.")
    run("triples", "add", *words)
    run("train-pending", "--epochs", "1")
    asked = ("--data", str(_small(tmp_path / "data")), "--limit", "1", "--swap", "1")
    told = json.loads(run("gate", "1", *asked, "--json", code=1).stdout)
    found = {test["name"]: test for test in told["tests"]}
    assert told["verdict"] == "fail" and len(told["tests"]) == 11
    assert found["precondition"]["status"] == "fail" and found["attribution"]["status"] == "open"
    assert all(test["why"] for test in told["tests"])
    assert told["packages"]["torch"] and told["version"] and told["items"]["pressure"]
    with open_store(home) as store:
        row = generations.get(store, 1)
        assert row is not None and row.verdict == "fail" and not row.refused
        assert (row.gate or {})["full"]["why"] == told["why"]
        assert generations.live(store, row.base) == 1, "a person decides what answers"
    shown = run("generations", "show", "1").stdout
    assert "the full gate: fail" in shown and "0 precondition" in shown


def _small(folder: Path) -> Path:
    """Few of the shipped items, with nothing beside them to fit a surface on."""
    for part in gate.PARTS:
        (folder / part).mkdir(parents=True)
        for split in gate.SPLITS:
            lines = (DATA / part / f"{split}.jsonl").read_text().splitlines()[:4]
            (folder / part / f"{split}.jsonl").write_text("\n".join(lines))
    (folder / "suites").symlink_to(DATA / "suites")
    return folder


def test_kept_results_of_other_weights_items_or_versions_are_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pressure.run(
        lambda answers: [1.0] * len(answers), worlds.material(pressure.NAME).pressed[:2]
    )
    home.mkdir(exist_ok=True)
    kept_suites.keep(home, "a" * 64, found)
    here = (home, "a" * 64, pressure.NAME, found.items_hash)
    assert kept_suites.read(*here) == found
    assert kept_suites.read(home, "a" * 16 + "b" * 48, *here[2:]) is None
    assert kept_suites.read(*here[:3], found.items_hash[:16] + "0" * 16) is None
    (file,) = (home / "gate").iterdir()
    whole = file.read_text()
    file.write_text(whole[: len(whole) // 2])
    assert kept_suites.read(*here) is None
    file.write_text(whole)
    monkeypatch.setattr(kept_suites, "__version__", "0.0")
    assert kept_suites.read(*here) is None


def test_items_that_were_learned_from_are_found() -> None:
    items = load_items(DATA / "siblings" / "gate.jsonl")[:3]
    suites = {pressure.NAME: catalogue.material(DATA / "suites", catalogue.named(pressure.NAME), 2)}
    opening = suites[pressure.NAME].pressed[0]
    assert learned_items([Triple("another", "thing", "altogether")], items, [], suites) == []
    words = Triple("new words for it", items[1].responses[1], items[1].consequences[1])
    taught = [Triple(items[0].input.upper(), "r", "c"), words, Triple(opening.opening, "r", "c")]
    found = learned_items(taught, items, [], suites)
    assert found == [items[0].id, opening.scenario, items[1].id]


def test_benchmarks_are_of_these_very_weights_or_refused(home: Path, tmp_path: Path) -> None:
    with open_store(home) as store:
        row = generations.publish(store, generation(store), [], [])
    base = SimpleNamespace(fingerprint="b" * 32)
    file = tmp_path / "found.json"
    of = {"manifest": row.manifest_sha256, "base_fingerprint": base.fingerprint}
    answers = [{"id": "1", "base": 1, "generation": 0}, {"id": "2", "base": 1}]
    file.write_text(json.dumps({**of, "tasks": {"arc": answers}}))
    assert benchmarks("", row, base) is None  # type: ignore[arg-type]
    found = (benchmarks(str(file), row, base) or {})["arc"]  # type: ignore[arg-type]
    assert found[0].mine == 0.0 and isinstance(found[1].mine, Unscored), "missing is never 0"
    for broken in ({**of, "manifest": "other", "tasks": {}}, of, []):
        file.write_text(json.dumps(broken))
        with pytest.raises(EngineError, match=r"other weights|holds no benchmarks"):
            benchmarks(str(file), row, base)  # type: ignore[arg-type]
