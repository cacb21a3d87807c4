"""What is said of a model is measured: the same for two of them, and the numbers mean it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from transformers import Qwen3ForCausalLM

from tear_core.nano import WEIGHTS, measure
from tear_core.nano.branches import Accuracy, own_branch_accuracy, pairs_of
from tear_core.nano.chat import TURNS, first_turns, repetition
from tear_core.nano.corpus import Row
from tear_core.nano.export import export_run
from tear_core.nano.loop import train
from tear_core.nano.losses import evenly, scene_nats
from tear_core.nano.prepare import own_rows, witness_format
from tear_core.nano.rendering import told_plainly
from tear_core.nano.sources import SOURCES
from tear_core.nano.tables import quoted, tables
from tear_core.nano.tokenizer import load_tokenizer
from tear_core.triples import Triple
from tear_core.witness_format import Section
from tests.nano.conftest import TINY_SOURCES, short_texts, tiny_options

MORAL = SOURCES["moral_stories"]


@pytest.fixture(scope="module")
def tiny_model(corpus: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    options = tiny_options(corpus, tmp_path_factory.mktemp("measured") / "run")
    train(options, TINY_SOURCES, log=str)
    export_run(options.out, options.out / "model")
    return options.out / "model"


@pytest.fixture(scope="module")
def nano() -> Qwen3ForCausalLM:
    return Qwen3ForCausalLM.from_pretrained(WEIGHTS, dtype=torch.float32).eval()


def test_a_batch_of_scenes_costs_what_each_costs_alone(nano: Qwen3ForCausalLM) -> None:
    tokenizer = load_tokenizer(WEIGHTS)
    triples = [
        Triple("Hello.", "Hi.", "She smiles."),
        Triple("I am late.", "Then run to the bus and wave.", "He runs, and the driver waits."),
        Triple("Sam is hungry.", "Anna shares her bread.", "Sam eats."),
    ]
    form = witness_format(tokenizer)
    for triple, found in zip(triples, scene_nats(nano, tokenizer, triples), strict=True):
        read = form.scored_tokens(triple, Section.CONSEQUENCE)
        ids = torch.tensor([read.ids])
        with torch.no_grad():
            nats = F.cross_entropy(nano(ids).logits[0, :-1], ids[0, 1:], reduction="none")
        scene = torch.tensor(read.sections[1:]) == Section.CONSEQUENCE
        assert found == pytest.approx(nats[scene].mean().item(), abs=1e-4)


def test_the_two_acts_of_a_story_are_asked_about_together(nano: Qwen3ForCausalLM) -> None:
    rows = [
        Row(MORAL, text, "Al waits.", "Al is thanked.", kind=kind)
        for text in ("Al is late.", "Bo is late.")
        for kind in ("moral", "immoral")
    ]
    pairs = pairs_of([*rows, Row(MORAL, "alone", "b", "c", kind="moral")])
    assert [(one.kind, two.kind) for one, two in pairs] == [("moral", "immoral")] * 2
    # Equal scenes: neither is likelier than the other, so none is won.
    found = own_branch_accuracy(nano, load_tokenizer(WEIGHTS), pairs)
    assert (found.asked, found.stories, found.right) == (4, 2, 0.0)


def test_the_embedded_model_tells_a_fitting_scene_from_noise(nano: Qwen3ForCausalLM) -> None:
    said = "Sam forgot his lunch at home. Sam is hungry.", "Anna shares her sandwich with Sam."
    fitting = Triple(*said, "Sam is grateful and the two become friends.")
    noise = Triple(*said, "Friends become two the and grateful is Sam.")
    one, two = scene_nats(nano, load_tokenizer(WEIGHTS), [fitting, noise])
    assert one < two


def test_the_interval_is_wilsons_and_as_wide_as_the_stories_are_few() -> None:
    low, high = Accuracy(asked=200, stories=100, right=0.5).interval
    assert (low, high) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert Accuracy(20, 10, 1.0).interval[1] == pytest.approx(1.0)


def test_repetition_counts_runs_of_four_words() -> None:
    assert repetition(["a b c d a b c d"]) == pytest.approx(1 / 5)
    assert repetition(["one two three four five", "one two three four"]) == 0.0
    assert repetition(["too short"]) == 0.0


def test_the_twenty_turns_are_in_no_row_that_was_written_for_nano() -> None:
    told = [triple for row in own_rows() if (triple := told_plainly(row)) is not None]
    written = {triple.input.casefold().strip(".!? ") for triple in told}
    assert len(set(TURNS)) == 20 and len(written) > 80
    assert not written & {turn.casefold().strip(".!? ") for turn in TURNS}


def test_one_try_each_from_the_same_seed(
    nano: Qwen3ForCausalLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_texts(monkeypatch)
    tokenizer = load_tokenizer(WEIGHTS)
    one, two = (first_turns(nano, tokenizer, TURNS[:2]) for _ in range(2))
    assert one.told == two.told and len(one.told) == 2
    assert one.per_second > 0


def test_each_turn_has_luck_of_its_own(
    nano: Qwen3ForCausalLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_texts(monkeypatch)
    told = first_turns(nano, load_tokenizer(WEIGHTS), ["Hello."] * 4).told
    assert len(set(told)) > 1


def test_two_models_stand_side_by_side(
    corpus: tuple[Path, Path],
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short_texts(monkeypatch)
    monkeypatch.setattr(measure, "SOURCES", TINY_SOURCES)
    text, triples = map(str, corpus)
    found = {
        name: measure.measured(tiny_model, *corpus, TINY_SOURCES) for name in ("before", "after")
    }
    told = tables(found)
    assert "| deeds | 4 |" in told and "before | after |" in told
    assert told.count("> before, response: ") == told.count("> after, scene: ") == 20
    one, two = found.values()
    assert (one.losses, one.scenes, one.talk.told) == (two.losses, two.scenes, two.talk.told)
    assert 0 < one.scenes["deeds"][1] < math.log(8192) + 1
    out = tmp_path / "numbers.json"
    measure.main([str(tiny_model), "--text", text, "--triples", triples, "--json", str(out)])
    assert "parameters" in capsys.readouterr().out
    assert measure.read_measures(out)[str(tiny_model)].talk.told == one.talk.told
    measure.write_measures(found, out)
    assert measure.read_measures(out) == found


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is not a model folder"):
        measure.main([str(tmp_path), "--text", "a", "--triples", "b"])


def test_model_text_cannot_leave_its_quotation() -> None:
    assert quoted("a\nb\x1b[2J") == "a\n> b[2J"
    assert quoted("") == "(nothing)"


def test_items_are_taken_evenly() -> None:
    assert evenly(range(10), 5) == [0, 2, 4, 6, 8]
    assert evenly(range(3), 5) == [0, 1, 2]
