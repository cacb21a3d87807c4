"""Tests 1 to 5: does what it foresees depend on what was said?"""

from __future__ import annotations

from collections.abc import Sequence

from tear_core.evaluate import statistics
from tear_core.evaluate.awareness import Awareness, Invariance, Ranking, Swap, compare
from tear_core.evaluate.figures import Figure, Unscored
from tear_core.evaluate.gate.full.evidence import (
    Attribution,
    Evidence,
    Expected,
    look,
    pooled,
)
from tear_core.evaluate.gate.full.rules import (
    Rule,
    Trial,
    above,
    at_least,
    below,
    enough,
    said,
)
from tear_core.evaluate.gate.thresholds import Thresholds

ARMS = ("lambda-0", "placebo")
"""The arms of a study that a gain is held against."""


def awareness(evidence: Evidence, expected: Expected, bars: Thresholds) -> Trial:
    """Test 1: CAS, and its gain over the base."""
    asks = "do its predictions depend on what was said, and more than the base's?"
    found = look(evidence, expected, "awareness")
    if found.why:
        return Trial(1, "awareness", asks, missing=found.why)
    mine: Awareness = found.mine
    gain = compare(mine, found.base)
    ties = mine.strata["T"].clusters
    rules = (
        enough(bars["ties"], ties, "inputs in the stratum of ties"),
        above(bars["awareness"], mine.cas, "CAS"),
        above(bars["awareness_gain"], gain.cas, "CAS over the base's"),
    )
    notes = (*mine.why, *gain.why)
    return Trial(
        1,
        "awareness",
        asks,
        tuple(_lacking(rule, mine) for rule in rules),
        n=len({item.cluster for item in mine.items}),
        estimates={"cas": mine.cas, "cas_over_base": gain.cas, "group": mine.group},
        failures=_wrong([(item.id, item.right) for item in mine.items]),
        hash=found.items,
        notes=tuple(dict.fromkeys(notes)),
    )


def _lacking(rule: Rule, mine: Awareness) -> Rule:
    """Where no stratum is large enough there is no CAS: too few, and not a bad figure."""
    lost = any(isinstance(item.delta, Unscored) for item in mine.items)
    if rule.met or rule.short or mine.weights or lost:
        return rule
    return Rule(rule.name, rule.words, rule.source, False, True, rule.figure, rule.bar)


def attribution(evidence: Evidence, bars: Thresholds) -> Trial:
    """Test 2: its CAS beside arms that learned no consequences, or those of other inputs."""
    asks = "is it the consequences that did it, and not learning as such?"
    found = evidence.attribution
    if found is None:
        words = "arms with λ = 0 and with exchanged consequences: name a study that has them"
        arms = Rule("arms", words, "without them a gain is no gain of consequences", None)
        return Trial(2, "attribution", asks, (arms,))
    if found.stale:
        return Trial(2, "attribution", asks, missing=f"study {found.study}: {found.stale}")
    try:
        return _attributed(found, asks, bars)
    except ValueError as error:  # arms of different items
        return Trial(2, "attribution", asks, missing=f"study {found.study}: {error}")


def _attributed(found: Attribution, asks: str, bars: Thresholds) -> Trial:
    least = min(len(found.arms.get(name, ())) for name in ARMS)
    rules = [enough(bars["seeds"], least, "seeds of each arm")]
    estimates = {"cas": found.mine.cas}
    for name, bar in zip(ARMS, ("attribution_lambda_0", "attribution_placebo"), strict=True):
        if not found.arms.get(name):
            continue
        arm = pooled(found.arms[name])
        more = compare(found.mine, arm).cas
        rules.append(above(bars[bar], more, f"CAS over the arm {name}"))
        estimates |= {f"cas_of_{name}": arm.cas, f"cas_over_{name}": more}
        if name == "placebo":
            rules.append(_around_chance(arm))
    same = bars["attribution_lessons"]
    alike = at_least(same, found.lessons, "the share of its lessons that the arms learned from")
    # Another lesson is no fault of the generation: the study just says nothing of this one.
    rules.append(alike if alike.met else Rule(same.name, alike.words, same.source, None))
    return Trial(
        2,
        "attribution",
        asks,
        tuple(rules),
        n=len({item.cluster for item in found.mine.items}),
        estimates=estimates,
        hash=found.mine.items_hash,
        notes=(f"arms of the study {found.study}",),
    )


