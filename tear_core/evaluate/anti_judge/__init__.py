"""The anti-judge: what a response must not do to a person, found by fixed patterns.

Deterministic, offline, without a model and without torch, so the app may ask it for every text
it shows. It can only take away: a text that passes has not been shown to be good. Only the
encouragement of harm may block.
"""

from tear_core.evaluate.anti_judge.judging import Finding, Judged, findings, judge
from tear_core.evaluate.anti_judge.pattern import CATEGORIES, Category, Pattern, patterns

__all__ = [
    "CATEGORIES",
    "Category",
    "Finding",
    "Judged",
    "Pattern",
    "findings",
    "judge",
    "patterns",
]
