"""The ten tests: one who knows passes, null models fail, and nothing passes by being absent."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tear_core.evaluate import awareness
from tear_core.evaluate.figures import Unscored
from tear_core.evaluate.gate.full import conduct, understanding
from tear_core.evaluate.gate.full.evidence import Attribution, BenchmarkItem, Evidence, look
from tear_core.evaluate.gate.full.judging import FullVerdict, judge_full
from tear_core.evaluate.gate.full.precondition import precondition
from tear_core.evaluate.gate.full.rules import Rule, Trial
from tear_core.evaluate.gate.thresholds import thresholds
from tear_core.evaluate.suites import catalogue, pairs
from tear_core.evaluate.suites.items import Pair
from tests.evaluate import worlds
from tests.evaluate.worlds import EXPECTED

BARS = thresholds("full")
OPEN = {"attribution", "forgetting"}
"""Tests that stay open: nobody trained arms, nobody ran benchmarks."""


@pytest.fixture(scope="module")
def knower() -> Evidence:
    return worlds.of(worlds.knows)


@pytest.fixture(scope="module")
def verdict(knower: Evidence) -> FullVerdict:
    return judge_full(knower, EXPECTED, BARS)


def statuses(found: FullVerdict) -> dict[str, str]:
    return {test.name: test.status for test in found.tests}


def test_who_knows_and_behaves_is_provisional_until_arms_are_there(verdict: FullVerdict) -> None:
    found = statuses(verdict)
    assert {name for name, status in found.items() if status != "pass"} == OPEN, verdict.as_json()
    assert [test.number for test in verdict.tests] == list(range(11))
    assert verdict.verdict == "provisional"


def test_the_report_holds_what_it_must_and_survives_json(verdict: FullVerdict) -> None:
    told = json.loads(json.dumps(verdict.as_json(), allow_nan=False))
    assert told["verdict"] == "provisional" and told["thresholds"] == BARS.hash
    assert told["version"] and told["manifest"] == worlds.MINE and told["items"]
    first = told["tests"][1]
    assert first["n"] == 110 and first["hash"] == EXPECTED.items["awareness"]
    assert {"value", "low", "high", "at_least"} <= first["estimates"]["cas"].keys()
    assert all(rule["source"] and rule["words"] for test in told["tests"] for rule in test["rules"])
    assert "estimates" not in verdict.summary()["tests"][1]


@pytest.mark.parametrize("mind", [worlds.blind, worlds.constant, worlds.mute])
def test_a_mind_that_does_not_look_at_the_response_fails_all_five(mind: Any) -> None:
    evidence = replace(
        worlds.of(worlds.knows), mine=worlds.parts(worlds.understanding(mind), worlds.MINE)
    )
    for test in (
        understanding.awareness(evidence, EXPECTED, BARS),
        understanding.ranking(evidence, EXPECTED, BARS),
        understanding.swap(evidence, EXPECTED, BARS),
        understanding.paraphrases(evidence, EXPECTED, BARS),
    ):
        assert test.status == "fail", (test.name, test.why)


def _tie(_: str) -> float:
    return -1.0


def _shorter(text: str) -> float:
    return -float(len(text))


def _lost(_: str) -> float:
    return math.nan


@pytest.mark.parametrize(
    ("voice", "speak"),
    [(_tie, worlds.silent), (_shorter, worlds.silent), (_lost, worlds.silent)],
    ids=["constant", "length only", "unscored"],
)
def test_null_models_fail_the_tests_of_conduct(knower: Evidence, voice: Any, speak: Any) -> None:
    evidence = replace(
        knower, mine=worlds.parts(worlds.suites(voice, speak, math.nan), worlds.MINE)
    )
    for test in (
        conduct.under_pressure(evidence, EXPECTED),
        conduct.pairs(evidence, EXPECTED),
        conduct.words(evidence, EXPECTED, BARS),
        conduct.soundness(evidence, EXPECTED, BARS),
        conduct.calmness(evidence, EXPECTED),
    ):
        assert test.status == "fail", (test.name, test.why)


def test_half_of_the_pairs_wrong_in_every_category_is_not_full_marks(knower: Evidence) -> None:
    """Pairs are known by their id: where the last one of a category wins, this was 6/6."""
    hacking = worlds.material(catalogue.REWARD_HACKING).hacking
    last = {item.category: item.id for item in hacking}
    wrong = {item.better for item in hacking if last[item.category] != item.id}

    def prefer(answers: Sequence[Any]) -> list[float]:
        return [worlds.good(a.response) - 5.0 * (a.response in wrong) for a in answers]

    found = pairs.run(prefer, hacking, catalogue.REWARD_HACKING)
    evidence = _with(knower, catalogue.REWARD_HACKING, found)
    tested = conduct.pairs(evidence, EXPECTED)
    assert tested.status == "fail" and len(tested.failures) == len(hacking) - len(last)


def test_one_of_six_that_parsed_is_not_one_of_one(knower: Evidence) -> None:
    hacking = worlds.material(catalogue.REWARD_HACKING).hacking
    kept = {text for item in hacking[:10] for text in (item.better, item.worse, item.styled)}

    def prefer(answers: Sequence[Any]) -> list[float]:
        return [worlds.good(a.response) if a.response in kept else math.nan for a in answers]

    found = pairs.run(prefer, hacking, catalogue.REWARD_HACKING)
    evidence = _with(knower, catalogue.REWARD_HACKING, found)
    tested = conduct.pairs(evidence, EXPECTED)
    assert tested.status == "fail" and len(tested.failures) == len(hacking) - 10
    before = precondition(evidence, EXPECTED, BARS)
    assert before.status == "fail" and "50 of 60 unscored" in " ".join(before.notes)


def test_too_few_is_insufficient_and_no_pass(knower: Evidence) -> None:
    some: list[Pair] = worlds.material(catalogue.REWARD_HACKING).hacking[:12]
    found = pairs.run(
        lambda answers: [worlds.good(a.response) for a in answers], some, catalogue.REWARD_HACKING
    )
    evidence = _with(knower, catalogue.REWARD_HACKING, found)
    base = {**knower.base, catalogue.REWARD_HACKING: _as(knower.base, found, worlds.BASE)}
    tested = conduct.pairs(replace(evidence, base=base), EXPECTED)
    assert tested.status == "insufficient" and "there are 12" in tested.why
    few = awareness.measure(worlds.knows, worlds.items(20), worlds.surface(), 1.0)
    both = {"awareness": few}
    evidence = replace(
        knower, mine=worlds.parts(both, worlds.MINE), base=worlds.parts(both, worlds.BASE)
    )
    assert understanding.awareness(evidence, EXPECTED, BARS).status == "insufficient"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (None, "was not measured"),
        ({"model": "another"}, "on other weights"),
        ({"items": "others"}, "on other items"),
        ({"version": "0.0"}, "by version 0.0"),
    ],
    ids=["missing", "weights", "items", "version"],
)
@pytest.mark.parametrize("whose", ["mine", "base"])
def test_what_is_missing_or_stale_fails(
    knower: Evidence, whose: str, change: dict[str, str] | None, why: str
) -> None:
    for name in EXPECTED.items:
        if name not in knower.mine or (whose == "base" and name in ("swap", "paraphrases")):
            continue
        there = dict(getattr(knower, whose))
        part = there.pop(name)
        if change is not None:
            there[name] = replace(part, **change)
        evidence = replace(knower, **{whose: there})
        assert why in look(evidence, EXPECTED, name).why
        tests = [
            test
            for test in (
                understanding.awareness,
                understanding.ranking,
                understanding.swap,
                understanding.paraphrases,
            )
            if test.__name__ == name
        ]
        for test in tests:
            assert test(evidence, EXPECTED, BARS).status == "fail"
        if name in conduct.SUITES:
            found = conduct._suites(6, name, "", (name,), evidence, EXPECTED)
            assert found.status == "fail" and why in found.why


def test_suites_that_are_not_there_are_failures_and_not_skipped(knower: Evidence) -> None:
    evidence = replace(knower, mine={}, base={}, probe=None, learned=None)
    found = judge_full(evidence, EXPECTED, BARS)
    assert found.verdict == "fail"
    assert {name for name, status in statuses(found).items() if status != "fail"} == {"attribution"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rerun": Unscored("lost")}, "not measured"),
        ({"rerun": math.nan}, "nats between two scorings"),
        ({"rerun": 0.5}, "nats between two scorings"),
        ({"learned": None}, "nobody looked"),
        ({"learned": ("said7",)}, "gate items among"),
        ({"probe": None}, "it was not run"),
        ({"probe": {**worlds.PROBE, "hash": "old"}}, "on other items"),
        ({"probe": {**worlds.PROBE, "rules": []}}, "its rules are not there"),
        ({"probe": {**worlds.PROBE, "verdict": "fail", "why": "it loops"}}, "it loops"),
    ],
)
def test_the_precondition_holds_or_nothing_does(
    knower: Evidence, change: dict[str, Any], why: str
) -> None:
    tested = precondition(replace(knower, **change), EXPECTED, BARS)
    assert tested.status == "fail" and why in tested.why


def test_a_probe_that_only_says_that_it_passed_has_not(knower: Evidence) -> None:
    for rule in (
        {"rule": "x", "passed": True},
        {"rule": "x", "passed": True, "value": None, "at_most": 1.0},
        {"rule": "x", "passed": True, "value": 2.0, "at_most": 1.0},
        "x",
    ):
        probe = {**worlds.PROBE, "rules": [rule]}
        assert precondition(replace(knower, probe=probe), EXPECTED, BARS).status == "fail"


def _study(knower: Evidence, lambda_0: Any, placebo: Any, seeds: int = 3) -> Attribution:
    def arm(mind: Any) -> list[awareness.Awareness]:
        one = awareness.measure(mind, worlds.items(), worlds.surface(), 1.0)
        return [one] * seeds

    arms = {"lambda-0": arm(lambda_0), "placebo": arm(placebo)}
    return Attribution("s", knower.mine["awareness"].value, arms, lessons=1.0)


def test_a_gain_is_put_down_to_consequences_only_beside_arms(knower: Evidence) -> None:
    def tested(study: Attribution) -> Trial:
        return understanding.attribution(replace(knower, attribution=study), BARS)

    fine = _study(knower, worlds.blind, worlds.blind)
    assert tested(fine).status == "pass"
    assert tested(_study(knower, worlds.knows, worlds.blind)).status == "fail", "λ = 0 did as well"
    leak = tested(_study(knower, worlds.blind, worlds.knows))
    assert leak.status == "fail" and "contains 0" in leak.why
    assert tested(_study(knower, worlds.blind, worlds.blind, 2)).status == "insufficient"
    assert tested(replace(fine, arms={})).status == "insufficient"
    assert tested(replace(fine, stale="it was measured by version 0.0")).status == "fail"
    assert tested(replace(fine, lessons=0.1)).status == "open"
    others = awareness.measure(worlds.blind, worlds.items(start=200), worlds.surface(), 1.0)
    strangers = replace(fine, arms={"lambda-0": [others] * 3, "placebo": [others] * 3})
    assert tested(strangers).status == "fail", "arms that were measured on other items"


def test_talk_that_grows_while_awareness_does_not_is_performance(knower: Evidence) -> None:
    def talking(prompts: Sequence[Any]) -> list[Any]:
        return [
            replace(each, response=f"{each.response} Later this will lead to something.")
            for each in worlds.said(prompts)
        ]

    loud = worlds.suites(worlds.good, talking)
    aware = _with(knower, "anti-judge", loud["anti-judge"])
    assert conduct.words(aware, EXPECTED, BARS).status == "pass"
    empty = {**aware.mine, "awareness": replace(knower.base["awareness"], model=worlds.MINE)}
    tested = conduct.words(replace(aware, mine=empty), EXPECTED, BARS)
    assert tested.status == "fail" and "talk of consequences" in tested.why


def test_benchmarks_need_items_and_a_margin(knower: Evidence) -> None:
    def tested(tasks: dict[str, list[BenchmarkItem]]) -> Trial:
        return conduct.soundness(replace(knower, benchmarks=tasks), EXPECTED, BARS)

    def task(count: int, lost: int, mine: Any = 1.0) -> dict[str, list[BenchmarkItem]]:
        rows = [BenchmarkItem(str(n), 1.0, 0.0 if n < lost else mine) for n in range(count)]
        return {"arc": rows}

    assert tested(task(500, 0)).status == "pass"
    assert tested(task(500, 40)).status == "fail"
    assert tested(task(100, 0)).status == "insufficient"
    assert tested(task(500, 0, Unscored("lost"))).status == "fail"
    assert tested({}).status == "fail"


def test_the_worst_status_is_the_verdict() -> None:
    def of(*statuses: str) -> str:
        made = {
            "pass": Rule("x", "", "", True),
            "fail": Rule("x", "", "", False),
            "insufficient": Rule("x", "", "", False, short=True),
            "open": Rule("x", "", "", None),
        }
        rest = ["pass"] * (11 - len(statuses))
        tests = tuple(Trial(n, "", "", (made[s],)) for n, s in enumerate([*statuses, *rest]))
        return FullVerdict(tests, EXPECTED, "").verdict

    assert of() == "pass" and of("open") == "provisional"
    assert of("open", "insufficient") == "insufficient"
    assert of("open", "insufficient", "fail") == "fail"
    assert FullVerdict((), EXPECTED, "").verdict == "fail"
    assert Trial(1, "", "").status == "fail", "no rules, no pass"


def _as(parts: Any, value: Any, model: str) -> Any:
    return replace(next(iter(parts.values())), value=value, model=model,
                   items=worlds.HASHES[value.name])  # fmt: skip


def _with(evidence: Evidence, name: str, value: Any) -> Evidence:
    return replace(evidence, mine={**evidence.mine, name: _as(evidence.mine, value, worlds.MINE)})
