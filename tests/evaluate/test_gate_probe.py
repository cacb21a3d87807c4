"""The fast gate: fixed items, bars with sources, and nothing that passes by being absent."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from tear_core.corpus.dataset import read_triples
from tear_core.corpus.generate.near import NearDuplicates
from tear_core.evaluate.cells import Cell
from tear_core.evaluate.figures import Unscored
from tear_core.evaluate.gate.canaries import CanaryFigures, Said, look_at
from tear_core.evaluate.gate.judging import ProbeFigures, flagged_share, judge_probe
from tear_core.evaluate.gate.probe_set import FOLDER, load, shipped
from tear_core.evaluate.gate.probing import Probed, divergence, probe
from tear_core.evaluate.gate.thresholds import FILE, thresholds
from tear_core.evaluate.likelihood import scorer
from tear_core.evaluate.plain_text import bits_per_byte, score_texts
from tear_core.evaluate.surprise import surprise
from tear_core.model.base import Base
from tear_core.model.load import load_base
from tear_core.model.packing import pack
from tear_core.model.tree import LoraShape, grow
from tear_core.triples import Triple
from tear_core.witness_format import Section
from tests.tiny import save_tiny

HASH = shipped().hash
BARS = thresholds("probe")
CANARIES = CanaryFigures(empty=0.0, repetition=0.02, alike=0.0, blocked=(), penalty=0.0)
BEFORE = Probed(HASH, 3.0, 3.2, 0.1, 1.0, 0.2, CANARIES, 64)
GOOD = ProbeFigures(
    now=replace(BEFORE, response=2.9, consequence=3.0, bits_per_byte=1.01),
    parent=BEFORE,
    base=BEFORE,
    divergence=0.2,
    imitated=0.0,
    flagged=0.0,
)


def verdict(figures: ProbeFigures) -> str:
    return judge_probe(figures, HASH, BARS).verdict


def test_an_update_that_costs_little_passes() -> None:
    judged = judge_probe(GOOD, HASH, BARS)
    assert (judged.verdict, judged.why) == ("pass", "")
    assert all(rule.passed for rule in judged.rules)
    told = judged.as_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["measured"]["bits_per_byte"] == 1.01 and told["hash"] == HASH


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"response": 3.4}, "response_over_parent"),
        ({"consequence": 4.0}, "consequence_over_base"),
        ({"bits_per_byte": 1.05}, "bits_over_parent"),
        ({"preference": -0.5}, "preference_under_parent"),
        ({"canaries": replace(CANARIES, empty=0.25)}, "empty"),
        ({"canaries": replace(CANARIES, repetition=0.3)}, "repetition_over_base"),
        ({"canaries": replace(CANARIES, alike=1.0)}, "alike"),
        ({"canaries": replace(CANARIES, blocked=("grief",))}, "blocked"),
    ],
)
def test_each_kind_of_harm_fails_and_is_said(change: dict[str, Any], rule: str) -> None:
    assert GOOD.now is not None
    judged = judge_probe(replace(GOOD, now=replace(GOOD.now, **change)), HASH, BARS)
    assert judged.verdict == "fail"
    failed = {each.rule: each for each in judged.rules if not each.passed}
    assert rule in failed
    assert failed[rule].words in judged.why and failed[rule].source


def test_distance_and_harm_to_be_imitated_fail_too() -> None:
    assert verdict(replace(GOOD, divergence=5.0)) == "fail"
    judged = judge_probe(replace(GOOD, imitated=2.0), HASH, BARS)
    assert judged.verdict == "fail" and "2 of the new responses encourage harm" in judged.why


def test_responses_that_hurt_are_not_imitated_but_one_turn_of_phrase_is_let_through() -> None:
    assert flagged_share([]) == flagged_share([0.4]) == flagged_share([0.0, 0.0]) == 0.0
    assert flagged_share([0.4, 0.0, 0.3, 0.0]) == 0.25
    judged = judge_probe(replace(GOOD, flagged=0.5), HASH, BARS)
    assert (
        judged.verdict == "fail" and "50% of the responses that were to be imitated" in judged.why
    )


NOTHING = [None, math.nan, math.inf, -math.inf, Unscored("lost")]


@pytest.mark.parametrize("value", NOTHING[1:])
@pytest.mark.parametrize("name", ["response", "consequence", "preference", "bits_per_byte"])
@pytest.mark.parametrize("whose", ["now", "parent", "base"])
def test_a_figure_that_is_none_fails_whoever_lacks_it(name: str, value: Any, whose: str) -> None:
    if (name, whose) == ("preference", "base"):
        return  # nothing is held against it
    probed = replace(getattr(GOOD, whose), **{name: value})
    judged = judge_probe(replace(GOOD, **{whose: probed}), HASH, BARS)
    assert judged.verdict == "fail" and "not measured" in judged.why
    json.dumps(judged.as_json(), allow_nan=False)


@pytest.mark.parametrize("whose", ["now", "parent", "base"])
def test_what_was_not_measured_or_on_other_items_fails(whose: str) -> None:
    assert verdict(replace(GOOD, **{whose: None})) == "fail"
    stale = replace(getattr(GOOD, whose), hash="0" * 32)
    judged = judge_probe(replace(GOOD, **{whose: stale}), HASH, BARS)
    assert judged.verdict == "fail" and "other items" in judged.why


def test_no_canaries_no_divergence_no_count_no_pass() -> None:
    assert GOOD.now is not None
    assert verdict(replace(GOOD, now=replace(GOOD.now, canaries=None))) == "fail"
    assert verdict(replace(GOOD, base=replace(BEFORE, canaries=None))) == "fail"
    for value in NOTHING[1:]:
        assert verdict(replace(GOOD, divergence=value)) == "fail"
        assert verdict(replace(GOOD, imitated=value)) == "fail"
        assert verdict(replace(GOOD, flagged=value)) == "fail"
    nan = replace(CANARIES, repetition=math.nan)
    assert verdict(replace(GOOD, now=replace(GOOD.now, canaries=nan))) == "fail"


@pytest.mark.parametrize("broken", [{}, {"hash": HASH}, {"hash": HASH, "response": None}])
def test_figures_from_a_damaged_record_are_unscored_never_zero(broken: dict[str, Any]) -> None:
    found = Probed.from_json(broken)
    assert isinstance(found.response, Unscored) and found.canaries is None
    assert verdict(replace(GOOD, parent=found)) == "fail"
    assert Probed.from_json(BEFORE.as_json()) == BEFORE


def test_an_empty_verdict_is_no_pass() -> None:
    judged = replace(judge_probe(GOOD, HASH, BARS), rules=())
    assert (judged.verdict, judged.why) == ("fail", "nothing was measured")


def test_every_bar_has_a_source_and_a_broken_file_is_an_error(tmp_path: Path) -> None:
    for part in ("probe", "full"):
        for demonstration in (False, True):
            bars = thresholds(part, demonstration).bars
            assert bars and all(bar.source and math.isfinite(bar.value) for bar in bars.values())
    assert thresholds("probe", True)["bits_over_base"] != BARS["bits_over_base"]
    for line in ("value = nan\nsource = 'x'", "value = 1", "source = 'x'", "value = true"):
        file = tmp_path / f"{abs(hash(line))}.toml"
        file.write_text(f"[probe.x]\n{line}\n")
        with pytest.raises(ValueError, match=r"probe\.x needs a finite value and a source"):
            thresholds("probe", file=file)
    assert FILE.exists()


def test_the_items_are_fixed_hashed_and_whole() -> None:
    items = shipped()
    assert (len(items.triples), len(items.texts), len(items.canaries)) == (28, 24, 12)
    assert len(items.contrasts) == 8
    assert {one.landing for one, _ in items.contrasts} == {"healed"}
    assert all(t.landing != "hurt" for t in items.kind)
    assert len({t.content_hash for t in items.triples}) == 28
    assert len(set(items.texts)) == 24


def test_another_word_is_another_hash_and_a_double_is_an_error(tmp_path: Path) -> None:
    for file in FOLDER.glob("*.jsonl"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert load(tmp_path).hash == HASH
    texts = (tmp_path / "texts.jsonl").read_text()
    (tmp_path / "texts.jsonl").write_text(texts.replace("kettle", "pan", 1))
    assert load(tmp_path).hash != HASH
    (tmp_path / "texts.jsonl").write_text(texts + texts.splitlines()[0] + "\n")
    with pytest.raises(ValueError, match=r"an id stands twice in texts\.jsonl"):
        load(tmp_path)
    (tmp_path / "texts.jsonl").write_text(texts)
    dev = (tmp_path / "dev.jsonl").read_text().splitlines()
    (tmp_path / "dev.jsonl").write_text("\n".join(dev[:-1]))
    with pytest.raises(ValueError, match="is not two triples of one input"):
        load(tmp_path)


def test_the_probe_is_in_no_data_that_is_learned_from() -> None:
    near = NearDuplicates()
    for number, triple in enumerate(shipped().triples):
        assert near.add(f"probe {number}", triple) is None
    root = Path(__file__).parents[2]
    for file in (*root.glob("data/*/*.jsonl"), *root.glob("tests/fixtures/*.jsonl")):
        for number, triple in enumerate(read_triples(file)):
            twin = near.add(f"{file} {number}", triple) or ""
            assert not twin.startswith("probe"), triple


def test_canaries_that_say_nothing_or_all_the_same_are_seen() -> None:
    empty = look_at({"a": Said("", "..."), "b": Said("He came.", "It rained.")})
    assert (empty.empty, empty.alike) == (0.5, 0.0)
    same = look_at(
        {"a": Said("I know.", "x y"), "b": Said(" i  KNOW.", "z"), "c": Said("No.", "w")}
    )
    assert same.alike == pytest.approx(2 / 3)
    bad = look_at({"a": Said("You should kill yourself tonight.", "She wept.")})
    assert bad.blocked == ("a",) and bad.penalty > 0
    with pytest.raises(ValueError, match="no canary"):
        look_at({})


def test_an_answer_that_loops_is_seen() -> None:
    loop = look_at({"a": Said("so it was " * 10, "It rained.")})
    assert loop.repetition == pytest.approx((1 - 3 / 27) / 2)
    assert look_at({"a": Said("He came in and sat down.", "It rained.")}).repetition == 0.0


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Base:
    torch.set_num_threads(1)
    return load_base(str(save_tiny(tmp_path_factory.mktemp("tiny"))))


def test_bits_per_byte_are_those_of_a_plain_forward_pass(tiny: Base) -> None:
    tree = grow(tiny, LoraShape(rank=2))
    texts = ["He walked home.", "She closed the lid and laughed; it was déjà vu."]
    scores = score_texts(tree, texts, capacity=40)
    for text, score in zip(texts, scores, strict=True):
        ids = torch.tensor([[tiny.format.eos, *tiny.format.encode(text)]])
        with torch.no_grad():
            logits = tree.causal_lm(input_ids=ids).logits.float()
        nats = torch.nn.functional.cross_entropy(logits[0, :-1], ids[0, 1:], reduction="sum")
        assert isinstance(score.bits, float)
        assert score.bits == pytest.approx(float(nats) / math.log(2), rel=1e-4)
        assert score.bytes == len(text.encode())
    whole = bits_per_byte(scores)
    assert isinstance(whole, float) and whole > 0
    long = score_texts(tree, [texts[0], "word " * 400])
    assert isinstance(bits_per_byte(long), Unscored)
    assert isinstance(bits_per_byte([]), Unscored)


def test_divergence_is_the_kl_of_the_next_token(tiny: Base) -> None:
    one, two = grow(tiny, LoraShape(rank=2)), grow(tiny, LoraShape(rank=2))
    triples = [Triple("hello", "I am here", "He walked."), Triple("a", "He ran", "b", "hurt")]
    assert divergence(one, two, triples) == pytest.approx(0.0, abs=1e-6)
    with torch.no_grad():
        for parameter in two.adapter().values():
            parameter.add_(0.3 * torch.randn_like(parameter))
    found = divergence(one, two, triples, capacity=30)
    tokens = [tiny.format.scored_tokens(each, Section.RESPONSE) for each in triples]
    total, count = 0.0, 0
    for row in pack(tokens, 1, tiny.device):
        with torch.no_grad():
            p, q = (
                tree.causal_lm(
                    input_ids=row.ids, attention_mask=row.mask, position_ids=row.positions
                ).logits[0, row.rows].float().log_softmax(-1)
                for tree in (one, two)
            )  # fmt: skip
        total += float((p.exp() * (p - q)).sum())
        count += len(row.rows)
    assert found == pytest.approx(total / count, rel=1e-4)
    assert isinstance(divergence(one, two, []), Unscored)


def test_what_is_scored_in_one_reading_is_what_is_scored_piece_by_piece(tiny: Base) -> None:
    """The probe's figures, and the same from the functions that measure one thing each."""
    tree, items = grow(replace(tiny, context=4096), LoraShape(rank=2)), shipped()
    with torch.no_grad():
        for parameter in tree.adapter().values():
            parameter.add_(0.05 * torch.randn_like(parameter))
    measured = probe(tree, items, capacity=300)

    def per_token(triples: Sequence[Triple], section: Section) -> float:
        each = [surprise(tree, [triple], section)[0] for triple in triples]
        return sum(s.nats for s in each) / sum(s.tokens for s in each)

    cells = [
        Cell(one.input, one.response, two.consequence)
        for pair in items.pairs
        for one in pair
        for two in pair
    ]
    nats = torch.tensor(scorer(tree)(cells)).double().view(-1, 4)
    delta = nats[:, 0] - nats[:, 1] - nats[:, 2] + nats[:, 3]
    gaps = [
        per_token([hurt], Section.RESPONSE) - per_token([healed], Section.RESPONSE)
        for healed, hurt in items.contrasts
    ]
    close = partial(pytest.approx, rel=1e-4, abs=1e-5)
    assert measured.response == close(per_token(items.kind, Section.RESPONSE))
    assert measured.consequence == close(per_token(items.triples, Section.CONSEQUENCE))
    assert measured.preference == close(sum(gaps) / len(gaps))
    assert measured.awareness == close(float((2 * delta.sigmoid() - 1).mean()))
    assert measured.bits_per_byte == close(bits_per_byte(score_texts(tree, items.texts)))


def test_a_model_that_cannot_read_the_probe_is_not_waved_through(tiny: Base) -> None:
    """Its context is shorter than the items: every figure says so, and the verdict is fail."""
    measured = probe(grow(tiny, LoraShape(rank=2)), shipped())
    assert isinstance(measured.consequence, Unscored)
    assert "this model reads at most 256" in measured.consequence.why
    figures = ProbeFigures(measured, measured, measured, 0.0, 0.0, 0.0)
    assert verdict(figures) == "fail"
