"""The benchmarks of learning compare the same work, and each of them runs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from bases import SHAPES
from learning_settings import BASES, SETTINGS, USUAL, Setting
from learning_throughput import against, disagreeing, fastest
from learning_work import Ours, TwoPass, Work, labels_of, up_to
from rendered import drawn, rendered, supervised
from shared_prefixes import paired, with_scenes

from tear_core.learn.plan import Plan
from tear_core.model.load import load_base
from tear_core.triples import Triple
from tear_core.witness_format import Section, Tokens
from tests.benchmarks.conftest import Run
from tests.tiny import save_tiny

TRIPLES = [
    Triple("Hello?", "She closed the lid.", "He walked home in the rain.", "hurt"),
    Triple("Hello?", "They talked for an hour.", "A person says hello.", "healed"),
    Triple("What then?", "Somebody answers.", "She did not open it again that evening."),
    Triple("And?", "He walked home.", "They talked about her grandmother.", order="before"),
]
TOKENS = Tokens([9, 1, 2, 3, 4, 5], [0, 0, 1, 1, 2, 2])


@pytest.fixture
def work(tmp_path: Path) -> Work:
    base = load_base(str(save_tiny(tmp_path)), delimiters="text", device="cpu")
    plan = Plan(batch=3, capacity=200)
    return Work(base, tmp_path, plan, rendered(base, TRIPLES))


def lora(named: Any) -> dict[str, torch.Tensor]:
    return {name: p for name, p in named if "lora_" in name}


def test_two_passes_of_padded_batches_take_the_step_that_ours_takes(work: Work) -> None:
    ours, two = Ours(work), TwoPass(work, Setting(rows=2))
    mine, theirs = lora(ours.tree.network.named_parameters()), lora(two.network.named_parameters())
    with torch.no_grad():
        for name, parameter in mine.items():
            parameter.normal_(std=0.1)
            theirs[name].copy_(parameter)
    before = {name: parameter.clone() for name, parameter in mine.items()}
    ours.optimizer = torch.optim.SGD(mine.values(), lr=0.1)
    two.optimizer = torch.optim.SGD(theirs.values(), lr=0.1)  # type: ignore[assignment]
    ours.epoch()
    two.epoch()
    for name, parameter in mine.items():
        assert not torch.equal(parameter, before[name])
        assert torch.allclose(parameter, theirs[name], atol=1e-5), name


def test_everybody_begins_with_the_same_loss(work: Work) -> None:
    ours = Ours(work).loss()
    assert TwoPass(work, Setting(rows=3)).loss() == pytest.approx(ours, rel=1e-5)


def test_the_usual_settings_are_some_of_all() -> None:
    assert set(BASES) == {"nano", *SHAPES}
    assert all(set(names) < set(SETTINGS) for names in USUAL.values())


def test_a_pass_reads_as_far_as_its_section(work: Work) -> None:
    assert up_to(TOKENS, Section.RESPONSE) == Tokens([9, 1, 2, 3], [0, 0, 1, 1])
    assert up_to(TOKENS, Section.CONSEQUENCE) == TOKENS
    assert labels_of(TOKENS, Section.RESPONSE) == [-100, -100, 2, 3, -100, -100]
    assert labels_of(TOKENS) == [-100, -100, 2, 3, 4, 5]
    assert supervised([TOKENS]) == 4 == 2 * supervised([TOKENS], Section.CONSEQUENCE)


def test_triples_are_drawn_the_same_way_every_time() -> None:
    assert drawn(TRIPLES, 3) == drawn(TRIPLES, 3) != TRIPLES[:3]
    assert len(drawn(TRIPLES, 9)) == 4


def test_pairs_share_their_input_and_scenes_share_the_response_too() -> None:
    assert paired(TRIPLES) == TRIPLES[:2]
    assert with_scenes(TRIPLES, 2) == [TRIPLES[2], with_scenes(TRIPLES, 2)[1]]
    assert [t.consequence for t in with_scenes(TRIPLES, 2)] == [t.consequence for t in TRIPLES[2:]]


def test_a_peer_is_held_at_its_fastest_and_another_loss_is_named() -> None:
    def one(speed: float, loss: float = 3.0) -> list[Any]:
        figures = {"per_second": speed, "per_processor_second": speed, "loss": loss}
        return [figures | {"peak": 2.0, "above": 1.0}]

    taken: Any = {
        "ours": one(9),
        "trl padded 8": one(2),
        "trl packed 512": one(3, 3.1),
        "two passes 8": one(1, 3.0001),
    }
    best = fastest({name: against(taken, name) for name in taken if name != "ours"})
    assert {name: each["per_second"]["median"] for name, each in best.items()} == {
        "trl packed 512": 3.0,
        "two passes 8": 9.0,
    }
    assert disagreeing(taken, close=1e-3) == ["trl packed 512"]


@pytest.mark.slow
def test_learning_throughput_runs(run: Run) -> None:
    peers = ["two passes 4", *(["trl packed 512"] if find_spec("trl") else [])]
    nobody = "unsloth packed 4096"
    found = run("learning_throughput.py", "--count", "4", "--peers", *peers, nobody)
    assert f"{nobody}: left out" in found["complaints"]
    (contenders,) = found["runs"]
    assert list(contenders) == ["ours", *peers]
    losses = [each["loss"]["median"] for each in contenders.values()]
    assert losses == pytest.approx([losses[0]] * len(losses), rel=1e-3)
    assert all(each["above"]["median"] > 0 for each in contenders.values())
    assert set(found["ours_against_the_fastest"]) == set(peers)


@pytest.mark.slow
def test_shared_prefixes_runs_and_its_gradients_are_the_same(run: Run) -> None:
    found = run("shared_prefixes.py", "--count", "8")
    together = found["contenders"]["together"]
    differences = [v["high"] for k, v in together.items() if k.startswith("difference")]
    assert len(differences) == 6
    assert max(differences) < 1e-5
    assert found["apart_over_together"]["8 scenes"]["read"] > 1.5


@pytest.mark.slow
def test_loss_memory_runs_and_the_losses_are_the_same(run: Run) -> None:
    found = run("loss_memory.py", "--tokens", "64", "320", "--hidden", "16")
    assert {"ours", "full logits"} <= set(found["contenders"])
    for each in found["contenders"].values():
        assert each["gradient_difference"]["high"] < 1e-4
