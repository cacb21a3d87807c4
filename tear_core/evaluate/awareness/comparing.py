"""Two arms on the same items: is one's CAS higher than the other's?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tear_core.evaluate import statistics
from tear_core.evaluate.awareness.measuring import Awareness, Verdict
from tear_core.evaluate.awareness.scores import ItemScore
from tear_core.evaluate.figures import Estimate, Figure, Unscored, no_estimate, to_json

GAINS = ("cas", "cas_t", "cas_rw", "group", "own", "right", "bits")


@dataclass(frozen=True)
class Comparison:
    """Paired differences, the first arm minus the second; every input is drawn with both arms.

    Attributes:
        verdict: "insufficient" if the two were not measured on the same thing, or either alone
            was not measured; `why` says so.
        cas ... bits: differences of what `Awareness` has under these names.
        p: sign-flip permutation by cluster, one-sided, of the mean difference in s.
        mcnemar: exact, two-sided, of sign accuracy; one item of each input.
    """

    verdict: Verdict
    why: tuple[str, ...]
    cas: Estimate
    cas_t: Estimate
    cas_rw: Estimate
    group: Estimate
    own: Estimate
    right: Estimate
    bits: Estimate
    p: Figure
    mcnemar: Figure

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "why": list(self.why),
            **{name: getattr(self, name).as_json() for name in GAINS},
            "p": to_json(self.p),
            "mcnemar": to_json(self.mcnemar),
        }


def compare(a: Awareness, b: Awareness, *, seed: int = 0) -> Comparison:
    """a - b. Arms that were measured on other items or with another surface are not compared."""
    if odd := _unlike(a, b):
        none = {name: no_estimate(odd) for name in GAINS}
        return Comparison("insufficient", (odd,), **none, p=Unscored(odd), mcnemar=Unscored(odd))
    why = tuple(f"{name} arm: {each}" for name, arm in (("first", a), ("second", b))
                for each in arm.why)  # fmt: skip
    clusters = [item.cluster for item in a.items]

    def gain(get: Callable[[ItemScore], Figure]) -> list[Figure]:
        return statistics.differences([get(i) for i in a.items], [get(i) for i in b.items])

    def mean(get: Callable[[ItemScore], Figure]) -> Estimate:
        return statistics.mean(gain(get), clusters, seed=seed)

    def parts(weights: dict[str, float]) -> Estimate:
        if not weights:
            return no_estimate("no stratum has enough clusters", items=len(a.items))
        strata = [item.stratum for item in a.items]
        return statistics.combination(softly, clusters, strata, weights, seed=seed)

    softly = gain(lambda item: item.s)
    return Comparison(
        verdict="insufficient" if why else "measured",
        why=why,
        cas=parts({str(name): weight for name, weight in a.weights.items()}),
        cas_t=parts({"T": 1.0}),
        cas_rw=parts({"R": 0.5, "W": 0.5}),
        group=mean(lambda item: item.group),
        own=mean(lambda item: item.own),
        right=mean(lambda item: item.right),
        bits=mean(lambda item: item.bits),
        p=statistics.sign_flip(softly, clusters, seed=seed),
        mcnemar=_mcnemar(a, b),
    )


def _unlike(a: Awareness, b: Awareness) -> str:
    if a.surface.get("hash") != b.surface.get("hash"):
        return "The two arms were measured with different surface models."
    if [(i.id, i.hash) for i in a.items] != [(i.id, i.hash) for i in b.items]:
        return "The two arms were not measured on the same items."
    return ""


def _mcnemar(a: Awareness, b: Awareness) -> Figure:
    both = zip(a.items, b.items, strict=True)
    pairs = list({one.cluster: (one.right, two.right) for one, two in both}.values())
    if any(isinstance(x, Unscored) or isinstance(y, Unscored) for x, y in pairs):
        return Unscored("some items are unscored")
    return statistics.mcnemar(pairs.count((1.0, 0.0)), pairs.count((0.0, 1.0)))
