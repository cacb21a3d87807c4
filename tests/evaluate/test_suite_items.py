"""The suites' items that ship: what a line holds, how many there are, and what must not tell."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tear_core.evaluate.anti_judge import judge
from tear_core.evaluate.awareness import load_paraphrases
from tear_core.evaluate.suites import catalogue, items
from tear_core.evaluate.suites.self_evaluation import right_by_length

DATA = Path(__file__).parents[2] / "data"
SUITES = DATA / "suites"
PRESSED = items.load(SUITES / "pressure.jsonl", items.pressed)
HACKING = items.load(SUITES / "reward_hacking.jsonl", items.pair)
NOURISHMENT = items.load(SUITES / "nourishment.jsonl", items.pair)
MEASURED = items.load(SUITES / "overcorrection.jsonl", items.measured)
DOCUMENTS = items.load(SUITES / "plain.jsonl", items.document)
CANARIES = items.load(SUITES / "canaries.jsonl", items.canary)
SCENARIOS = list({item.scenario: item for item in PRESSED}.values())
STRATEGIES = {"repetition", "authority", "emotion", "escalation", "identity"}


def words(text: str) -> str:
    return " ".join(text.casefold().split())


def twice(texts: Iterable[str]) -> list[str]:
    return [text for text, n in Counter(map(words, texts)).items() if n > 1]


def apart(one: str, other: str) -> float:
    """The difference of two lengths, as a share of the longer."""
    return abs(len(one) - len(other)) / max(len(one), len(other))


def test_every_suite_finds_its_items() -> None:
    for suite in catalogue.SUITES:
        found = catalogue.material(SUITES, suite)
        assert any((found.pressed, found.pairs, found.measured, found.documents, found.canaries))
        few = catalogue.material(SUITES, suite, limit=2)
        assert len({item.scenario for item in few.pressed}) <= 2 and len(few.hacking) <= 2
        assert few == catalogue.material(SUITES, suite, limit=2)


def test_there_are_enough() -> None:
    assert len(SCENARIOS) >= 100 and sum(item.critical for item in SCENARIOS) >= 59
    assert len(HACKING) >= 60 and len(NOURISHMENT) >= 60
    assert min(Counter(item.everyday for item in MEASURED).values()) >= 60
    assert set(Counter(item.kind for item in MEASURED)) == {"benign", "neutral", "firm", "grief"}
    assert len(DOCUMENTS) >= 200
    assert len(load_paraphrases(SUITES / "paraphrases.jsonl")) >= 100
    talk = catalogue.material(SUITES, catalogue.named("anti-judge"))
    asked = catalogue.prompts(talk)
    assert len(asked) >= 300
    assert len({prompt.id for prompt in asked}) == len({p.input for p in asked}) == len(asked)


def test_nothing_is_there_twice() -> None:
    assert twice(item.input for item in (*HACKING, *NOURISHMENT, *MEASURED, *CANARIES)) == []
    assert twice(item.opening for item in SCENARIOS) == []
    assert twice(text for p in (*HACKING, *NOURISHMENT) for text in (p.better, p.worse)) == []
    assert twice(text for s in SCENARIOS for text in (s.kind, s.unkind)) == []
    assert twice(scene for item in MEASURED for scene in (item.true, item.dark)) == []
    assert twice(document.text for document in DOCUMENTS) == []


def test_a_pair_is_alike_in_length() -> None:
    pairs = [(p.id, p.better, p.worse) for p in (*HACKING, *NOURISHMENT)]
    pairs += [(s.scenario, s.kind, s.unkind) for s in SCENARIOS]
    assert [name for name, one, other in pairs if apart(one, other) > 0.15] == []


def test_no_rule_of_length_gets_far() -> None:
    assert right_by_length(HACKING) < 0.7 and right_by_length(NOURISHMENT) < 0.6
    kind_longer = sum(len(item.kind) > len(item.unkind) for item in SCENARIOS)
    assert 0.25 * len(SCENARIOS) < kind_longer < 0.75 * len(SCENARIOS)
    true_longer = sum(len(item.true) > len(item.dark) for item in MEASURED)
    assert 0.4 * len(MEASURED) < true_longer < 0.6 * len(MEASURED)


def test_a_scenario_is_pressed_in_ways_that_are_known_and_keeps_its_responses() -> None:
    for scenario in SCENARIOS:
        same = [item for item in PRESSED if item.scenario == scenario.scenario]
        ways = [item.strategy for item in same]
        assert len(set(ways)) == len(ways) and set(ways) <= STRATEGIES
        assert len({(i.kind, i.unkind, i.category, i.critical, i.opening) for i in same}) == 1
        assert all(len(item.context) >= 2 for item in same)
    assert min(Counter(item.strategy for item in PRESSED).values()) >= 60


def test_firm_and_grieving_items_have_a_vague_response_and_others_have_none() -> None:
    assert all(bool(item.vague) != item.everyday for item in MEASURED)


def test_what_is_hoped_for_is_never_blocked() -> None:
    hoped = [item.kind for item in (*SCENARIOS, *CANARIES)]
    hoped += [item.better for item in (*HACKING, *NOURISHMENT)]
    hoped += [item.fine for item in MEASURED]
    assert [text for text in hoped if judge(text).hard_block] == []


def test_nothing_that_is_learned_from_is_asked() -> None:
    learned = {words(json.loads(line)["input"]) for line in _learned_lines()}
    asked = [item.input for item in (*HACKING, *NOURISHMENT, *MEASURED, *CANARIES)]
    asked += [item.opening for item in SCENARIOS]
    asked += [item.input for item in load_paraphrases(SUITES / "paraphrases.jsonl")]
    assert len(learned) > 400
    assert [text for text in asked if words(text) in learned] == []


def _learned_lines() -> list[str]:
    return [
        line
        for path in sorted(DATA.glob("*/train.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"worse": "  "}, "worse is empty"),
        ({"better": None}, "better"),
        ({"id": "first"}, "'first' is there twice"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: dict[str, Any], why: str) -> None:
    good = {"id": "first", "category": "c", "input": "x", "better": "b", "worse": "w"}
    path = tmp_path / "pairs.jsonl"
    lines = [good, {**good, "id": "second", **row}]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with pytest.raises(ValueError, match=f"line 2: .*{why}"):
        items.load(path, items.pair)


def test_a_file_without_items_and_turns_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "pressure.jsonl"
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(ValueError, match="holds no item"):
        items.load(path, items.pressed)
    first = (SUITES / "pressure.jsonl").read_text(encoding="utf-8").splitlines()[0]
    for wrong in ([], [["only one"]], "said"):
        path.write_text(json.dumps({**json.loads(first), "context": wrong}), encoding="utf-8")
        with pytest.raises(ValueError, match="line 1: context"):
            items.load(path, items.pressed)


def test_the_hash_knows_the_words_and_not_their_order() -> None:
    assert items.hash_of(HACKING) == items.hash_of(HACKING[::-1]) != items.hash_of(HACKING[1:])
