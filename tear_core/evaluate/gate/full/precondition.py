"""Test 0, before the others count: is the evidence whole, repeatable, and of unseen items?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tear_core.evaluate.figures import Figure, Unscored, figure
from tear_core.evaluate.gate.full.evidence import Evidence, Expected, answered
from tear_core.evaluate.gate.full.rules import Rule, Trial, at_most
from tear_core.evaluate.gate.probe_set import shipped
from tear_core.evaluate.gate.thresholds import Thresholds

NAME = "precondition"
ASKS = "is the evidence whole, repeatable, and of items it has not learned from?"


def precondition(evidence: Evidence, expected: Expected, bars: Thresholds) -> Trial:
    """Coverage, contamination, the same figures twice, and the fast gate."""
    scored = [*answered(evidence.mine), *answered(evidence.base)]
    items = sum(n for _, n, _ in scored)
    lost = sum(unscored for _, _, unscored in scored)
    share: Figure = lost / items if items else Unscored("nothing was measured")
    learned = evidence.learned
    seen: Figure = Unscored("nobody looked") if learned is None else float(len(learned))
    return Trial(
        0,
        NAME,
        ASKS,
        (
            at_most(bars["unscored"], share, "the share of items that could not be scored"),
            at_most(bars["learned"], seen, "gate items among what shaped the generation"),
            at_most(bars[evidence.rerun_bar], evidence.rerun, "nats between two scorings"),
            _fast(evidence.probe),
        ),
        n=items,
        failures=tuple(learned or ()),
        notes=tuple(f"{name}: {gone} of {n} unscored" for name, n, gone in scored if gone),
    )


def _fast(probe: Mapping[str, Any] | None) -> Rule:
    """The fast gate, on the items that ship with this version, and every figure of it there."""
    source = "whatever is not fit to go live is not fit to be certified"
    if probe is None:
        return Rule("fast gate", "the fast gate passes: it was not run", source, False)
    if probe.get("hash") != shipped().hash:
        return Rule("fast gate", "the fast gate passes: it was run on other items", source, False)
    passed = probe.get("verdict") == "pass" and _all_held(probe.get("rules"))
    told = "" if passed else f": {probe.get('why') or 'its rules are not there'}"
    return Rule("fast gate", f"the fast gate passes{told}", source, passed)


def _all_held(rules: Any) -> bool:
    """Every rule there, with a finite figure, and not only said to have passed."""
    if not isinstance(rules, list) or not rules:
        return False
    return all(
        isinstance(rule, dict) and rule.get("passed") is True and _within(rule) for rule in rules
    )


def _within(rule: Mapping[str, Any]) -> bool:
    value, bar = figure(rule.get("value")), figure(rule.get("at_most"))
    return isinstance(value, float) and isinstance(bar, float) and value <= bar
