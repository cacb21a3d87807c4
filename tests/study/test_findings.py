"""What may be claimed of cells whose truth is known, because a test made them up."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

from tear_core.evaluate.awareness.items import Item
from tear_core.evaluate.awareness.measuring import measure
from tear_core.evaluate.awareness.surface import Surface
from tear_core.study.findings import Finished, claim, summarize

ITEMS = [
    Item(f"pair {n}", f"input {n}", f"input {n}", ("a", "b"), (f"A {n}", f"B {n}"),
         ("healed", "healed"))
    for n in range(60)
]  # fmt: skip
SURFACE = Surface((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), None, 60, "surface")


def cell(arm: str, seed: int, link: float, nats: float, lambda_: float | None) -> dict[str, Any]:
    """An arm that knows `link` nats of the matching, and whose scenes cost about `nats`."""
    draw = random.Random(f"{arm}{seed}")

    def score(cells: Any) -> list[float]:
        own = [(c.response == "a") == c.consequence.startswith("A") for c in cells]
        return [-20 + link * each + draw.gauss(0, 0.05) for each in own]

    each = [
        {
            "cluster": f"input {n}",
            "hash": f"{n:02}",
            "nats": nats + draw.gauss(0, 0.1),
            "tokens": 10,
        }
        for n in range(60)
    ]
    return {
        "arm": arm,
        "seed": seed,
        "lambda": lambda_,
        "learned": {"steps": 5},
        "surprise": {"nats_per_token": nats / 9, "tokens": 540, "each": each},
        "awareness": measure(score, ITEMS, SURFACE, 1.0).as_json(),
    }


def finished(*cells: dict[str, Any]) -> list[Finished]:
    return [Finished.of(json.loads(json.dumps(each))) for each in cells]


def a_study(link: float) -> dict[str, Any]:
    rows = [cell("base", 0, 0.0, 40.0, None)]
    for seed in range(3):
        rows += [
            cell("adapter", seed, link, 30.0, 0.3),
            cell("lambda-0", seed, 0.0, 40.0, 0.0),
            cell("placebo", seed, 0.0, 38.0, 0.3),
        ]
    return summarize(finished(*rows))


def difference(found: dict[str, Any], other: str) -> dict[str, Any]:
    return next(each for each in found["differences"] if each["from"] == other)


def test_an_arm_that_learned_the_link_is_told_from_all_others() -> None:
    found = a_study(link=4.0)
    assert [arm["arm"] for arm in found["arms"]] == ["base", "adapter", "lambda-0", "placebo"]
    for other in ("base", "lambda-0", "placebo"):
        told = difference(found, other)
        assert told["cas"]["claim"] == "measured" and told["cas"]["value"] > 0.5
        assert told["surprise"]["claim"] == "measured" and told["surprise"]["value"] < 0
        assert len(told["cas"]["per_seed"]) == 3
    json.dumps(found, allow_nan=False)


def test_lower_surprise_without_the_link_claims_nothing_of_awareness() -> None:
    told = difference(a_study(link=0.0), "placebo")
    assert told["surprise"]["claim"] == "measured"
    assert told["cas"]["claim"] != "measured"


def test_two_seeds_claim_nothing() -> None:
    rows = [cell("base", 0, 0.0, 40.0, None)]
    rows += [cell("adapter", seed, 4.0, 30.0, 0.3) for seed in range(2)]
    told = difference(summarize(finished(*rows)), "base")
    assert told["cas"]["claim"] == told["surprise"]["claim"] == "suggestive"


def test_a_cell_with_an_unscored_pair_makes_the_comparison_open() -> None:
    broken = cell("adapter", 0, 4.0, 30.0, 0.3)
    item = broken["awareness"]["items"][3]
    item["s"] = item["delta"] = {"unscored": "lost"}
    told = difference(summarize(finished(cell("base", 0, 0.0, 40.0, None), broken)), "base")
    assert told["cas"]["claim"] == "open"


@pytest.mark.parametrize(
    ("low", "value", "high", "seeds", "said"),
    [
        (0.1, 0.2, 0.3, [0.1, 0.2, 0.3], "measured"),
        (0.1, 0.2, 0.3, [-0.1, 0.2, 0.3], "suggestive"),
        (-0.1, 0.2, 0.3, [0.1, 0.2, 0.3], "suggestive"),
        (-0.3, -0.2, -0.1, [-0.1, -0.2, -0.3], "against"),
        (-0.3, -0.1, 0.1, [-0.1, -0.2, 0.3], "open"),
    ],
)
def test_a_claim_needs_its_interval_and_every_seed(
    low: float, value: float, high: float, seeds: list[float], said: str
) -> None:
    found = {"low": low, "value": value, "high": high, "per_seed": seeds, "few_clusters": False}
    assert claim(found, better="above") == said
    mirrored = {
        "low": -high, "value": -value, "high": -low, "per_seed": [-s for s in seeds],
        "few_clusters": False,
    }  # fmt: skip
    assert claim(mirrored, better="below") == said
    assert claim({**found, "few_clusters": True}, better="above") != "measured"
    assert claim({**found, "value": {"unscored": "x"}}, better="above") == "open"


def test_a_file_that_is_no_cell_is_not_taken_for_one() -> None:
    with pytest.raises(KeyError):
        Finished.of({"arm": "adapter"})
    assert math.isclose(
        finished(cell("base", 0, 0.0, 40.0, None))[0].nats_per_token, 4.0, rel_tol=0.1
    )
