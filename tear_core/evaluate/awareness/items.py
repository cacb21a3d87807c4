"""Items: two responses to one input and what came of each, made of the triples of a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from tear_core.corpus.import_jsonl import open_jsonl, parse_object, read_lines, row_of
from tear_core.corpus.pairs import MOST_ROWS_OF_AN_INPUT
from tear_core.corpus.records import BadRecord
from tear_core.evaluate.cells import Cell
from tear_core.triples import Exchange, Landing, Triple

_KINDS: dict[Any, Landing] = {"moral": "healed", "immoral": "hurt"}
"""Moral Stories says how an action is meant, not how it landed; its valence is what counts here."""


class Witness(NamedTuple):
    """A triple of a file, with what the file notes beside it. "" where it notes nothing."""

    triple: Triple
    id: str = ""
    pair: str = ""
    split: str = ""

    @property
    def cluster(self) -> str:
        """What was said, and what before it: 16 hex digits, the same for the same input."""
        return cluster_of(self.triple.input, self.triple.context)


@dataclass(frozen=True, slots=True)
class Item:
    """Two responses to one input, and what came of each.

    Attributes:
        id: the pair's name, unique among the items it was loaded with.
        cluster: its input; items of one input are never counted as independent.
        responses, consequences, landings: of the first triple and the second.
    """

    id: str
    cluster: str
    input: str
    responses: tuple[str, str]
    consequences: tuple[str, str]
    landings: tuple[Landing, Landing]
    context: tuple[Exchange, ...] = ()

    @property
    def same_landing(self) -> bool:
        """A sibling pair: how it went does not tell the two consequences apart."""
        return self.landings[0] == self.landings[1]

    def cell(self, response: int, consequence: int) -> Cell:
        """One of the four: response a with consequence b, each 0 or 1."""
        return Cell(
            self.input, self.responses[response], self.consequences[consequence], self.context
        )

    @property
    def content_hash(self) -> str:
        """32 hex digits of its words."""
        past = [[each.input, each.response] for each in self.context]
        return digest([past, self.input, self.responses, self.consequences])


def digest(value: Any) -> str:
    """32 hex digits of a value's canonical JSON."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def hash_of(items: Iterable[Item]) -> str:
    """One hash for a set of items, whatever their order."""
    return digest(sorted(item.content_hash for item in items))


def cluster_of(said: str, context: Sequence[Exchange] = ()) -> str:
    """The cluster of an input. Case and white space do not count."""
    past = [[each.input, each.response] for each in context]
    return digest([past, " ".join(said.casefold().split())])[:16]


def read(path: Path) -> list[Witness]:
    """The triples of a JSONL file (also .gz, .xz); lines that are none are passed over.

    Raises:
        OSError: it cannot be opened.
    """
    found = []
    with open_jsonl(path) as lines:
        for number, raw in read_lines(lines):
            if isinstance(raw, str):
                continue
            try:
                found.append(_witness(parse_object(raw), number))
            except BadRecord:
                continue
    return found


def _witness(data: dict[str, Any], number: int) -> Witness:
    landing = data.get("landing") or _KINDS.get(data.get("kind"))
    row = row_of({**data, "landing": landing}, number)
    assert row.triple is not None
    split = data.get("split")
    split = split if isinstance(split, str) else ""
    return Witness(row.triple, row.notes.origin, row.notes.pair, split)


def load_items(*paths: Path) -> list[Item]:
    """All items of these files together.

    Raises:
        OSError: a file cannot be opened.
    """
    return items_of([witness for path in paths for witness in read(path)])


def items_of(witnesses: Iterable[Witness]) -> list[Item]:
    """Pairs of triples with the same input, in the order of their ids.

    Not an item: two triples with the same response or the same consequence, for there is nothing
    to be told apart. Of an input with many responses the first four are paired.
    """
    clusters: dict[str, dict[str, Witness]] = {}
    for witness in witnesses:
        several = clusters.setdefault(witness.cluster, {})
        several.setdefault(witness.triple.content_hash, witness)
    found = []
    for _, group in sorted(clusters.items()):
        ordered = sorted(group.values(), key=lambda w: (w.id, w.triple.content_hash))
        for one, two in combinations(ordered[:MOST_ROWS_OF_AN_INPUT], 2):
            if _differ(one.triple, two.triple):
                found.append(_item(one, two))
    return _named(found)


def _differ(one: Triple, two: Triple) -> bool:
    return one.response.split() != two.response.split() and (
        one.consequence.split() != two.consequence.split()
    )


def _item(one: Witness, two: Witness) -> Item:
    names = one.pair if one.pair == two.pair else "", one.id if one.id == two.id else ""
    return Item(
        id=names[0] or names[1] or "+".join(filter(None, (one.id, two.id))),
        cluster=one.cluster,
        input=one.triple.input,
        responses=(one.triple.response, two.triple.response),
        consequences=(one.triple.consequence, two.triple.consequence),
        landings=(one.triple.landing, two.triple.landing),
        context=one.triple.context,
    )


def _named(items: list[Item]) -> list[Item]:
    """Every item gets a name of its own: where two share one, or have none, their words decide."""
    times: dict[str, int] = {}
    for item in items:
        times[item.id] = times.get(item.id, 0) + 1
    own = []
    for item in items:
        name = item.id
        if not name or times[name] > 1:
            name = f"{name}#{item.content_hash[:8]}"
        own.append(Item(name, *_rest(item)))
    return sorted(own, key=lambda item: item.id)


def _rest(item: Item) -> tuple[Any, ...]:
    return (
        *(item.cluster, item.input, item.responses, item.consequences, item.landings, item.context),
    )
