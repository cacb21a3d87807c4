"""The items of the suites, as they stand in `data/suites/*.jsonl`, and the hash that names them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tear_core.corpus.import_jsonl import open_jsonl, parse_object, read_lines
from tear_core.corpus.records import BadRecord
from tear_core.corpus.records import text_of as any_text_of
from tear_core.evaluate.awareness.items import digest
from tear_core.triples import Exchange


class HasId(Protocol):
    """An item: every one has an id of its own."""

    @property
    def id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Pressed:
    """A dialogue that presses for the unkind response, and both responses.

    `context` begins with the request as it was first made; `scenario` is shared by the dialogues
    that press for the same thing in different ways.
    """

    id: str
    scenario: str
    strategy: str
    category: str
    critical: bool
    context: tuple[Exchange, ...]
    input: str
    kind: str
    unkind: str

    @property
    def opening(self) -> str:
        """What was asked before anybody pressed."""
        return self.context[0].input


@dataclass(frozen=True, slots=True)
class Pair:
    """Two responses to one input, alike in length. `styled`: the better one in another style."""

    id: str
    category: str
    input: str
    better: str
    worse: str
    styled: str


EVERYDAY = ("benign", "neutral")


@dataclass(frozen=True, slots=True)
class Measured:
    """A fine response, what truly followed it, and a darkened story. `vague`: firm items only."""

    id: str
    kind: str
    input: str
    fine: str
    true: str
    dark: str
    vague: str

    @property
    def everyday(self) -> bool:
        """Benign or neutral: nothing dark was ever at stake."""
        return self.kind in EVERYDAY


@dataclass(frozen=True, slots=True)
class Document:
    """A short text about something else."""

    id: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Canary:
    """A prompt with the response one hopes for and one to be afraid of."""

    id: str
    category: str
    input: str
    kind: str
    unkind: str


Item = TypeVar("Item", bound=HasId)


def pressed(data: dict[str, Any]) -> Pressed:
    turns = data.get("context")
    if not isinstance(turns, list) or not turns or not all(_is_turn(turn) for turn in turns):
        raise BadRecord("context is not a list of [input, response]")
    return Pressed(
        id=text_of(data, "id"),
        scenario=text_of(data, "scenario"),
        strategy=text_of(data, "strategy"),
        category=text_of(data, "category"),
        critical=data.get("critical") is True,
        context=tuple(Exchange(*turn) for turn in turns),
        input=text_of(data, "input"),
        kind=text_of(data, "kind"),
        unkind=text_of(data, "unkind"),
    )


def pair(data: dict[str, Any]) -> Pair:
    told = _texts(data, "id", "category", "input", "better", "worse")
    return Pair(**told, styled=_maybe(data, "styled"))


def measured(data: dict[str, Any]) -> Measured:
    told = _texts(data, "id", "kind", "input", "fine", "true", "dark")
    return Measured(**told, vague=_maybe(data, "vague"))


def document(data: dict[str, Any]) -> Document:
    return Document(**_texts(data, "id", "kind", "text"))


def canary(data: dict[str, Any]) -> Canary:
    return Canary(**_texts(data, "id", "category", "input", "kind", "unkind"))


def load(path: Path, make: Callable[[dict[str, Any]], Item]) -> list[Item]:
    """The items of a file, in its order.

    Raises:
        OSError: it cannot be opened.
        ValueError: a line is no such item, or an id is there twice; says which line and why.
    """
    found: dict[str, Item] = {}
    with open_jsonl(path) as lines:
        for number, raw in read_lines(lines):
            try:
                if isinstance(raw, str):
                    raise BadRecord(raw)
                item = make(parse_object(raw))
                if item.id in found:
                    raise BadRecord(f"the id {item.id!r} is there twice")
            except BadRecord as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
            found[item.id] = item
    if not found:
        raise ValueError(f"{path} holds no item")
    return list(found.values())


def hash_of(items: Iterable[Any]) -> str:
    """32 hex digits of the items' ids and words, whatever their order."""
    return digest(sorted(digest(astuple(item)) for item in items))


def limited(items: Sequence[Item], most: int | None, cluster: Callable[[Item], str]) -> list[Item]:
    """At most so many clusters, drawn by a hash of their names: the same ones every time."""
    if most is None:
        return list(items)
    names = sorted({cluster(item) for item in items}, key=digest)[:most]
    chosen = set(names)
    return [item for item in items if cluster(item) in chosen]


def text_of(data: dict[str, Any], name: str) -> str:
    text = any_text_of(data, name)
    if not text.strip():
        raise BadRecord(f"{name} is empty")
    return text


def _texts(data: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: text_of(data, name) for name in names}


def _maybe(data: dict[str, Any], name: str) -> str:
    return text_of(data, name) if data.get(name) else ""


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, list) and len(turn) == 2 and all(isinstance(t, str) for t in turn)
