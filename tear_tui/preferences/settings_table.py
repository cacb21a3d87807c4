"""The settings as rows to be read and changed: value, source, choices, when a change counts."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from tear_core.settings import Settings, Source, kinds, source_of, what_for

GROUPS = {
    "base": "model",
    "order": "witness",
    "temperature": "sampling",
    "rank": "adapter",
    "learning_rate": "learning",
    "lambda_start": "λ",
    "replay_share": "steps",
    "gate": "updates",
    "theme": "app",
}
"""The setting that a group begins with. A new one belongs to the group in which it is declared."""

AT_ONCE = frozenset(
    {"order", "blind", "theme", "keymap", "temperature", "top_p", "top_k", "repetition_penalty"}
    | {"max_response_tokens", "max_scene_tokens", "marks"}
)
WITH_THE_MODEL = frozenset({"base", "revision", "dtype", "quantize", "delimiters", "threads"})
"""What a model was loaded with: it counts when the engine starts again."""

FROM_THE_BASE = frozenset({"rank", "alpha", "targets"})
"""The shape of an adapter: it counts for generations that begin at the base."""

NONE = "—"
"""How a setting without a value is written."""


@dataclass(frozen=True, slots=True)
class Row:
    """One setting.

    Attributes:
        value: as it is written down; `NONE` where nothing is set.
        choices: all that it can be, or empty where it is a number or a text.
        may_be_none: nothing is a value of its own.
    """

    name: str
    group: str
    value: str
    source: Source
    help: str
    choices: tuple[str, ...] = ()
    may_be_none: bool = False


def rows(settings: Settings) -> list[Row]:
    """Every setting, in the order in which they are declared.

    Raises:
        SettingsError: a settings file cannot be read.
    """
    found, group, helps = [], "", what_for()
    for name, kind in kinds().items():
        group = GROUPS.get(name, group)
        either = _kinds(kind)
        found.append(
            Row(
                name=name,
                group=group,
                value=written(getattr(settings, name)),
                source=source_of(name, settings.flags),
                help=helps[name],
                choices=_choices(either),
                may_be_none=type(None) in either,
            )
        )
    return found


def written(value: Any) -> str:
    """A value as a person would type it."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return f"{len(value)} of your own" if value else NONE
    return f"{value:g}" if isinstance(value, float) else str(value)


def counts_from(name: str) -> str:
    """When a change of this setting comes into force, in words."""
    if name in AT_ONCE:
        return "at once"
    if name in WITH_THE_MODEL:
        return "when the engine starts again"
    if name in FROM_THE_BASE:
        return "for generations from the base"
    return "from the next update on"


def source_word(source: Source) -> str:
    """Where a value comes from, in one word."""
    words: dict[str, str] = {"user": "yours", "flag": "a flag"}
    return words.get(source.kind, source.kind)


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """The types that a field may have: those of a union, or the one."""
    union = get_origin(annotation) in (Union, types.UnionType)
    return get_args(annotation) if union else (annotation,)


def _choices(kinds: tuple[Any, ...]) -> tuple[str, ...]:
    if bool in kinds:
        return ("no", "yes")
    return tuple(
        str(each) for kind in kinds if get_origin(kind) is Literal for each in get_args(kind)
    )
