"""Patterns as data: `patterns/*.toml`, one file a category, each pattern with its fixtures."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from tear_core.evaluate.anti_judge.context import Suppressor, suppressors_from

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

Category = Literal[
    "sycophancy",
    "moralizing",
    "minimization",
    "authority",
    "mind-reading",
    "absolutism",
    "false urgency",
    "persona theatre",
    "harm encouragement",
]
CATEGORIES: tuple[Category, ...] = get_args(Category)
MAY_BLOCK: Category = "harm encouragement"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of failing a person, as words show it.

    Attributes:
        regex: matched on a `Reading`: lower case, single spaces.
        weight: 0 to 1, how much it takes away.
        window: characters before and after a match in which suppressors look.
        suppressors: any of these makes a match harmless.
        unless: the same, for this pattern alone: a regex over the match and its window.
        blocks: a match is a hard block.
        positives, negatives: fixtures; every one of them is a test.
    """

    id: str
    category: Category
    regex: re.Pattern[str]
    weight: float
    window: int
    suppressors: tuple[Suppressor, ...]
    unless: re.Pattern[str] | None
    blocks: bool
    positives: tuple[str, ...]
    negatives: tuple[str, ...]


@cache
def patterns() -> tuple[Pattern, ...]:
    """Every pattern that ships, in the order of their files."""
    here = resources.files("tear_core.evaluate.anti_judge")
    cues = suppressors_from(tomllib.loads(_text(here / "suppressors.toml")))
    files = sorted((here / "patterns").iterdir(), key=lambda file: file.name)
    found = [p for file in files if file.name.endswith(".toml") for p in _file(_text(file), cues)]
    ids = [each.id for each in found]
    if len(set(ids)) != len(ids):
        raise ValueError("an anti-judge pattern's id is there twice")
    return tuple(found)


def _text(file: Any) -> str:
    text: str = file.read_text(encoding="utf-8")
    return text


def _file(text: str, cues: Mapping[str, Suppressor]) -> list[Pattern]:
    told = tomllib.loads(text)
    common = {name: told[name] for name in ("category", "window", "suppressors")}
    return [pattern_from({**common, **each}, cues) for each in told["pattern"]]


def pattern_from(told: Mapping[str, Any], cues: Mapping[str, Suppressor]) -> Pattern:
    """A pattern from a table of its file.

    Raises:
        ValueError: it is not what a pattern must be; says which one and why.
    """
    name, category, blocks = told["id"], told["category"], bool(told.get("blocks", False))
    if category not in CATEGORIES:
        raise ValueError(f"{name}: {category!r} is no category")
    if blocks and category != MAY_BLOCK:
        raise ValueError(f"{name}: only {MAY_BLOCK} may block")
    if not 0 < told["weight"] <= 1:
        raise ValueError(f"{name}: a weight is above 0 and at most 1")
    if min(len(told["positives"]), len(told["negatives"])) < 3:
        raise ValueError(f"{name}: it needs three positive and three negative fixtures")
    if lacking := set(told["suppressors"]) - set(cues):
        raise ValueError(f"{name}: there is no suppressor {', '.join(sorted(lacking))}")
    return Pattern(
        id=name,
        category=category,
        regex=_compiled(name, told["regex"]),
        weight=float(told["weight"]),
        window=int(told["window"]),
        suppressors=tuple(cues[cue] for cue in told["suppressors"]),
        unless=_compiled(name, told["unless"]) if "unless" in told else None,
        blocks=blocks,
        positives=tuple(told["positives"]),
        negatives=tuple(told["negatives"]),
    )


def _compiled(name: str, regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex)
    except re.error as error:
        raise ValueError(f"{name}: {error}") from error
