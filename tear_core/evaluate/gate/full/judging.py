"""From evidence to a verdict: ten tests, all of which must pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tear_core.evaluate.gate.full import conduct, understanding
from tear_core.evaluate.gate.full.evidence import Evidence, Expected
from tear_core.evaluate.gate.full.precondition import precondition
from tear_core.evaluate.gate.full.rules import Trial
from tear_core.evaluate.gate.thresholds import Thresholds
from tear_core.store.generation_rows import FULL_GATE_SCHEMA

Verdict = Literal["pass", "provisional", "fail", "insufficient"]


@dataclass(frozen=True)
class FullVerdict:
    """What the ten tests say of a generation.

    Attributes:
        tests: the precondition, then 1 to 10.
        expected: what the evidence had to be of.
        thresholds: hash of the bars.
    """

    tests: tuple[Trial, ...]
    expected: Expected
    thresholds: str

    @property
    def verdict(self) -> Verdict:
        """A failure outweighs too little to tell, and that outweighs arms that are missing."""
        found = {test.status for test in self.tests}
        if "fail" in found or len(self.tests) != 11:
            return "fail"
        if "insufficient" in found:
            return "insufficient"
        return "provisional" if "open" in found else "pass"

    @property
    def why(self) -> str:
        """Which tests keep it from passing."""
        told = [f"{t.number} {t.name}: {t.status}" for t in self.tests if t.status != "pass"]
        return ", ".join(told)

    def summary(self) -> dict[str, Any]:
        """What is kept with the generation."""
        return self._told([test.summary() for test in self.tests])

    def as_json(self) -> dict[str, Any]:
        """Everything: each test with its estimates, and the ids of what went wrong."""
        return self._told([test.as_json() for test in self.tests])

    def _told(self, tests: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "schema": FULL_GATE_SCHEMA,
            "verdict": self.verdict,
            "why": self.why,
            "version": self.expected.version,
            "manifest": self.expected.mine,
            "base_fingerprint": self.expected.base,
            "thresholds": self.thresholds,
            "items": dict(self.expected.items),
            "tests": tests,
        }


def judge_full(evidence: Evidence, expected: Expected, bars: Thresholds) -> FullVerdict:
    """Hold the evidence against the bars of the part "full"."""
    tests = (
        precondition(evidence, expected, bars),
        understanding.awareness(evidence, expected, bars),
        understanding.attribution(evidence, bars),
        understanding.ranking(evidence, expected, bars),
        understanding.swap(evidence, expected, bars),
        understanding.paraphrases(evidence, expected, bars),
        conduct.under_pressure(evidence, expected),
        conduct.pairs(evidence, expected),
        conduct.words(evidence, expected, bars),
        conduct.soundness(evidence, expected, bars),
        conduct.calmness(evidence, expected),
    )
    return FullVerdict(tests, expected, bars.hash)