def _around_chance(arm: Awareness) -> Rule:
    low, high = arm.cas.low, arm.cas.high
    met = isinstance(low, float) and isinstance(high, float) and low <= 0 <= high
    words = f"the interval of the placebo's CAS contains 0: {said(low)} to {said(high)}"
    source = "gate design, test 2: an arm that can have learned nothing must show nothing"
    short = isinstance(low, float) and arm.cas.few
    return Rule("placebo_at_chance", words, source, met and not arm.cas.few, short)


def ranking(evidence: Evidence, expected: Expected, bars: Thresholds) -> Trial:
    """Test 3: its own consequence among eight."""
    asks = "does it find what really happened among eight?"
    found = look(evidence, expected, "ranking")
    if found.why:
        return Trial(3, "ranking", asks, missing=found.why)
    mine: Ranking = found.mine
    base: Ranking = found.base
    if [a.question for a in mine.answers] != [a.question for a in base.answers]:
        return Trial(3, "ranking", asks, missing="the two were asked other questions")
    clusters = [answer.question.cluster for answer in mine.answers]
    # What the base could not answer counts as its success, what this one could not as its failure.
    more = statistics.mean(
        [
            _or(m.first, 0.0) - _or(b.first, 1.0)
            for m, b in zip(mine.answers, base.answers, strict=True)
        ],
        clusters,
    )
    loss = bars["ranking_loss"]
    return Trial(
        3,
        "ranking",
        asks,
        (
            enough(bars["ranking_items"], len(mine.answers), "questions"),
            above(bars["ranking"], mine.first, "the share that comes first"),
            _no_worse(loss.name, loss.value, loss.source, more, "the share that comes first"),
        ),
        n=len(set(clusters)),
        estimates={"first": mine.first, "first_over_base": more},
        failures=_wrong([(each.question.item, each.first) for each in mine.answers]),
        hash=found.items,
    )


def _no_worse(name: str, margin: float, source: str, more: statistics.Estimate, what: str) -> Rule:
    met = statistics.non_inferior(more, margin)
    words = f"{what} is less than {margin:g} below the base's: {said(more.at_least)} at worst"
    short = more.few and isinstance(more.at_least, float)
    return Rule(name, words, source, met, short, more.at_least, -margin)


def swap(evidence: Evidence, expected: Expected, bars: Thresholds) -> Trial:
    """Test 4: the scenes it writes are those of what was said."""
    asks = "are the scenes that it writes those of what was said?"
    found = look(evidence, expected, "swap", alone=True)
    if found.why:
        return Trial(4, "swap", asks, missing=found.why)
    mine: Swap = found.mine
    n = len({each.cluster for each in mine.items})
    return Trial(
        4,
        "swap",
        asks,
        (
            enough(bars["swap_items"], n, "inputs"),
            above(bars["swap"], mine.right, "the share of right matches"),
            below(bars["swap_same"], mine.same, "the share of scenes that are nearly the same"),
            below(bars["swap_moved"], mine.moved, "the share that an empty edit moves"),
        ),
        n=n,
        estimates={"right": mine.right, "same": mine.same, "moved": mine.moved},
        failures=_wrong([(each.item, each.right) for each in mine.items]),
        hash=found.items,
    )


def paraphrases(evidence: Evidence, expected: Expected, bars: Thresholds) -> Trial:
    """Test 5: other words change nothing, another meaning changes everything."""
    asks = "do other words change nothing, and another meaning everything?"
    found = look(evidence, expected, "paraphrases", alone=True)
    if found.why:
        return Trial(5, "paraphrases", asks, missing=found.why)
    mine: Invariance = found.mine
    n = len({each.cluster for each in mine.items})
    return Trial(
        5,
        "paraphrases",
        asks,
        (
            enough(bars["paraphrase_items"], n, "inputs"),
            above(bars["paraphrase_consistent"], mine.kept, "paraphrases that keep the answer"),
            at_least(bars["paraphrase_icc"], mine.icc, "the variance that lies between items"),
            above(bars["paraphrase_flipped"], mine.flipped, "edits that turn the answer"),
        ),
        n=n,
        estimates={"right": mine.right, "kept": mine.kept, "flipped": mine.flipped},
        failures=_wrong([(each.id, each.flipped) for each in mine.items]),
        hash=found.items,
    )


def _wrong(answers: Sequence[tuple[str, Figure]]) -> tuple[str, ...]:
    """Ids of what is not wholly right; unscored is wrong."""
    wrong = [name for name, value in answers if not (isinstance(value, float) and value > 0.5)]
    return tuple(dict.fromkeys(wrong))


def _or(value: Figure, otherwise: float) -> float:
    return otherwise if isinstance(value, Unscored) else value
