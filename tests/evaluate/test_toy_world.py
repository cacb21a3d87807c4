"""Models of which everything is known: CAS is 1 for the one that learned the link, and 0 for the
one that knows only what is good and bad, the blind one, and the one that always talks of what came.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tear_core.evaluate import awareness, likelihood
from tear_core.evaluate.awareness.swap import asked_of, eligible
from tear_core.evaluate.awareness.writing import reader, scenes_of
from tear_core.evaluate.figures import Estimate
from tear_core.generate.sampling import Draw
from tear_core.model.tree import Tree
from tests.evaluate import toy

WORLD = toy.world()
SURFACE = awareness.fit_surface(WORLD.train)


def measured(tree: Tree) -> awareness.Awareness:
    score = likelihood.scorer(tree)
    temperature = awareness.calibrated(score, WORLD.calibration)
    return awareness.measure(score, WORLD.items, SURFACE, temperature)


def near(estimate: Estimate, value: float) -> bool:
    return estimate.value == pytest.approx(value, abs=0.08)


def talk(tree: Tree) -> float:
    items = WORLD.items[:30]
    asked = [(item.cell(side, side), 0) for item in items for side in (0, 1)]
    scenes = dict(scenes_of(tree, asked, Draw(), tokens=12))
    texts = [scenes[each] for each in asked]
    found = awareness.talk_rate(texts, [item.cluster for item in items for _ in (0, 1)])
    assert isinstance(found.value, float)
    return found.value


def test_the_world_has_ties_and_is_right_and_wrong_for_the_surface() -> None:
    strata = [SURFACE.stratum(item) for item in WORLD.items]
    assert {name: strata.count(name) >= 30 for name in "TRW"} == dict.fromkeys("TRW", True)
    said = [{item.cluster for item in items} for items in (WORLD.calibration, WORLD.items)]
    learned = {witness.cluster for witness in WORLD.train}
    assert not said[0] & said[1] and not learned & (said[0] | said[1])


def test_who_learned_valence_alone_is_found_out(tmp_path: Path) -> None:
    """It tells a kind act from a harsh one by what usually comes of it: all that sign accuracy on
    opposite responses, or own against other scenes, would ever see."""
    found = measured(toy.taught(tmp_path, WORLD.train, toy.by_valence, steps=160))
    assert found.verdict == "measured"
    assert near(found.cas, 0) and near(found.cas_t, 0) and near(found.cas_rw, 0)
    assert not found.cas.shows_above(0.1)
    assert found.own.shows_above(0.5) and found.p < 0.05  # type: ignore[operator]
    assert all(item.right == 1.0 for item in found.items if item.stratum == "R")
    assert all(item.right == 0.0 for item in found.items if item.stratum == "W")


@pytest.mark.slow
def test_cas_is_one_for_the_link_and_nothing_for_valence_blindness_and_talk(
    tmp_path: Path,
) -> None:
    torch.set_num_threads(1)
    arms = {
        "link": toy.taught(tmp_path / "l", WORLD.train, toy.true_outcome),
        "blind": toy.taught(tmp_path / "b", WORLD.train, toy.by_chance),
        "talk": toy.taught(tmp_path / "t", WORLD.train, toy.by_chance, talk=toy.TALK),
    }
    found = {name: measured(tree) for name, tree in arms.items()}
    assert near(found["link"].cas, 1) and near(found["link"].cas_t, 1)
    assert near(found["link"].cas_rw, 1) and near(found["link"].group, 1)
    for name in ("blind", "talk"):
        assert found[name].verdict == "measured"
        assert near(found[name].cas, 0) and near(found[name].group, 0)
        gain = awareness.compare(found["link"], found[name])
        assert gain.cas.shows_above(0.8) and not awareness.compare(
            found[name], found["link"]
        ).cas.shows_above(0)
    assert talk(arms["talk"]) == 1.0 and talk(arms["link"]) == 0.0

    def swapped(name: str) -> awareness.Swap:
        items = [i for i in eligible(WORLD.items, SURFACE) if i.same_landing][:36]
        draw = Draw(repetition_penalty=1.0)
        scenes = dict(scenes_of(arms[name], asked_of(items, 1), draw, tokens=12))
        base = reader(arms["link"].base)
        return awareness.swap(lambda cell, n: scenes[cell, n], base, items, samples=1)

    assert swapped("link").right.shows_above(0.8)
    assert not swapped("blind").right.shows_above(0.55)

    def ranked(name: str) -> Estimate:
        asked = awareness.questions(WORLD.items)[:60]
        return awareness.rank(likelihood.scorer(arms[name]), asked).first

    assert ranked("blind").value < 0.3  # type: ignore[operator]
