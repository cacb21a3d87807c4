"""The stated rules that a proposal must pass before a person is asked to look at it."""

from __future__ import annotations

import re

from tear_core.triples import Triple

RESPONSE_WORDS = (4, 120)
CONSEQUENCE_WORDS = (15, 140)

_PATTERNS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("both", re.compile(r"https?://|www\.", re.I), "a web address"),
    ("both", re.compile(r"<\|/?\w+\|>|</?think>"), "a delimiter"),
    ("both", re.compile(r"\bas an ai\b|\blanguage model\b", re.I), "speaks of being a model"),
    ("both", re.compile(r"[\w.+-]+@[\w-]+\.\w{2,}"), "a mail address"),
    (
        "consequence",
        re.compile(r"\b(the moral|the lesson|in conclusion|this (shows|teaches|reminds))\b", re.I),
        "names a moral",
    ),
    (
        "consequence",
        re.compile(r"(?<![\"“'‘\w])(I|[Yy]ou) (was|were|am|are|felt|feel|went|said)\b"),
        "is not in the third person",
    ),
)


def broken_rule(proposed: Triple, seed: Triple) -> str | None:
    """The first rule that a proposal breaks, in words; None if it breaks none."""
    texts = {"response": proposed.response, "consequence": proposed.consequence}
    for name, (least, most) in (
        ("response", RESPONSE_WORDS),
        ("consequence", CONSEQUENCE_WORDS),
    ):
        words = len(texts[name].split())
        if not least <= words <= most:
            return f"{name} has {words} words, not {least} to {most}"
    if proposed.response.strip().lower() == seed.response.strip().lower():
        return "response is that of the seed"
    for where, pattern, what in _PATTERNS:
        for name, text in texts.items():
            if where in ("both", name) and pattern.search(text):
                return f"{name}: {what}"
    return None
